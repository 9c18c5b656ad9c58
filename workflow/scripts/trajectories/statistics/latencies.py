"""When learning curves reach the midpoint of their change, and how much later one is than another.

Latency is when a curve reaches the midpoint between its start and its late level. It does not
depend on how far the curve goes, unlike the first epoch of a significant effect, which is
earlier, the larger the effect is and the more images there are. For evoked potentials such relative
criteria proved the most accurate (Kiesel, Miller, Jolicœur & Brisson, 2008, Psychophysiology 45,
250-274). A smaller share than half would rest on noise at the first checkpoints.

Networks are seen at checkpoints alone. Between two of them a time is interpolated, which makes
times look similar; so each also has the checkpoints around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.statistics import crossed_bootstrap, times
from trajectories.statistics.condition_curves import ConditionCurves

Array = NDArray[np.float64]

HALF = 0.5
LEAST_CHANGE = 0.01
"""A mean dissimilarity that ends less than this from where it began has no time of change."""


@dataclass(frozen=True)
class Latency:
    """A time, or a difference of two, for each network and resample of the test images.

    Attributes
    ----------
    time : float64 array of shape (n_instances, n_rows)
        Epochs; row 0 of the data. NaN for networks that have none.
    earliest, latest : float64 arrays of the same shape
        Between which it lies, whatever the curve does between checkpoints.
    missing : str
        Why there is no time, as a clause; empty where there is one.
    """

    time: Array
    earliest: Array
    latest: Array
    missing: str = ""

    def __sub__(self, other: "Latency") -> "Latency":
        """How much later, in the same networks and resamples."""
        difference = self.time - other.time
        timed = np.isfinite(difference[:, 0])
        missing = self.missing or other.missing
        if not missing and 2 * timed.sum() < len(timed):
            missing = f"only {_of(timed)} have both times"
        return Latency(
            difference, self.earliest - other.latest, self.latest - other.earliest, missing
        )


def change(curves: Array, epoch: Array) -> Array:
    """Late level of curves (..., n_checkpoints) minus their first point; in their unit."""
    level: Array = curves[..., times.late(epoch)].mean(axis=-1) - curves[..., 0]
    return level


def strays(curves: Array, epoch: Array) -> NDArray[np.bool_]:
    """Whether curves (..., n_checkpoints) leave the range between their ends by over its width.

    Such a curve goes elsewhere first: nothing emerges at its midpoint.
    """
    ends = np.stack([curves[..., 0], curves[..., 0] + change(curves, epoch)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    beyond = np.maximum(curves.max(axis=-1) - high, low - curves.min(axis=-1))
    return np.asarray(beyond > high - low)


def half_way(
    curves: Array,
    epoch: Array,
    name: str,
    confidence: float,
    n_images: float,
    least: float = LEAST_CHANGE,
) -> Latency:
    """When curves reach their midpoint, or why that is unknown.

    A network has no time if its curve changes by less than `least` or strays. There is none at all
    where that is so of more than half of the networks, or where the interval of the change, over
    networks and images, includes 0.

    Parameters
    ----------
    curves : float64 array of shape (n_instances, n_rows, n_checkpoints)
        Row 0 of the data, each further row of a resample of the images.
    epoch : float64 array of shape (n_checkpoints,)
    name : str
        Of the curve, for `Latency.missing`.
    confidence : float
        Of the interval of the change.
    n_images : float
        On which the curve rests, as for `crossed_bootstrap.interval`.
    least : float
        In the unit of the curve.
    """
    found = crossed_bootstrap.interval(change(curves, epoch), confidence, n_images)
    data = curves[:, 0]
    flat = np.abs(change(data, epoch)) < least
    astray = strays(data, epoch) & ~flat
    missing = _missing(found, name, confidence, least, flat, astray)
    if missing:
        nothing = np.full(curves.shape[:2], np.nan)
        return Latency(nothing, nothing, nothing, missing)
    progress = times.rising(times.way(curves, epoch))
    time, earliest, latest = (
        np.where((flat | astray)[:, None], np.nan, each)
        for each in (
            times.crossing(progress, epoch, HALF),
            *times.bracket(progress, epoch, HALF),
        )
    )
    return Latency(time, earliest, latest, missing)


def within_between(
    curves: ConditionCurves, layer: str, category: str, confidence: float
) -> tuple[Latency, Latency]:
    """When mean dissimilarities within a category and between it and the rest reach midpoints."""
    within, between = (
        half_way(values, curves.epoch, name, confidence, curves.members[category])
        for name, values in (
            ("dissimilarity within", curves.within(layer, category)),
            ("dissimilarity between", curves.between(layer, category)),
        )
    )
    return within, between


def _missing(
    found: crossed_bootstrap.Interval,
    name: str,
    confidence: float,
    least: float,
    flat: NDArray[np.bool_],
    astray: NDArray[np.bool_],
) -> str:
    ends = f"ends less than {least:g} from where it began"
    leaves = "leaves the range between its two ends by more than the width of that range"
    for bad, what in ((flat, ends), (astray, leaves), (flat | astray, f"{ends} or {leaves}")):
        if 2 * bad.sum() > len(bad):
            return f"{name} {what} in {_of(bad)}"
    low, high = float(found.low), float(found.high)
    if not np.isfinite(low):
        return f"too few resamples of images give a latency of {name}"
    if low <= 0 <= high:
        limits = " to ".join(f"{limit:.3f}".replace("-", "\u2212") for limit in (low, high))
        return f"it is uncertain whether {name} changes ({confidence:.0%} interval {limits})"
    return ""


def _of(chosen: Sequence[bool] | NDArray[np.bool_]) -> str:
    return f"{int(np.sum(chosen))} of {len(chosen)} network{'' if len(chosen) == 1 else 's'}"
