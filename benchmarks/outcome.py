"""Results of a benchmark: bounds that are met or not, numbers as JSON, the exit status."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import rounds


@dataclass(frozen=True)
class Bound:
    """A number that must not be above, or below, a limit.

    Attributes
    ----------
    text : str
        What is bounded.
    value, limit : float
    least : bool
        Whether the limit is a minimum; otherwise it is a maximum.
    unit : str
    """

    text: str
    value: float
    limit: float
    least: bool = False
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether the number is within the limit; one that is not a number is not."""
        return self.value >= self.limit if self.least else self.value <= self.limit

    def __str__(self) -> str:
        """One line to read."""
        limit = f"{'at least' if self.least else 'at most'} {self.limit:g}{self.unit}"
        verdict = "kept" if self.kept else "MISSED"
        return f"bound: {self.text} {limit}: {verdict}, {self.value:.3g}{self.unit}"


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option for the file that the numbers go to."""
    parser.add_argument("--json", type=Path, help="file to add the numbers to")


def conclude(
    name: str, numbers: Mapping[str, Any], bounds: Sequence[Bound], path: Path | None
) -> int:
    """Print the bounds, add all to the JSON file if one is wanted, and return the exit status."""
    for bound in bounds:
        print(bound)
    found = {
        "machine": machine.processor(),
        **numbers,
        "bounds": {
            bound.text: {
                "value": bound.value,
                "least" if bound.least else "most": bound.limit,
                "kept": bound.kept,
            }
            for bound in bounds
        },
    }
    rounds.save(path, name, found)
    return int(not all(bound.kept for bound in bounds))
