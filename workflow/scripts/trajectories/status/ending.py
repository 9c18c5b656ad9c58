"""What a study has found, in a few lines for the end of a run."""

import csv
from collections.abc import Sequence
from pathlib import Path

SHOWN = ("rapid_change", "early_layer_first", "together")
"""Claims that are told; the report has all."""


def verdicts(path: Path, titles: dict[str, str]) -> list[str]:
    """A line for each of the three claims that sum up a study, of its first condition.

    Parameters
    ----------
    path : Path
        `tables/claims.csv`.
    titles : dict
        What each claim says, as `analyses.claims.TITLES`.

    Returns
    -------
    list of str
        "…: holds" where all statements of a claim have one verdict, else how many have each. Empty
        where there is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        return []
    these = [row for row in rows if row["condition"] == rows[0]["condition"]]
    these = [row for row in these if row["images"] == rows[0]["images"]]
    return [
        f"{titles[claim].rstrip('.')}:"
        f" {_summed([row['verdict'] for row in these if row['claim'] == claim])}"
        for claim in SHOWN
        if any(row["claim"] == claim for row in these)
    ]


def of_which(conditions: Sequence[str]) -> str:
    """Whose verdicts `verdicts` gives, where there are several conditions."""
    if len(conditions) < 2:
        return ""
    return f" in {conditions[0]}, the first of {len(conditions)} conditions"


def _summed(found: Sequence[str]) -> str:
    """One verdict, or how many statements have each, most first."""
    counts = {verdict: found.count(verdict) for verdict in dict.fromkeys(found)}
    if len(counts) == 1:
        return found[0]
    ordered = sorted(counts, key=lambda verdict: -counts[verdict])
    shares = ", ".join(f"{counts[verdict]} × {verdict}" for verdict in ordered)
    return f"{shares}, of {len(found)} statements"
