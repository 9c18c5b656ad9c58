"""Checksums of all files of a published study, as `sha256sum --check` reads them."""

import re
from pathlib import Path

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.provenance import checksums
from trajectories.storage.files import atomic

NAME = "checksums.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write(folder: Path) -> None:
    """Write the checksums of all files in a folder."""
    there = sorted(path.relative_to(folder).as_posix() for path in _files(folder))
    lines = [f"{checksums.sha256(folder / name)}  {name}\n" for name in there if name != NAME]
    with atomic(folder / NAME) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def content(folder: Path) -> bytes | None:
    """The checksums as they are in a folder, to tell whether it has changed; None without any."""
    path = folder / NAME
    return path.read_bytes() if path.is_file() else None


def names(folder: Path) -> set[str]:
    """Paths, in a folder, of what was published in it; none where nothing was."""
    if not (folder / NAME).is_file():
        return set()
    lines = (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    return {NAME, *(known[2] for line in lines if (known := _LINE.fullmatch(line)))}


def verified(folder: Path) -> list[Path]:
    """The files of a published study, by their paths in its folder, once each is as published.

    Raises
    ------
    UserError
        If a file is missing or has another checksum, or there are no checksums.
    """
    path = folder / NAME
    try:
        with reading(path):
            lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): get {folder} again") from error
    found = []
    for line in lines:
        known = _LINE.fullmatch(line)
        name = Path(known[2]) if known else Path("..")
        if known is None or name.is_absolute() or ".." in name.parts:
            raise UserError(f"{path} has the line {line!r}, which is no checksum: get it again")
        if not (folder / name).is_file():
            raise UserError(f"{folder / name} is missing: get {folder} again")
        if checksums.sha256(folder / name) != known[1]:
            raise UserError(
                f"{folder / name} does not have its checksum in {NAME}: get {folder} again"
            )
        found.append(name)
    return found


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
