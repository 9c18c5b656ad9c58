"""The history of training: one row of measurements per epoch."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage.files import atomic, verify_checksum, write_checksum

COLUMNS = (
    "epoch",
    "step",
    "loss",
    "chance_loss",
    "contrastive_top1",
    "embedding_sd",
    "queue_filled",
    "view_top1",
    "view_chance",
    "knn_top1",
    "knn_chance",
    "learning_rate",
    "images_per_second",
)

KNN_COLUMNS = ("weighted_knn", "weighted_knn_chance")
"""Further columns of an instance's history, measured at a few epochs after training."""

HistoryRow = Mapping[str, float | int | None]
"""The measurements of one epoch by column; None where a quantity was not measured."""


def summary(row: HistoryRow) -> str:
    """The end of a progress line: how learning goes."""
    text = f"loss {row['loss']:.2f} (chance {row['chance_loss']:.2f})"
    if row["view_top1"] is not None:
        text += f", views {row['view_top1']:.0%} matched (chance {row['view_chance']:.1%})"
    if row.get("class_top1") is not None:
        text += f", classes {row['class_top1']:.0%} right (chance {row['class_chance']:.1%})"
    return text


def with_knn(
    rows: Sequence[Mapping[str, str]], measured: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Rows of a history with `KNN_COLUMNS`, empty at epochs where these were not measured.

    Epochs between whole ones, which the history has not, are left out.
    """
    found = {float(row["epoch"]): row for row in measured}
    return [
        {**row, **{name: found.get(float(row["epoch"]), {}).get(name, "") for name in KNN_COLUMNS}}
        for row in rows
    ]


def of_training(row: Mapping[str, str]) -> dict[str, str]:
    """A row of a history as training wrote it."""
    return {name: value for name, value in row.items() if name not in KNN_COLUMNS}


def columns(row: Mapping[str, object]) -> list[str]:
    """`COLUMNS`, followed by the further columns of a row, which an objective of training adds."""
    return [*COLUMNS, *(name for name in row if name not in COLUMNS)]


def write_history(
    path: Path, rows: Sequence[Mapping[str, object]], names: Sequence[str] = COLUMNS
) -> None:
    """Write `history.csv`, one row per epoch, and its checksum.

    A quantity that was not measured is left empty.

    Parameters
    ----------
    rows : sequence of mappings
    names : sequence of str
        All columns.
    """
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_checksum(path)


def read_history(path: Path) -> list[dict[str, str]]:
    """Rows of a `history.csv` as text.

    Raises
    ------
    UserError
        If the file is not what was written.
    """
    verify_checksum(path)
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def require_measured(path: Path) -> None:
    """Refuse a history of an instance with an epoch that no segment beside it has measured so.

    Parameters
    ----------
    path : Path
        The instance's `history.csv`. Its segments lie in `checkpoints/` beside it, perhaps with
        some of former settings.

    Raises
    ------
    UserError
        Naming the epoch and the mend.
    """
    measured: dict[str, list[dict[str, str]]] = {}
    for segment in path.parent.glob("checkpoints/epochs-*/history.csv"):
        for row in read_history(segment):
            measured.setdefault(row["epoch"], []).append(_filled(row))
    for row in read_history(path):
        if row["epoch"] in measured and _filled(of_training(row)) not in measured[row["epoch"]]:
            raise UserError(
                f"{path} is not the history of the segments beside it (epoch {row['epoch']}):"
                " delete it and start the workflow again, which makes it again"
            )


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    """What was measured: segments may have other columns."""
    return {column: value for column, value in row.items() if value}
