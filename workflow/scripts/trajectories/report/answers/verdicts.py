"""Verdicts on the paper's claims in a few words: what came out, how often, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.claims import EQUAL, TITLES
from trajectories.analyses.wording import number
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import (
    FAILS,
    FIXED,
    HOLDS,
    RANDOM,
    REVERSED,
    SMALL,
    UNDECIDED,
)

COUNTED = {
    HOLDS: ("holds", "hold"),
    SMALL: ("holds but is small", "hold but are small"),
    FAILS: ("does not hold", "do not hold"),
    REVERSED: ("is reversed", "are reversed"),
    UNDECIDED: ("is undecided", "are undecided"),
}
MIXED = "mixed"
SIGNS = {HOLDS: "●", SMALL: "◐", MIXED: "◐", FAILS: "○", REVERSED: "◀", UNDECIDED: "?"}
"""Told apart without colour."""


@dataclass(frozen=True)
class Answer:
    """What came out for a claim in a condition.

    Attributes
    ----------
    condition : str
    verdict : str
        Of all its statements for these images, or `MIXED`.
    sign : str
    counts : str
        How many of the statements that is.
    other_images : str
        Verdict and counts for other images too.
    measured : str
        The statement that is the least clear, with estimate and interval; empty if none has any.
    """

    condition: str
    verdict: str
    sign: str
    counts: str
    other_images: str
    measured: str


@dataclass(frozen=True)
class Claim:
    """A claim with its answers, a condition each."""

    name: str
    title: str
    answers: Sequence[Answer]

    @property
    def by_verdict(self) -> list[tuple[Answer, list[str]]]:
        """One answer of each verdict, with the conditions of that verdict; for many conditions."""
        found: dict[str, list[Answer]] = {}
        for each in self.answers:
            found.setdefault(each.verdict, []).append(each)
        return [(same[0], [each.condition for each in same]) for same in found.values()]


def claims(table: pd.DataFrame, confidence: float) -> list[Claim]:
    """What came out for each claim.

    Parameters
    ----------
    table : DataFrame
        With the columns of `analyses.claims.COLUMNS`.
    confidence : float
        Of the intervals.
    """
    return [
        Claim(
            str(name),
            TITLES.get(str(name), str(name)),
            [
                answer(str(condition), part, confidence)
                for condition, part in of_claim.groupby("condition", sort=False)
            ],
        )
        for name, of_claim in table.groupby("claim", sort=False)
    ]


def answer(condition: str, part: pd.DataFrame, confidence: float) -> Answer:
    """What came out for a claim in a condition, of the rows of these."""
    fixed, others = (part[part["images"] == images] for images in (FIXED, RANDOM))
    verdict = summed(fixed["verdict"])
    of_others = summed(others["verdict"])
    said = f"{of_others}, {counts(others['verdict'])}" if len(others) else ""
    return Answer(
        condition, verdict, SIGNS[verdict], counts(fixed["verdict"]), said,
        least_clear(fixed, confidence),
    )  # fmt: skip


def summed(verdicts: "pd.Series[str]") -> str:
    """The verdict that all share; what holds may be small in part."""
    found = set(verdicts)
    if len(found) == 1:
        return str(found.pop())
    return HOLDS if found == {HOLDS, SMALL} else MIXED


def counts(verdicts: "pd.Series[str]") -> str:
    """How many of the statements that is: "4 of 4", or what the parts of a mixed one are."""
    n, verdict = len(verdicts), summed(verdicts)
    if verdict != MIXED:
        return f"{n} of {n}"
    return ", ".join(
        f"{found} {COUNTED[each][found != 1]}"
        for each in COUNTED
        if (found := int((verdicts == each).sum()))
    )


def least_clear(part: pd.DataFrame, confidence: float) -> str:
    """The statement nearest to another verdict, with its estimate and interval.

    Of what is undecided all are as near, and the first is an example.
    """
    known = part[np.isfinite(part["estimate"].astype(float))]
    if known.empty:
        return ""
    verdict = summed(part["verdict"])
    margins = _in_margins(known)
    if verdict == UNDECIDED:
        place, lead = 0, "for example: "
    else:
        equal = known["claim"].iloc[0] in EQUAL
        doubt = np.abs(margins) if equal else margins * (1 if verdict in (FAILS, REVERSED) else -1)
        place, lead = int(np.argmax(doubt)), "least clear: "
    row = known.iloc[place]
    # What a statement is on, such as a layer, stands before a colon.
    what = str(row["statement"]).partition(": ")[0]
    return f"{lead if len(part) > 1 else ''}{what}, {_estimate(row, confidence)}"


def _in_margins(known: pd.DataFrame) -> NDArray[np.float64]:
    """Estimates in units of the smallest difference that counts."""
    ratio = (known["unit"] == "ratio").to_numpy()
    estimate, margin = (known[name].to_numpy(np.float64) for name in ("estimate", "margin"))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.where(
            ratio, np.log(estimate) / np.log(margin), estimate / margin
        )
    return found


def _estimate(row: "pd.Series[float]", confidence: float) -> str:
    unit = str(row["unit"])
    if unit == "ratio":
        value, low, high = (sentences.ratio(row[name]) for name in ("estimate", "low", "high"))
        said = f"×\u00a0{value}"
    else:
        value, low, high = (number(row[name], 2) for name in ("estimate", "low", "high"))
        said = f"{value}\u00a0SD"
    if not np.isfinite(row["low"]):
        return said
    return f"{said} ({confidence:.0%} interval {low} to {high})"
