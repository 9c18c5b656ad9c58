"""What the analyses of a finished study found, in sentences."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from trajectories.analyses import declaration, registry
from trajectories.storage import tables


def of_study(
    files: Mapping[str, Path], conditions: Sequence[str], config: Mapping[str, Any]
) -> dict[str, dict[str, list[str]]]:
    """What each analysis says of each condition, of those whose tables are there.

    Parameters
    ----------
    files : mapping of table to path
        Of the study; all in one folder.
    conditions : sequence of str
    config : mapping
        Of the study.
    """
    return {
        name: {
            condition: told(name, files[analysis.findings.tables[0]].parent, condition, config)
            for condition in conditions
        }
        for name, analysis in registry.analyses().items()
        if analysis.findings and files.keys() >= {*analysis.findings.tables}
    }


def told(name: str, folder: Path, condition: str, config: Mapping[str, Any]) -> list[str]:
    """What an analysis says of a condition; nothing where one of its tables has no row of it.

    Parameters
    ----------
    name : str
        Of the analysis.
    folder : Path
        Of the tables.
    condition : str
    config : mapping
        Of the study.

    Raises
    ------
    UserError
        If a table is missing, damaged or of another kind.
    """
    analysis = declaration.load(name)
    if analysis.findings is None:
        return []
    paths = {table: folder / f"{table}.csv" for table in analysis.findings.tables}
    if any(_without_rows(path, analysis.tables[table]) for table, path in paths.items()):
        return []
    read = [
        tables.read_columns(path, analysis.tables[table], analysis.text)
        for table, path in paths.items()
    ]
    chosen = [_of(each, condition) for each in read]
    if any(each.empty for each in chosen):
        return []
    settings = declaration.values(analysis.findings.settings, config)
    said: list[str] = declaration.module(name, "findings").said(*chosen, **settings)
    return said


def _of(table: pd.DataFrame, condition: str) -> pd.DataFrame:
    """Rows of a condition, those that compare it with another among them."""
    columns = [column for column in ("condition", "other_condition") if column in table]
    return table[(table[columns] == condition).any(axis=1)] if columns else table


def _without_rows(path: Path, columns: Sequence[str]) -> bool:
    """Whether a table has only its head, as that of differences between layers has with one layer.

    One that is missing or damaged has not; it is refused when it is read.
    """
    if not path.exists():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return list(islice(file, 2)) == [",".join(columns) + "\n"]
