"""Writing files so that a reader never sees half of one."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trajectories.errors import UserError
from trajectories.failures import UnusableError, reading, unusable
from trajectories.storage import leftovers

# File systems that cannot sync, such as some of FUSE and CIFS, say so in one of these ways.
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}
_NO_SYNC_OF_FOLDERS = _NO_SYNC | {errno.EACCES, errno.EPERM, errno.EISDIR}


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
    UnusableError
        If the disk is full, or the folder is not writable or has gone.
    """
    try:
        with _renamed(path) as temporary:
            yield temporary
    except Exception as error:
        if known := unusable(error, path):
            raise known from error
        raise


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=leftovers.prefix(path.stem), suffix=path.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files private; results are meant to be read by colleagues.
        umask = os.umask(0)
        os.umask(umask)
        with suppress(PermissionError):  # some file systems have no permissions
            temporary.chmod(0o666 & ~umask)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except FileNotFoundError as error:
        if temporary.parent.is_dir() and temporary.exists():
            raise
        raise UnusableError(
            f"{path} cannot be written, as the folder was removed, moved or unmounted meanwhile:"
            " make sure that its disk is there, then start again; nothing that was finished is"
            " lost unless it was deleted"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def publish(source: Path, target: Path) -> None:
    """Give a finished file or folder a second, public name, at once and whole.

    Hard links where the file system has them, copies elsewhere; of a folder without its hidden
    files. `target` must not be a folder with content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own, whose removal also takes what a rename leaves: where both names are
    # links to one file already, a rename does nothing.
    prefix = leftovers.prefix(target.stem)
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=prefix, ignore_cleanup_errors=True
    ) as folder:
        temporary = Path(folder) / target.name
        _link_all(source, temporary)
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
    """Compare a file with the checksum beside it; one that is missing is left to its reader.

    Raises
    ------
    UserError
        If the file is not what was written, or has no checksum.
    """
    beside = _checksum_path(path)
    if path.is_file():
        if not beside.is_file():
            raise UserError(
                f"{path} has no {beside.name} beside it, so nothing tells whether it is whole: put"
                " that back, make the table again, or, if you know that it is whole, run"
                f" `sha256sum {path.name} > {beside.name}` in its folder."
            )
        with reading(beside):
            expected = beside.read_text(encoding="utf-8", errors="replace").partition(" ")[0]
        with reading(path):
            found = _sha256(path)
        if found != expected:
            raise UserError(
                f"{path} does not match {beside.name}: it was truncated or changed, so delete both"
                " and make it again."
            )


def _checksum_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _link_all(source: Path, target: Path) -> None:
    """Link a file, or a folder with all that it holds, without what a killed writer left."""
    if not source.is_dir():
        _link(source, target)
        return
    target.mkdir()
    for item in sorted(source.iterdir()):
        if not item.name.startswith("."):
            _link_all(item, target / item.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        with suppress(OSError):  # dates and permissions, which some file systems do not have
            shutil.copystat(source, target)
        sync(target)


def sync(path: Path) -> None:
    """Wait until the file or folder at `path` is on the disk, where the file system can say so."""
    no_sync = _NO_SYNC_OF_FOLDERS if path.is_dir() else _NO_SYNC
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        if path.is_dir() and error.errno in no_sync:
            return
        raise
    try:
        flush(descriptor, no_sync)
    finally:
        os.close(descriptor)


def flush(descriptor: int, no_sync: Collection[int] = _NO_SYNC) -> None:
    """Wait until an open file is on the disk.

    Parameters
    ----------
    descriptor : int
    no_sync : collection of int
        Numbers of errors by which a file system says that it cannot do that.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in no_sync:
            raise
