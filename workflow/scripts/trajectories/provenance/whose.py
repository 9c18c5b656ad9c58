"""Whether the files of a network instance are its own, by what is in them.

A file with its checksum may be complete, and that of another seed, layer or segment.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.storage import hdf5
from trajectories.storage.history import of_training, read_history

# What two trainings that are the same to the last bit may differ in.
_CLOCK = "images_per_second"
_SPAN = re.compile(r"epochs-(\d+)-(\d+)")


def require_own(path: Path, run: Path) -> None:
    """Refuse a table or HDF5 file that says that it is of another instance, layer or segment.

    Parameters
    ----------
    path : Path
        Below ``<condition>/seed-<seed>/`` of the run; of RDMs, in a folder of the layer's name.
    run : Path

    Raises
    ------
    UserError
        If the file is of another instance, or cannot be read.
    """
    condition, seed = path.absolute().relative_to(run.absolute()).parts[:2]
    wanted = {"condition": condition, "seed": seed.removeprefix("seed-")}
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            said = [{key: row[key] for key in wanted if key in row} for row in csv.DictReader(file)]
    elif path.suffix == ".h5":
        with hdf5.opened(path) as file:
            said = [hdf5.attributes(file)]
            epochs = file["epoch"][:] if "epoch" in file else ()
        if path.parent.parent.name == "rdms":
            wanted["layer"] = path.parent.name
            _require_epochs(path, epochs)
    else:
        return
    for each in said:
        for key, value in wanted.items():
            if key in each and str(each[key]) != value:
                raise UserError(
                    f"{path} is of {key} {each[key]}, not {value}: delete it and start the workflow"
                    " again, which makes it again"
                )


def _require_epochs(path: Path, epochs: Iterable[float]) -> None:
    span = _SPAN.fullmatch(path.stem)
    if span is None:
        return
    start, stop = (int(number) for number in span.groups())
    for epoch in epochs:
        if not (start < epoch <= stop or epoch == start == 0):
            raise UserError(
                f"{path} has RDMs of epoch {epoch:g}: delete it and start the workflow again, which"
                " makes it again"
            )


def require_history(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a segment whose table of history is not that of its training.

    Parameters
    ----------
    folder : Path
        Of checkpoints, with `history.csv`.
    history : sequence of mapping
        All rows that the state at the end of the segment has.

    Raises
    ------
    UserError
        If the table differs from the last of these rows.
    """
    rows = read_history(folder / "history.csv")
    known = history[max(0, len(history) - len(rows)) :]
    texts = [
        {column: _text(each.get(column)) for column in row}
        for row, each in zip(rows, known, strict=False)
    ]
    if not rows or rows != texts:
        raise UserError(
            f"{folder / 'history.csv'} is not the history of the training that ended in the state"
            f" of this segment: put back the one that is, or delete {folder} to train this segment"
            " again"
        )


def require_joined(path: Path, folders: Sequence[Path]) -> None:
    """Refuse a history of an instance that is not that of its segments.

    Parameters
    ----------
    path : Path
        The instance's `history.csv`.
    folders : sequence of Path
        Of the checkpoints of its segments, in order of learning.

    Raises
    ------
    UserError
        If their rows differ.
    """
    rows = [row for folder in folders for row in read_history(folder / "history.csv")]
    found = [of_training(row) for row in read_history(path)]
    # Segments may have other columns: what one did not measure is empty.
    if len(found) != len(rows) or any(
        {**dict.fromkeys(row, ""), **part} != row for row, part in zip(found, rows, strict=True)
    ):
        raise UserError(
            f"{path} is not the history of the segments of this network instance: delete it and"
            " start the workflow again, which makes it again"
        )


def require_continued(
    former: tuple[Path, Sequence[Mapping[str, Any]]],
    later: tuple[Path, Sequence[Mapping[str, Any]]],
) -> None:
    """Refuse a segment that does not continue the one before it.

    Parameters
    ----------
    former, later : (state, history)
        The states at the ends of both segments, and all rows of history in them.

    Raises
    ------
    UserError
        If the epochs that both have are not the same, apart from how long they took.
    """
    known = [_measured(row) for row in former[1]]
    if [_measured(row) for row in later[1]][: len(known)] != known:
        raise UserError(
            f"{later[0]} does not continue {former[0]}, which was trained again since and came out"
            " otherwise, as on another machine: put back what was there, or train this network"
            " instance again with --forcerun train"
        )


def _measured(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != _CLOCK}


def _text(value: object) -> str:
    return "" if value is None else str(value)
