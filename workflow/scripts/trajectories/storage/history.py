"""The history of training: one row of measurements per epoch."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

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

HistoryRow = Mapping[str, float | int | None]
"""The measurements of one epoch by column; None where a quantity was not measured."""


def summary(row: HistoryRow) -> str:
    """The end of a progress line: how learning goes."""
    text = f"loss {row['loss']:.2f} (chance {row['chance_loss']:.2f})"
    if row["view_top1"] is not None:
        text += f", views {row['view_top1']:.0%} matched (chance {row['view_chance']:.1%})"
    return text


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
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
