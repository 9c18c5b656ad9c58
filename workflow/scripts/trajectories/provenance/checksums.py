"""Checksums of files: whether a file is still what it was, in one line of text."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories import cli
from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage.files import atomic

MEGABYTE = 2**20


def sha256(path: Path, advance: Callable[[int], object] = lambda n_bytes: None) -> str:
    """SHA-256 of a file, as `sha256sum` prints it.

    Parameters
    ----------
    path : Path
    advance : callable, optional
        Called with the number of bytes of each block, to show progress.

    Raises
    ------
    UserError
        If the file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(MEGABYTE):
                digest.update(block)
                advance(len(block))
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: start the workflow to make it.") from error
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): make sure that it is a readable file."
        ) from error
    return digest.hexdigest()


def of_files(run: Path, paths: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of files of a run, by their paths in it, with progress.

    Parameters
    ----------
    run : Path
        Folder of the run, results/<experiment>.
    paths : sequence of Path
        Files in that folder.

    Raises
    ------
    UserError
        If one is missing, cannot be read, or is not in the folder.
    """
    names = [_name_in(run, path) for path in paths]
    size = sum(path.stat().st_size for path in paths if path.is_file())
    with cli.progress(size // MEGABYTE, "checksums", "megabyte") as bar:
        left = 0

        def advance(n_bytes: int) -> None:
            nonlocal left
            whole, left = divmod(left + n_bytes, MEGABYTE)
            bar.update(whole)

        return {name: sha256(path, advance) for name, path in zip(names, paths, strict=True)}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write checksums, and whose they are, as JSON that people can read."""
    with atomic(path) as temporary:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def read(path: Path, needed: Sequence[str] = ("files",)) -> dict[str, Any]:
    """Read what `write` wrote.

    Raises
    ------
    UserError
        If the file is missing, damaged, or lacks what is needed.
    """
    try:
        with reading(path):
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for key in needed:
            content[key]
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: start the workflow to make it.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({error}): delete it and start the workflow again."
        ) from error
    return content


def _name_in(run: Path, path: Path) -> str:
    try:
        return path.absolute().relative_to(run.absolute()).as_posix()
    except ValueError as error:
        raise UserError(f"{path} is not in the run's folder {run}: name one that is.") from error
