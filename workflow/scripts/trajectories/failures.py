"""What a machine does to a job: memory or disks that fail it, in one sentence with the mend.

None of this is in a file or a setting, so none of it is a reason to delete or change one.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trajectories.errors import UserError

GOES_ON = "nothing that was finished is lost, and the same command goes on from there"

# Not every system has every error.
_MENDS: dict[int | None, str] = {
    number: mend
    for names, mend in {
        "ENOSPC EDQUOT EFBIG": "free some space on that disk and start again",
        "EROFS EACCES EPERM": "get read and write permission there, or choose another place",
        "EIO ESTALE ENOTCONN ENXIO ENODEV EHOSTDOWN EHOSTUNREACH ETIMEDOUT EREMOTEIO ESHUTDOWN": (
            "make sure that its disk is there and works, then start again"
        ),
        "EMFILE ENFILE": "allow more open files (ulimit -n) and start again",
        "EBUSY ETXTBSY": "wait until whatever uses it has ended, then start again",
        "ENOLCK": "this file system has no locks, so do not set HDF5_USE_FILE_LOCKING",
        "ENAMETOOLONG": "choose shorter names, or another place",
        "ELOOP": "correct that link, which leads to itself",
        "EISDIR": "move away the folder that has the name of a file",
    }.items()
    for number in (getattr(errno, name, None) for name in names.split())
    if number is not None
}
_NO_MEMORY = re.compile(
    r"out of memory|(can't|[Uu]nable to|[Cc]annot) allocate (memory|[\d.]+ \w*(B|bytes)\b)"
    r"|[Mm]emory allocation failed|_STATUS_ALLOC_FAILED|not enough memory"
)
_ASKED = re.compile(r"(?:[Tt]ried to allocate|[Uu]nable to allocate) ([\d.]+) ?([KMGT]?i?B|bytes)")
_FREE = re.compile(r"total capacity of ([\d.]+ \w+) of which ([\d.]+ \w+) is free")


class MachineError(UserError):
    """A machine that cannot do what a job asks of it."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came of."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def no_memory(error: BaseException) -> MachineError | None:
    """The sentence for a lack of memory, if one is behind the error.

    Parameters
    ----------
    error : BaseException
        Torch, numpy, HDF5 and the system report these by errors of many kinds.
    """
    for cause in causes(error):
        if sentence := _lack_of_memory(cause):
            return MachineError(sentence)
    return None


def _lack_of_memory(error: BaseException) -> str | None:
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    reported = isinstance(error, RuntimeError) and _NO_MEMORY.search(text)
    if not (isinstance(error, MemoryError) or number == errno.ENOMEM or reported):
        return None
    on_gpu = bool(re.search(r"CUDA|CUBLAS|CUDNN|NCCL|HIP", text))
    found = _ASKED.search(text)
    asked = f", when {_size(float(found[1]), found[2])} more were asked for" if found else ""
    if free := _FREE.search(text):
        asked += f" and {free[2]} of {free[1]} were free"
    mend = (
        "use a GPU with more memory, or one that no other program uses (nvidia-smi lists them);"
        " config key `compute.gpus_per_seed` shares the batches of training among several"
        if on_gpu
        else "give the job more memory (on a cluster by resource mem_mb, in a container by its"
        " limit), or start fewer jobs at a time (--cores) with fewer `compute.workers`"
    )
    return f"the {'GPU' if on_gpu else 'machine'} is out of memory{asked}: {mend}; {GOES_ON}"


def _size(number: float, unit: str) -> str:
    if unit != "bytes":
        return f"{number:g} {unit}"
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.1f} MB"


class UnusableError(MachineError):
    """A file that cannot be used for reasons that are not in it, as on a full disk."""


def unusable(error: BaseException, path: Path | None = None) -> UnusableError | None:
    """The user's error behind an error of reading or writing, if it is not what is in the file.

    Parameters
    ----------
    error : BaseException
        HDF5 and torch report a full disk by errors of many kinds.
    path : Path, optional
        What was to be used, unless the error names it.
    """
    for cause in causes(error):
        number = cause.errno if isinstance(cause, OSError) else None
        if found := re.search(r"errno = (\d+)", str(cause)):
            number = int(found[1])
        if number is not None and number in _MENDS:
            name = path or getattr(cause, "filename", None) or "a file"
            return UnusableError(
                f"{name} cannot be used ({os.strerror(number)}): {_MENDS[number]}; nothing that was"
                " finished is lost"
            )
    return None


def explained(error: BaseException, path: Path | None = None) -> MachineError | None:
    """What of the machine is behind an error, if anything is.

    Parameters
    ----------
    error : BaseException
    path : Path, optional
        What was to be used, unless the error names it.
    """
    return no_memory(error) or unusable(error, path)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell errors that are not in a file from those that are: the file may be whole.

    Raises
    ------
    UserError
        If the file cannot be used, or the memory does not suffice. All else goes on as it is.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if known := explained(error, path):
            raise known from error
        raise
