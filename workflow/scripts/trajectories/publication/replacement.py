"""The folder of a published study is replaced as a whole or not at all, whatever stops that.

Two renames take the former one away and put the new one there. In between, the former one has a
hidden name beside its own, `.<experiment>.former`, from which the next publication puts it back.
"""

import errno
import os
import shutil
from pathlib import Path

from trajectories.errors import UserError
from trajectories.publication import manifest
from trajectories.storage import leftovers


def prepare(target: Path) -> None:
    """Mend what a killed publication has left beside a study, before another one begins.

    Raises
    ------
    UserError
        If the study, or the folder of all studies, is a file or a link or may not be written, or
        nobody knows which of two studies is the right one.
    """
    for path in (target, target.parent):
        if path.is_symlink():
            raise UserError(f"{path} is a link: put the folder itself there")
    for path in (target, *target.parents):
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is a file, where a folder should be: move it away")
    _put_back(target)
    # It could be renamed all the same, and then never be removed.
    if target.exists() and not os.access(target, os.W_OK):
        raise UserError(f"{target} may not be written by you: get permission to write there")
    former = _former(target)
    if former.exists():
        if lost := sorted(manifest.names(former) - manifest.names(target)):
            raise UserError(
                f"{former}, which a publication that was killed has left, has {lost[0]}, but"
                f" {target} has not: delete one of both folders, and call what stays {target}"
            )
        shutil.rmtree(former)
    leftovers.remove(target.parent)


def replace(target: Path, folder: Path, listed: bytes | None) -> None:
    """Put a new study in the place of one that is there.

    Parameters
    ----------
    target : Path
        Folder of the published study, which need not be there.
    folder : Path
        What is to be there, on the same file system. The former one, if any, is there afterwards.
    listed : bytes or None
        Checksums that the published study had when the new one was begun, as `manifest.content`
        gives them.

    Raises
    ------
    UserError
        If they are others by now, or files that were not published would be lost.
    """
    former = _former(target)
    changed = UserError(f"{target} has been changed since this began: publish again, to join both")
    if manifest.content(target) != listed:
        raise changed
    _require_published(target)
    try:
        if target.exists():
            target.rename(former)
            if manifest.content(former) != listed:
                raise changed
        folder.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another process was faster
            raise changed from error
        raise
    finally:
        _put_back(target)
    if former.exists():
        former.rename(folder)


def _former(target: Path) -> Path:
    return target.with_name(f".{target.name}.former")


def _put_back(target: Path) -> None:
    former = _former(target)
    if former.is_dir() and not target.exists():
        former.rename(target)


def _require_published(target: Path) -> None:
    listed = manifest.names(target)
    folders = {parent.as_posix() for name in listed for parent in Path(name).parents}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if (path.is_file() or path.is_symlink()) and name not in listed | folders:
            raise UserError(
                f"{path} is no file of a published study, all of whose folder is replaced: move it"
                " away"
            )
