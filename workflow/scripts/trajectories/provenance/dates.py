"""Dates of results that were copied or touched, put back where nothing but the date is new.

Snakemake compares small files by content, and folders and large files by date alone. A copy has new
dates in any order. What has the content that is recorded in the run's checksums gets back the date
that it had when it was made.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from trajectories.errors import UserError
from trajectories.provenance import checksums

# Snakemake's own file in a folder that a job has made: its date is that of the folder.
STAMP = ".snakemake_timestamp"
# Dates are kept as floating-point numbers of seconds.
_ROUNDING = 1e-5


def put_back(
    run: Path,
    made: Callable[[Path], float | None],
    compared: int,
    tell: Callable[[str], object] = lambda text: None,
) -> list[Path]:
    """Give files and folders of a run back the dates at which they were made.

    Parameters
    ----------
    run : Path
        Folder of the run, which need not exist.
    made : callable
        When a file or folder was made, in seconds, as Snakemake has recorded it; None where it has
        no record.
    compared : int
        Size in bytes up to which Snakemake compares files by their content.
    tell : callable, optional
        Called with a sentence before anything large is read.

    Returns
    -------
    list of Path
        What has its date back. What is not as recorded, or was never recorded, stays as it is.
    """
    dated = [
        (path, date, files)
        for path, files in _outputs(run)
        if (path.is_dir() or _size(path) > compared)
        and (date := made(path)) is not None
        and _is_other(path, date)
    ]
    if dated:
        n_bytes = sum(_size(file) for _, _, files in dated for file in files)
        tell(
            f"{len(dated)} files and folders of {run} have new dates: comparing them with their"
            f" checksums ({n_bytes / 1e9:.1f} GB)"
        )
    return [path for path, date, files in dated if _as_recorded(files) and _set(path, date)]


def _outputs(run: Path) -> Iterator[tuple[Path, dict[Path, str]]]:
    """What rules made, each with its files and their checksums: checkpoints are made by folder."""
    found: dict[Path, dict[Path, str]] = {}
    for name, digest in _recorded(run).items():
        path = run / name
        output = path.parent if path.parent.parent.name == "checkpoints" else path
        found.setdefault(output, {})[path] = digest
    for output, files in found.items():
        if all(file.is_file() for file in files):
            yield output, files


def _recorded(run: Path) -> dict[str, str]:
    """Checksums of all files of a run that has any; those of the whole run first, as the oldest."""
    records = [
        *run.glob("provenance.json"),
        *run.glob("*/*/checksums.json"),
        *run.glob("*/*/checksums/*.json"),
        *run.glob("checksums/*.json"),
    ]
    found: dict[str, str] = {}
    for path in records:
        with suppress(UserError):
            content = checksums.read(path, ())
            for key in ("inputs", "results", "files"):
                part = content.get(key)
                found |= part if isinstance(part, Mapping) else {}
    return found


def _is_other(path: Path, date: float) -> bool:
    with suppress(OSError):
        return abs(_dated(path).stat().st_mtime - date) > _ROUNDING
    return False


def _as_recorded(files: Mapping[Path, str]) -> bool:
    with suppress(UserError):
        return all(checksums.sha256(path) == digest for path, digest in files.items())
    return False


def _set(path: Path, date: float) -> bool:
    with suppress(OSError):
        os.utime(_dated(path), (date, date))
        return True
    return False


def _dated(path: Path) -> Path:
    """The file whose date Snakemake takes for that of a file or folder."""
    stamp = path / STAMP
    return stamp if stamp.exists() else path


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
