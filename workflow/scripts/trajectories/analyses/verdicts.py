"""Verdicts on claims by intervals: holds, does not hold, undecided.

Each statistic has one interval over network instances and test images (`crossed_bootstrap`). A
margin says which differences count as none:

- a claim of difference holds if the whole interval lies above 0 and the estimate is no less than
  the margin. It does not hold if the whole interval lies below the margin: then the difference, if
  there is one, counts as none. Between both it is undecided, so that no small change of the data
  turns one into the other;
- a claim of equality holds if the whole interval lies within the margins, and does not hold if all
  of it lies outside;
- all else is undecided, and so is what one network alone shows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.analyses import crossed_bootstrap
from trajectories.analyses.condition_curves import ConditionCurves

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@dataclass(frozen=True)
class Claim:
    """A statement that follows from a claim, and whether it holds.

    Attributes
    ----------
    condition, claim, statement : str
        ``claim`` is a key of `claims.TITLES`.
    statistic, unit : str
    estimate, low, high : float
        Mean over instances and confidence limits in that unit; NaN where there are none.
    verdict : {"holds", "does not hold", "undecided"}
    sentence : str
        Statement, numbers, verdict and its reason in one sentence.
    """

    condition: str
    claim: str
    statement: str
    statistic: str
    unit: str
    estimate: float
    low: float
    high: float
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Rules:
    """By what claims are decided.

    Attributes
    ----------
    confidence : float
        Of the intervals.
    dissimilarity, time, factor : float
        Margins: of mean dissimilarities; of times, as a share of the epochs; of ratios.
    """

    confidence: float = 0.95
    dissimilarity: float = 0.05
    time: float = 0.05
    factor: float = 1.5


@dataclass(frozen=True)
class Statement:
    """What is claimed, and in which words and numbers; `measured` has {} for the estimate."""

    claim: str
    text: str
    measured: str
    statistic: str
    unit: str
    margin: float
    equal: bool = False
    ratio: bool = False
    digits: int = 3


def decided(
    curves: ConditionCurves,
    statement: Statement,
    values: NDArray[np.float64],
    rules: Rules,
    category: str | None = None,
) -> Claim:
    """Decide by the interval of a statistic.

    Parameters
    ----------
    curves : ConditionCurves
        What the statistic was computed from.
    statement : Statement
    values : float64 array of shape (n_instances, n_rows)
        In the units of the statement, as base-10 logarithms for a ratio; row 0 is of the data,
        further rows are of resampled test images.
    rules : Rules
    category : str, optional
        That whose images alone the statistic is about.
    """
    n_images = curves.n_stimuli if category is None else curves.members[category]
    found = crossed_bootstrap.interval(values, rules.confidence, n_images)
    estimate, low, high = (float(each) for each in (found.estimate, found.low, found.high))
    n = int(found.n_instances)
    verdict, reason = _verdict(statement, estimate, low, high, n)
    if statement.ratio:
        estimate, low, high = (float(10**each) for each in (estimate, low, high))
    measured = statement.measured.format(_text(estimate, statement))
    interval = (
        f"{rules.confidence:.0%} interval {_text(low, statement)} to {_text(high, statement)}, "
        if np.isfinite(low)
        else ""
    )
    sample = f"{networks(n)}, {curves.n_stimuli} images"
    return Claim(
        curves.condition, statement.claim, statement.text, statement.statistic, statement.unit,
        estimate, low, high, verdict,
        f"{measured} ({interval}{sample}): {verdict}, {reason}.",
    )  # fmt: skip


def _verdict(
    statement: Statement, estimate: float, low: float, high: float, n: int
) -> tuple[str, str]:
    margin = statement.margin
    shown = _text(10**margin if statement.ratio else margin, statement)
    shown += " epochs" if statement.unit == "epochs" else ""
    none = "1" if statement.ratio else "0"
    if not np.isfinite(low):
        return UNDECIDED, "as too few networks or resamples of images have a value"
    if n < 2:
        return UNDECIDED, "as one network does not tell how much networks differ"
    if statement.equal:
        verdict = crossed_bootstrap.verdict(low, high, -margin, margin)
        return verdict, {
            HOLDS: f"as the interval lies within ±{shown}, which counts as equal",
            FAILS: f"as the interval lies beyond ±{shown}, which counts as equal",
            UNDECIDED: f"as the interval lies partly within ±{shown}, which counts as equal",
        }[verdict]
    if high < margin:
        return FAILS, f"as the interval lies below {shown}, the least that counts as a difference"
    if low <= 0:
        return UNDECIDED, f"as the interval reaches from no difference to one that counts ({shown})"
    if estimate < margin:
        return UNDECIDED, f"as the difference is there, but perhaps too small to count ({shown})"
    return HOLDS, f"as the interval lies above {none}"


def unasked(curves: ConditionCurves, statement: Statement, reason: str) -> Claim:
    """A claim that the data cannot decide, whatever they are."""
    return Claim(
        curves.condition, statement.claim, statement.text, statement.statistic, statement.unit,
        np.nan, np.nan, np.nan, UNDECIDED,
        f"{statement.text}: {UNDECIDED}, as {reason}.",
    )  # fmt: skip


def networks(n: int) -> str:
    """So many networks, in words."""
    return f"{n} network{'' if n == 1 else 's'}"


def _text(value: float, statement: Statement) -> str:
    text = f"{value:.3g}" if statement.ratio else f"{value:.{statement.digits}f}"
    return text.replace("-", "\u2212")
