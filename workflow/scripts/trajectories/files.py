"""Writing files so that a reader never sees half of one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write to a temporary name in the same folder; on success sync and rename to `path`.

    Whatever stops the block, `path` keeps its former content and no temporary file stays behind
    (after a kill or a power cut one may stay, under a name starting with a dot).

    Parameters
    ----------
    path : Path
        The final name. Missing folders are made.

    Yields
    ------
    Path
        The temporary name to write to. It has the suffix of `path`.
    """
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
