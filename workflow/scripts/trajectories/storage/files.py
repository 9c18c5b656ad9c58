"""Writing files so that a reader never sees half of one."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trajectories.errors import UserError

_MENDS = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        "free some space on that disk and start again",
    ),
    **dict.fromkeys(
        (errno.EROFS, errno.EACCES, errno.EPERM),
        "get read and write permission there, or choose another place",
    ),
}


class UnwritableError(UserError):
    """A disk that is full, or a folder that is not writable."""


def unwritable(error: BaseException, path: Path | None = None) -> UnwritableError | None:
    """The user's error behind an error of writing, if there is one.

    Parameters
    ----------
    error : BaseException
        HDF5 and torch report a full disk by errors of many kinds.
    path : Path, optional
        What was to be written, unless the error names it.
    """
    cause: BaseException | None = error
    while cause is not None:
        number = cause.errno if isinstance(cause, OSError) else None
        if found := re.search(r"errno = (\d+)", str(cause)):
            number = int(found[1])
        if number in _MENDS:
            name = path or getattr(cause, "filename", None) or "a file"
            return UnwritableError(
                f"{name} cannot be used ({os.strerror(number)}): {_MENDS[number]}; nothing that was"
                " finished is lost"
            )
        cause = cause.__cause__ or cause.__context__
    return None


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write to a temporary name in the same folder; on success sync and rename to `path`.

    Whatever stops the block, `path` keeps its previous content and no temporary file remains
    (after a kill or a power cut one may remain, under a name that starts with a dot).

    Parameters
    ----------
    path : Path
        The final name. Missing folders are made.

    Yields
    ------
    Path
        The temporary name to write to. It has the suffix of `path`.

    Raises
    ------
    UnwritableError
        If the disk is full, or the folder is not writable.
    """
    try:
        with _renamed(path) as temporary:
            yield temporary
    except Exception as error:
        if explained := unwritable(error, path):
            raise explained from error
        raise


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files private; results are meant to be read by colleagues.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def publish(source: Path, target: Path) -> None:
    """Give a finished file or folder a second, public name, at once and whole.

    Hard links where the file system has them, copies elsewhere; of a folder without its hidden
    files. `target` must not be a folder with content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own, whose removal also takes what a rename leaves: where both names are
    # links to one file already, a rename does nothing.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.stem}-") as folder:
        temporary = Path(folder) / target.name
        if source.is_dir():
            hidden = shutil.ignore_patterns(".*")  # such as a killed writer leaves
            shutil.copytree(source, temporary, copy_function=_link, ignore=hidden)
        else:
            _link(source, temporary)
        sync(temporary)
        temporary.replace(target)
    sync(target.parent)


def write_checksum(path: Path) -> None:
    """Write the checksum of a file beside it, `<name>.sha256` as `sha256sum --check` reads it.

    For kinds of files, such as CSV, a part of which looks like a whole file.
    """
    with atomic(_checksum_path(path)) as temporary:
        temporary.write_text(f"{_sha256(path)}  {path.name}\n", encoding="utf-8")


def verify_checksum(path: Path) -> None:
    """Compare a file with the checksum beside it, where there is one.

    Raises
    ------
    UserError
        If the file is not what was written.
    """
    beside = _checksum_path(path)
    if path.is_file() and beside.is_file():
        expected = beside.read_text(encoding="utf-8", errors="replace").partition(" ")[0]
        if _sha256(path) != expected:
            raise UserError(
                f"{path} does not match {beside.name}: it was truncated or changed, so delete both"
                " and make it again."
            )


def _checksum_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        sync(Path(target))


def sync(path: Path) -> None:
    """Wait until the file or folder at `path` is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
