"""What a page of results tells of an analysis: its figures, its tables, sentences from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trajectories.storage import tables


@dataclass(frozen=True)
class Table:
    """A table of results: its name, its columns, and those of them that hold text."""

    name: str
    columns: Sequence[str]
    text: Sequence[str] = tables.NAMES


@dataclass(frozen=True)
class Subject:
    """An analysis.

    Attributes
    ----------
    title : str
        The question.
    figures : sequence of str
        Names in ``figures/``.
    docs : str
        Page of the documentation, in ``docs/analyses/``.
    tables : sequence of Table
    say : callable
        Sentences, from these tables for one condition and the confidence of intervals.
    """

    title: str
    figures: Sequence[str]
    docs: str
    tables: Sequence[Table]
    say: Callable[[Sequence[pd.DataFrame], float], list[str]]

    def sentences(self, folder: Path, condition: str, confidence: float) -> list[str]:
        """What the tables in a folder say of a condition; nothing where one has no row of it."""
        read = [
            tables.read_columns(folder / f"{t.name}.csv", t.columns, t.text) for t in self.tables
        ]
        chosen = [
            each[each["condition"] == condition] if "condition" in each else each for each in read
        ]
        return [] if any(each.empty for each in chosen) else self.say(chosen, confidence)
