"""Tables of metrics: of one network instance, of all, and summarised over seeds."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage import place
from trajectories.storage.columns import KINDS, NAMES, summarised
from trajectories.storage.files import atomic, verify_checksum, write_checksum


def concatenate(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of all instances in one table.

    Parameters
    ----------
    tables : sequence of DataFrame
        All with the columns of one of `KINDS`.

    Raises
    ------
    UserError
        If there is no table, if they are of several kinds, or if an instance comes twice.
    """
    if not tables:
        raise UserError("There are no tables to aggregate: give at least one.")
    if any(list(table.columns) != list(tables[0].columns) for table in tables):
        raise UserError("The tables to aggregate have different columns: give tables of one kind.")
    together = pd.concat(tables, ignore_index=True)
    repeated = together.duplicated(_keys(together))
    if repeated.any():
        row = together[repeated].iloc[0]
        raise UserError(
            f"Condition {row['condition']}, seed {row['seed']} occurs twice in the tables to"
            " aggregate: give each network instance once."
        )
    return together


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds.

    Parameters
    ----------
    table : DataFrame
        With the columns of one of `KINDS`.

    Returns
    -------
    DataFrame
        The columns of the table without ``seed`` and value, then ``mean``, ``sd`` (n - 1 in the
        denominator; NaN for one seed) and ``n_seeds``. Conditions, layers and categories keep
        their order; epochs increase.
    """
    value = table.columns[-1]
    groups = [column for column in table.columns if column not in ("seed", value)]
    ordered = table.assign(
        **{
            name: pd.Categorical(table[name], categories=table[name].unique())
            for name in groups
            if name in NAMES
        }
    )
    summary = (
        ordered.groupby(groups, sort=True, observed=True)[value]
        .agg(mean="mean", sd="std", n_seeds="count")
        .reset_index()
    )
    return summary.astype({name: str for name in groups if name in NAMES})


def write(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV table from which every number is read back to the last bit, and its checksum."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    write_checksum(path)


def read_columns(path: Path, columns: Sequence[str], text: Sequence[str] = NAMES) -> pd.DataFrame:
    """Read a table of a known kind.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        The columns it must have, in this order.
    text : sequence of str
        Those that hold text; the rest hold numbers, NaN where empty.

    Raises
    ------
    UserError
        If the file is missing, is not what was written, is of another instance, has other columns,
        has no rows, or holds text where a number belongs.
    """
    verify_checksum(path)
    words = [column for column in columns if column in text]
    numbers = [column for column in columns if column not in text]
    try:
        # A condition may be called "None" or "01".
        with reading(path):
            table = pd.read_csv(
                path,
                dtype=dict.fromkeys(words, str),
                keep_default_na=False,
                na_values={column: [""] for column in numbers},
            )
    except FileNotFoundError as error:
        raise UserError(f"There is no table {path}: make it first.") from error
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a CSV table ({error}): make it again."
        ) from error
    if list(table.columns) != list(columns):
        raise UserError(
            f"{path} has the columns {','.join(table.columns)} instead of {','.join(columns)}:"
            " make it again."
        )
    if table.empty:
        raise UserError(f"{path} has no rows: make it again.")
    for column in numbers:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise UserError(f"Column {column!r} of {path} is not all numbers: make it again.")
    if {"condition", "seed"} <= set(table.columns):
        instances = table[["condition", "seed"]].drop_duplicates()
        place.require(path, instances.to_dict("records"))
    return table


def read(path: Path) -> pd.DataFrame:
    """Read a table of one of `KINDS`, of instances or summarised.

    Raises
    ------
    UserError
        If the file is missing, is not what was written, is of another instance, is no such table,
        has no rows, or holds text where a number belongs.
    """
    verify_checksum(path)
    try:
        # A condition may be called "None" or "01": only an SD may be missing.
        with reading(path):
            table = pd.read_csv(
                path,
                dtype=dict.fromkeys(NAMES, str),
                keep_default_na=False,
                na_values={"sd": [""]},
            )
    except FileNotFoundError as error:
        raise UserError(f"There is no table {path}: make it first.") from error
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a CSV table ({error}): make it again."
        ) from error
    kinds = [*KINDS, *(summarised(kind) for kind in KINDS)]
    if tuple(table.columns) not in kinds:
        raise UserError(
            f"{path} has the columns {','.join(table.columns)}, which are not those of a table of"
            " stability, categories or references: give one of these."
        )
    if table.empty:
        raise UserError(f"{path} has no rows: make it again.")
    for column in table.columns.difference(list(NAMES)):
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise UserError(f"Column {column!r} of {path} is not all numbers: make it again.")
    if {"condition", "seed"} <= set(table.columns):
        instances = table[["condition", "seed"]].drop_duplicates()
        place.require(path, instances.to_dict("records"))
    return table


def _keys(table: pd.DataFrame) -> list[str]:
    """All columns but the value: they say what the value is about."""
    return list(table.columns[:-1])
