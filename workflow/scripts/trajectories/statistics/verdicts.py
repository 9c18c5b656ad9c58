"""Verdicts on claims by intervals: holds, does not hold, undecided.

Each statistic has one interval over network instances and test images (`crossed_bootstrap`). A
margin says which differences count as none:

- a claim of difference holds if the whole interval lies above 0 and the estimate is at least
  the margin. It does not hold if the whole interval lies below the margin: then the difference, if
  there is one, counts as none. Between both it is undecided, so that no small change of the data
  turns one into the other;
- a claim of equality holds if the whole interval lies within the margins, and does not hold if all
  of it lies outside;
- everything else is undecided, and so is what one network alone shows.

An interval of the confidence c within ±margin is the two one-sided tests of equivalence
(Schuirmann, 1987) at α = (1 − c)/2 each: 2.5% at 95%. The usual tests at 5% are those of 90%.

A time is known no better than the checkpoints around it, and two that lie between the same two
checkpoints get much the same value by interpolation, whatever they are. Times are therefore called
equal, or apart by less than the margin, only if all times that fit these checkpoints are; and apart
only if their order, for equality also their distance, does not depend on the interpolation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.statistics import crossed_bootstrap
from trajectories.statistics.condition_curves import ConditionCurves

Array = NDArray[np.float64]

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
    """The rules by which claims are decided.

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
class Measured:
    """A statistic with its interval, and how far checkpoints leave it open.

    Attributes
    ----------
    estimate, low, high : float
        Mean over instances and confidence limits; NaN where there are none.
    n : int
        Instances with a value.
    open_from, open_to : float
        Means over instances of the least and the largest value that fits the checkpoints; the
        estimate, where the statistic is no time.
    least, most : float
        Limits of the interval of whatever fits the checkpoints; they include `low` and `high`.
    """

    estimate: float
    low: float
    high: float
    n: int
    open_from: float
    open_to: float
    least: float
    most: float


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


def measured(
    values: Array,
    confidence: float,
    n_images: float,
    bounds: tuple[Array, Array] | None = None,
) -> Measured:
    """Estimate and intervals of a statistic.

    Parameters
    ----------
    values : float64 array of shape (n_instances, n_rows)
        Row 0 is of the data, further rows are of resampled test images.
    confidence : float
    n_images : float
        On which the statistic rests, as for `crossed_bootstrap.interval`.
    bounds : pair of float64 arrays of that shape, optional
        For a time: the least and the largest value that fits the checkpoints.
    """
    each = [values] if bounds is None else [values, *bounds]
    found = [crossed_bootstrap.interval(part, confidence, n_images) for part in each]
    estimate, low, high = (float(part) for part in (found[0].estimate, found[0].low, found[0].high))
    return Measured(
        estimate, low, high, int(found[0].n_instances),
        open_from=float(found[len(found) // 2].estimate),
        open_to=float(found[-1].estimate),
        least=float(np.min([part.low for part in found])),
        most=float(np.max([part.high for part in found])),
    )  # fmt: skip


def alike(found: Measured, margin: float, shown: str, limits: str) -> tuple[str, str]:
    """Whether a statistic is 0 within the margin, and why.

    Parameters
    ----------
    found : Measured
        With an interval, and of two instances or more.
    margin : float
    shown : str
        The margin in words.
    limits : str
        What the checkpoints leave open, in words.
    """
    counts = f"±{shown}, which counts as equal"
    # More networks or images would not help.
    if _equal(found.open_from, found.open_to, margin) == UNDECIDED:
        return (
            UNDECIDED,
            f"as checkpoints are too far apart: they leave {limits} open, compared with {counts}",
        )
    verdict = _equal(found.least, found.most, margin)
    if verdict == UNDECIDED != _equal(found.low, found.high, margin):
        return UNDECIDED, (
            "as the interval, including what is open between checkpoints, lies partly within"
            f" {counts}"
        )
    return verdict, {
        HOLDS: f"as the interval lies within {counts}",
        FAILS: f"as the interval lies beyond {counts}",
        UNDECIDED: f"as the interval lies partly within {counts}",
    }[verdict]


def decided(
    curves: ConditionCurves,
    statement: Statement,
    values: Array,
    rules: Rules,
    category: str | None = None,
    bounds: tuple[Array, Array] | None = None,
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
        The category whose images alone the statistic uses.
    bounds : pair of float64 arrays of that shape, optional
        For a time: the least and the largest value that fits the checkpoints.
    """
    n_images = curves.n_stimuli if category is None else curves.members[category]
    found = measured(values, rules.confidence, n_images, bounds)
    verdict, reason = _verdict(statement, found)
    estimate, low, high = found.estimate, found.low, found.high
    if statement.ratio:
        estimate, low, high = (float(10**each) for each in (estimate, low, high))
    said = statement.measured.format(_text(estimate, statement))
    interval = (
        f"{rules.confidence:.0%} interval {_text(low, statement)} to {_text(high, statement)}, "
        if np.isfinite(low)
        else ""
    )
    sample = f"{networks(found.n)}, {curves.n_stimuli} images"
    return Claim(
        curves.condition, statement.claim, statement.text, statement.statistic, statement.unit,
        estimate, low, high, verdict,
        f"{said} ({interval}{sample}): {verdict}, {reason}.",
    )  # fmt: skip


def _verdict(statement: Statement, found: Measured) -> tuple[str, str]:
    margin = statement.margin
    shown = _text(10**margin if statement.ratio else margin, statement)
    shown += " epochs" if statement.unit == "epochs" else ""
    none = "1" if statement.ratio else "0"
    if (reason := unmeasured(found)) is not None:
        return UNDECIDED, reason
    limits = " to ".join(_text(limit, statement) for limit in (found.open_from, found.open_to))
    if statement.equal:
        return alike(found, margin, shown, limits)
    if found.high < margin <= found.most or found.low > 0 > found.open_from:
        return UNDECIDED, f"as checkpoints are too far apart: they leave {limits} open"
    if found.high < margin:
        return FAILS, f"as the interval lies below {shown}, the smallest difference that counts"
    if found.low <= 0:
        return UNDECIDED, f"as the interval reaches from no difference to one that counts ({shown})"
    if found.estimate < margin:
        return UNDECIDED, f"as there is a difference, but it may be too small to count ({shown})"
    return HOLDS, f"as the interval lies above {none}"


def unmeasured(found: Measured) -> str | None:
    """Why a statistic decides nothing, whatever its value; None if it may."""
    if not np.isfinite(found.low):
        return "as too few networks or resamples of images have a value"
    if found.n < 2:
        return "as one network does not show how much networks differ"
    return None


def _equal(low: float, high: float, margin: float) -> str:
    return crossed_bootstrap.verdict(low, high, -margin, margin)


def unasked(curves: ConditionCurves, statement: Statement, reason: str) -> Claim:
    """A claim that the data cannot decide, whatever they are."""
    return Claim(
        curves.condition, statement.claim, statement.text, statement.statistic, statement.unit,
        np.nan, np.nan, np.nan, UNDECIDED,
        f"{statement.text}: {UNDECIDED}, as {reason}.",
    )  # fmt: skip


def networks(n: int) -> str:
    """A number of networks, in words."""
    return f"{n} network{'' if n == 1 else 's'}"


def _text(value: float, statement: Statement) -> str:
    text = f"{value:.3g}" if statement.ratio else f"{value:.{statement.digits}f}"
    return text.replace("-", "\u2212")
