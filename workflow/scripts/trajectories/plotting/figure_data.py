"""What figures and report read, checked when read, and how they describe it."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage import tables
from trajectories.storage.files import verify_checksum
from trajectories.storage.history import COLUMNS, require_measured


def read_table(path: Path, columns: Sequence[str], wanted: str) -> pd.DataFrame:
    """Read a table of instances or a summary, of one certain kind.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        What distinguishes this kind of table from the others.
    wanted : str
        What to give instead, for the message.

    Raises
    ------
    UserError
        If the file cannot be read, has no rows, or is of another kind.
    """
    table = tables.read(path)
    for column in columns:
        if column not in table:
            raise UserError(f"{path} has no column {column!r}: give {wanted}.")
    return table


def names(table: pd.DataFrame, column: str) -> list[str]:
    """Distinct values of a column in the order in which the table has them."""
    return [str(value) for value in table[column].unique()]


def instances(low: int, high: int) -> str:
    """How many network instances a mean is over, such as ``n = 4 network instances``."""
    number = f"{low}" if low == high else f"{low}–{high}"
    return f"n = {number} network instance{'' if high == 1 else 's'}"


def counted(summary: pd.DataFrame) -> str:
    """How many network instances the means of a summary are over."""
    return instances(int(summary["n_seeds"].min()), int(summary["n_seeds"].max()))


def shown_as(summary: pd.DataFrame) -> str:
    """What lines and bands are, for a legend."""
    return "Mean ± SD" if summary["sd"].notna().any() else "Mean"


def sd_band(summary: pd.DataFrame) -> str:
    """What bands are, for a caption, where there are any."""
    return "; bands, ± SD" if summary["sd"].notna().any() else ""


def read_histories(paths: Sequence[Path]) -> pd.DataFrame:
    """Training histories of all instances in one table with columns ``condition`` and ``seed``.

    Parameters
    ----------
    paths : sequence of Path
        Files ``<condition>/seed-<seed>/history.csv``: the folders say which instance it is. Of
        none the table is empty.

    Raises
    ------
    UserError
        If a folder is not named like that, or a file cannot be read, is empty or lacks a column, or
        is not the history of the segments beside it.
    """
    parts = []
    for path in paths:
        folder = path.resolve().parent
        seed = re.fullmatch(r"seed-(\d+)", folder.name)
        if not seed:
            raise UserError(
                f"{path} is not in a folder `seed-<seed>`: give histories as"
                " <condition>/seed-<seed>/history.csv."
            )
        part = _read_history(path)
        require_measured(path)
        part.insert(0, "seed", int(seed[1]))
        part.insert(0, "condition", folder.parent.name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _read_history(path: Path) -> pd.DataFrame:
    verify_checksum(path)
    try:
        with reading(path):
            history = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a CSV table ({error}): make it again."
        ) from error
    missing = [column for column in COLUMNS if column not in history]
    if missing or history.empty:
        lack = f"column {missing[0]!r}" if missing else "row"
        raise UserError(f"{path} has no {lack}: make it again.")
    return history
