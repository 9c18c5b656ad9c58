"""Names of files that are being written, and the removal of those whose writer was killed.

A name says which process writes it, so that what a killed one has left can be told from what a
living one works on.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trajectories.storage.processes import place, start_of

PATIENCE = 24 * 3600.0
"""Seconds without a change after which a file of another machine counts as left over."""

_NAME = re.compile(r"\..*-(?P<place>[0-9a-f]{8})\.(?P<pid>\d+)\.(?P<start>\d*)-\w{8}(\.\w+)?")


def prefix(stem: str) -> str:
    """How the name of a file or folder begins that this process writes."""
    pid = os.getpid()
    return f".{stem}-{place()}.{pid}.{start_of(pid) or ''}-"


def remove(folder: Path, *, everyones: bool = False) -> list[Path]:
    """Remove what killed writers have left in a folder and those inside.

    Parameters
    ----------
    folder : Path
        It need not exist.
    everyones : bool
        Also what other machines have written lately: if nobody else may write there.

    Returns
    -------
    list of Path
        What was removed.
    """
    removed = []
    for path in _found(folder):
        with suppress(OSError):  # another process may be faster, or the folder not be writable
            if _is_left_over(path) or (everyones and not _is_of_this_machine(path)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(path)
    return removed


def _found(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            if _NAME.fullmatch(name):
                yield Path(parent, name)
        folders[:] = [name for name in folders if not _NAME.fullmatch(name)]


def _is_of_this_machine(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    return found is not None and found["place"] == place()


def _is_left_over(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    assert found is not None
    if found["place"] == place():
        return start_of(int(found["pid"])) != found["start"]
    # By the clock of the file system: those of two machines may differ.
    with tempfile.TemporaryFile(dir=path.parent) as now:
        return os.fstat(now.fileno()).st_mtime - _last_change(path) > PATIENCE


def _last_change(path: Path) -> float:
    """When a file, or the last of the files in a folder, was written."""
    inside = path.rglob("*") if path.is_dir() else ()
    return max(float(each.lstat().st_mtime) for each in (path, *inside))
