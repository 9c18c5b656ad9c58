"""What the analyses of a finished study found, in sentences."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.analyses import declaration
from trajectories.storage import tables


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
    read = [
        tables.read_columns(folder / f"{table}.csv", analysis.tables[table], analysis.text)
        for table in analysis.findings.tables
    ]
    chosen = [
        each[each["condition"] == condition] if "condition" in each else each for each in read
    ]
    if any(each.empty for each in chosen):
        return []
    settings = declaration.values(analysis.findings.settings, config)
    said: list[str] = declaration.module(name, "findings").said(*chosen, **settings)
    return said
