"""When curves change: the mean epoch of their change, and how much later one changes than another.

Where a curve rises and falls there is no half-way. But all of its change, up and down, has a mean
epoch: with P(t) the share of the total variation so far, T = ∫ (1 − P) dt, counted from epoch 0.

Noise is change too, and moves T towards the middle of training. So T is not that of each network:
it is that of their mean curve, smoothed in log epoch, of whose steps the size that jitter gives
them is taken off (soft thresholding: Donoho, 1995). Its error over networks is that of the
jackknife (Tukey, 1958): pseudo-values T − (n − 1) (T₋ᵢ − mean T₋ᵢ), with the curve without network
i, vary as values of single networks do, so that `crossed_bootstrap` takes them as such. Latencies
of event-related potentials are compared in the same way (Miller, Patterson & Ulrich, 1998,
Psychophysiology 35, 99-115). Times are compared as ratios, so as logarithms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.statistics.condition_curves import ConditionCurves

Array = NDArray[np.float64]

BANDWIDTH = 0.3
"""SD of the kernel, in log(1 + epoch / first step)."""
MOST_JITTER = 0.2
"""A curve has no time if jitter alone would make this share of its T or more."""


@dataclass(frozen=True)
class ChangeTime:
    """A time, or the ratio of two, as base-10 logarithms.

    Attributes
    ----------
    values : float64 array of shape (n_instances, n_rows)
        Pseudo-values; their mean over instances is the estimate.
    earliest, latest : float
        How much earlier and later it may be, as far as checkpoints tell (`resolution`); not
        negative.
    missing : str
        Why there is no time, as a clause; empty where there is one.
    """

    values: Array
    earliest: float
    latest: float
    missing: str = ""

    def __sub__(self, other: "ChangeTime") -> "ChangeTime":
        """How many times as late, in the same networks and resamples."""
        return ChangeTime(
            self.values - other.values,
            self.earliest + other.latest,
            self.latest + other.earliest,
            self.missing or other.missing,
        )

    @property
    def bounds(self) -> tuple[Array, Array]:
        """The least and the largest values that fit the checkpoints."""
        return self.values - self.earliest, self.values + self.latest


def change_time(curves: Array, epoch: Array, name: str) -> ChangeTime:
    """Mean epoch of the change of some curves, or why there is none.

    Parameters
    ----------
    curves : float64 array of shape (n_instances, n_rows, n_checkpoints)
        Row 0 of the data, each further row of a resample of the images.
    epoch : float64 array of shape (n_checkpoints,)
    name : str
        Of the curve, for `ChangeTime.missing`.
    """
    n = len(curves)
    nothing = np.full(curves.shape[:2], np.nan)
    if len(epoch) < 4:
        return ChangeTime(nothing, 0, 0, "there are fewer than four checkpoints")
    smoother = smoothing(epoch)
    mean = curves.mean(axis=0)
    jitter = jitter_of_steps(mean[0], epoch, smoother)
    steps = np.abs(np.diff(smoother @ mean[0]))
    middle = (epoch[1:] + epoch[:-1]) / 2
    if not (steps > jitter).any() or (jitter * middle).sum() > MOST_JITTER * (steps * middle).sum():
        return ChangeTime(
            nothing, 0, 0, f"{name} does not change by more than it wavers late in training"
        )
    whole = np.log10(mean_epoch(mean @ smoother.T, epoch, jitter))
    if n > 1:
        others = (curves.sum(axis=0) - curves) / (n - 1)
        more = jitter * np.sqrt(n / (n - 1))
        left_out = np.log10(mean_epoch(others @ smoother.T, epoch, more))
        # Their mean is T itself: with few networks its correction for bias is larger than the bias.
        values = whole - (n - 1) * (left_out - left_out.mean(axis=0))
    else:
        values = whole[None]
    time = float(10 ** whole[0])
    open_by = resolution(mean[0] @ smoother.T, epoch)
    with np.errstate(divide="ignore"):
        earliest = -np.log10(max(0.0, 1 - open_by / time))
    return ChangeTime(values, float(earliest), float(np.log10(1 + open_by / time)))


def mean_epoch(curves: Array, epoch: Array, jitter: Array | float = 0) -> Array:
    """T of curves (..., n_checkpoints): the mean epoch of all changes, up and down; NaN if none.

    Of the size of each step, `jitter` (n_checkpoints - 1,) is taken off.
    """
    change = np.maximum(np.abs(np.diff(curves, axis=-1)) - jitter, 0)
    middle = (epoch[1:] + epoch[:-1]) / 2
    with np.errstate(invalid="ignore"):
        mean: Array = (change * middle).sum(axis=-1) / change.sum(axis=-1)
    return mean


def resolution(curve: Array, epoch: Array) -> float:
    """By how much T of a curve is open, as changes may lie anywhere between two checkpoints.

    Root of the sum of squares of half of each step, weighted with its share of the change: steps
    are taken to err independently of each other.
    """
    change = np.abs(np.diff(curve))
    return float(np.sqrt(np.square(change / change.sum() * np.diff(epoch)).sum()) / 2)


def smoothing(epoch: Array) -> Array:
    """Local linear regression in log epoch, (n_checkpoints, n_checkpoints).

    A Gaussian kernel. Rows are checkpoints at which a curve is smoothed, their sums are 1.
    """
    first = np.diff(epoch).min()
    place = np.log1p((epoch - epoch[0]) / first)
    apart = place[None] - place[:, None]
    weight = np.exp(-np.square(apart / BANDWIDTH) / 2)
    total, slope, square = (
        (weight * apart**power).sum(axis=1, keepdims=True) for power in (0, 1, 2)
    )
    # A checkpoint whose neighbours are far away stays as it is.
    determinant = total * square - slope**2 + 1e-9
    smoother: Array = weight * (square + 1e-9 - slope * apart) / determinant
    smoother /= smoother.sum(axis=1, keepdims=True)
    return smoother


def jitter_of_steps(curve: Array, epoch: Array, smoother: Array) -> Array:
    """SD of each step of a smoothed curve that jitter alone would make, (n_checkpoints - 1,).

    Jitter is white noise of the SD that second differences show in the last half of the curve.
    """
    bends = np.diff(curve[len(epoch) // 2 :], 2)
    sd = np.sqrt(np.square(bends).mean() / 6) if bends.size else 0.0
    steps: Array = sd * np.sqrt(np.square(np.diff(smoother, axis=0)).sum(axis=1))
    # Rounding is no change.
    steps += 1e-12 * np.abs(curve).max()
    return steps


def within_between(
    curves: ConditionCurves, layer: str, category: str
) -> tuple[ChangeTime, ChangeTime]:
    """Times of the mean dissimilarities within a category, and between it and the rest."""
    return (
        change_time(curves.within(layer, category), curves.epoch, "dissimilarity within"),
        change_time(curves.between(layer, category), curves.epoch, "dissimilarity between"),
    )
