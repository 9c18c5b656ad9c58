"""When a learning curve reaches a level: times separated from amplitude and noise.

Similarity of consecutive epochs mixes speed, amplitude and noise of change. The times here refer to
each curve's own change, from where it begins to its level late in training.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LATE = 0.25
"""Share of training, at its end, over which the level that a curve has reached is averaged."""
LEAST_CHECKPOINTS = 5
"""An exponential has three parameters: fewer checkpoints than this say little about it."""
SHORTEST, LONGEST = 0.2, 2.0
"""Time constants looked for: from this share of the first step to this multiple of the span."""
GRID = 80


@dataclass(frozen=True)
class Exponential:
    """s(t) = plateau − amplitude · exp(−t / τ), fitted to each of many curves.

    Attributes
    ----------
    tau : float64 array
        Time constant, epochs; NaN where the curve has none (see `exponential`).
    amplitude, plateau : float64 array
        In the unit of the curve; NaN where τ is.
    r2 : float64 array
        Share of the variance over checkpoints that the fit explains; NaN where τ is.
    """

    tau: Array
    amplitude: Array
    plateau: Array
    r2: Array

    def at(self, time: ArrayLike) -> Array:
        """The fitted curves at these times since the first checkpoint, (..., n_times)."""
        decay = np.exp(-np.asarray(time, np.float64) / self.tau[..., None])
        values: Array = self.plateau[..., None] - self.amplitude[..., None] * decay
        return values


def share_of_change(curve: ArrayLike) -> Array:
    """Curves in units of their own change: 0 at the first point and 1 at the last.

    Parameters
    ----------
    curve : array of shape (..., n_checkpoints)

    Returns
    -------
    float64 array of shape (..., n_checkpoints)
        NaN throughout where a curve ends where it began.
    """
    values = np.asarray(curve, dtype=np.float64)
    return _share(values, values[..., -1])


def crossing(progress: ArrayLike, epoch: ArrayLike, level: float) -> Array:
    """Epoch from which on curves stay at or above a level.

    The last crossing counts, not the first: a curve that falls back has not yet got there.

    Parameters
    ----------
    progress : array of shape (..., n_checkpoints)
    epoch : array of shape (n_checkpoints,)
        Increasing.
    level : float

    Returns
    -------
    float64 array of shape (...)
        Interpolated linearly between checkpoints; NaN for a curve that holds a NaN or ends below
        the level.
    """
    values, epochs = np.asarray(progress, np.float64), np.asarray(epoch, np.float64)
    before, after = _around(values, level)
    low, high = (np.take_along_axis(values, place, axis=-1)[..., 0] for place in (before, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (level - low) / (high - low)
    start, stop = epochs[before[..., 0]], epochs[after[..., 0]]
    times = start + np.where(before[..., 0] < after[..., 0], share, 0) * (stop - start)
    return np.where(_never(values, level), np.nan, times)


def bracket(progress: ArrayLike, epoch: ArrayLike, level: float) -> tuple[Array, Array]:
    """Checkpoints between which curves reach a level and stay there.

    They are all that the data say about the time: `crossing` assumes a straight line between them.

    Parameters
    ----------
    progress : array of shape (..., n_checkpoints)
    epoch : array of shape (n_checkpoints,)
        Increasing.
    level : float

    Returns
    -------
    before, after : float64 arrays of shape (...)
        Epochs; both the first for a curve that is never below. NaN where there is no crossing.
    """
    values, epochs = np.asarray(progress, np.float64), np.asarray(epoch, np.float64)
    never = _never(values, level)
    before, after = (
        np.where(never, np.nan, epochs[place[..., 0]]) for place in _around(values, level)
    )
    return before, after


def late(epoch: ArrayLike) -> NDArray[np.bool_]:
    """Checkpoints in the last quarter of the epochs, the last one among them."""
    epochs = np.asarray(epoch, np.float64)
    chosen: NDArray[np.bool_] = epochs >= epochs[-1] - LATE * (epochs[-1] - epochs[0])
    return chosen


def way(curve: ArrayLike, epoch: ArrayLike) -> Array:
    """Progress of curves from their first point to the mean of their late ones.

    Parameters
    ----------
    curve : array of shape (..., n_checkpoints)
    epoch : array of shape (n_checkpoints,)

    Returns
    -------
    float64 array of shape (..., n_checkpoints)
        0 at the first checkpoint and 1 on average over the `late` ones; NaN throughout where both
        levels are the same.
    """
    values = np.asarray(curve, dtype=np.float64)
    return _share(values, values[..., late(epoch)].mean(axis=-1))


def rising(curve: ArrayLike) -> Array:
    """The nearest curves, by least squares, that never fall (isotonic regression).

    Where a curve rises throughout nothing is changed; elsewhere noise is averaged out.

    Parameters
    ----------
    curve : array of shape (..., n_checkpoints)
        NaN throughout gives NaN.

    References
    ----------
    Barlow, Bartholomew, Bremner & Brunk (1972). Statistical inference under order restrictions.
    """
    from scipy import optimize  # slow to import, seldom needed

    values = np.asarray(curve, dtype=np.float64)
    flat = values.reshape(-1, values.shape[-1])
    result = np.full(flat.shape, np.nan)
    for row in np.flatnonzero(np.isfinite(flat).all(axis=1)):
        result[row] = optimize.isotonic_regression(flat[row]).x
    return result.reshape(values.shape)


def time_to(curve: ArrayLike, epoch: ArrayLike, level: float) -> Array:
    """Epoch at which curves, smoothed by isotonic regression, reach a share of their change.

    The change is that to the late level (`way`), and is made to rise (`rising`): where it wavers
    about the level, the time is amid the wavering and neither its beginning nor its end.

    Parameters
    ----------
    curve : array of shape (..., n_checkpoints)
        Rising or falling, of any amplitude.
    epoch : array of shape (n_checkpoints,)
    level : float
        Between 0 and 1.

    Returns
    -------
    float64 array of shape (...)
        NaN for a curve without a change, or one that does not reach the level in the end.
    """
    return crossing(rising(way(curve, epoch)), epoch, level)


def exponential(curve: ArrayLike, epoch: ArrayLike) -> Exponential:
    """Fit s(t) = plateau − amplitude · exp(−t / τ) by least squares.

    For a given τ the other two are a linear regression; so τ is looked for on a logarithmic grid
    and refined between its neighbours, for all curves at once.

    Parameters
    ----------
    curve : array of shape (..., n_checkpoints)
    epoch : array of shape (n_checkpoints,)

    Returns
    -------
    Exponential
        Arrays of shape (...). NaN where the curve does not change, holds a NaN, has fewer than
        `LEAST_CHECKPOINTS` checkpoints, or is fitted best by the shortest or longest τ of the grid:
        a change within a fraction of the first step, or one that is a straight line.
    """
    values, epochs = np.asarray(curve, np.float64), np.asarray(epoch, np.float64)
    flat = values.reshape(-1, values.shape[-1])
    if len(epochs) < LEAST_CHECKPOINTS:
        nothing = np.full(values.shape[:-1], np.nan)
        return Exponential(nothing, nothing, nothing, nothing)
    time = epochs - epochs[0]
    grid = np.linspace(np.log(SHORTEST * time[1]), np.log(LONGEST * time[-1]), GRID)
    centred = flat - flat.mean(axis=1, keepdims=True)
    total = np.square(centred).sum(axis=1)

    explained = np.stack([_explained(centred, time, log_tau) for log_tau in grid], axis=1)
    best = np.argmax(np.where(np.isfinite(explained), explained, -1), axis=1)
    inside = (best > 0) & (best < GRID - 1) & np.isfinite(total)
    inside &= total > (1e-12 * np.abs(flat).max(axis=1, initial=0)) ** 2
    around = np.clip(best, 1, GRID - 2)
    low, high = grid[around - 1], grid[around + 1]
    # Golden section: 40 steps narrow the bracket beyond single precision.
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        better = _explained(centred, time, left) > _explained(centred, time, right)
        low, high = np.where(better, low, left), np.where(better, right, high)
    log_tau = (low + high) / 2
    decay = np.exp(-time / np.exp(log_tau)[:, None])
    about = decay - decay.mean(axis=1, keepdims=True)
    amplitude = -(about * centred).sum(axis=1) / np.square(about).sum(axis=1)
    plateau = flat.mean(axis=1) + amplitude * decay.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = _explained(centred, time, log_tau) / total
    parts = (np.exp(log_tau), amplitude, plateau, r2)
    shaped = [np.where(inside, part, np.nan).reshape(values.shape[:-1]) for part in parts]
    return Exponential(*shaped)


def _around(values: Array, level: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the checkpoints around the last crossing, (..., 1)."""
    n, below = values.shape[-1], values < level
    last_below = n - 1 - np.argmax(below[..., ::-1], axis=-1)
    # The last point is below in no curve that has a time.
    before = np.minimum(last_below, max(n - 2, 0))
    after = np.minimum(before + 1, n - 1)
    crosses = below.any(axis=-1)
    return np.where(crosses, before, 0)[..., None], np.where(crosses, after, 0)[..., None]


def _never(values: Array, level: float) -> NDArray[np.bool_]:
    """Whether curves have no time: they hold a NaN or end below the level."""
    return np.asarray(np.isnan(values).any(axis=-1) | (values[..., -1] < level))


def _share(values: Array, end: Array) -> Array:
    change = end - values[..., 0]
    # Rounding of a mean over late checkpoints is no change.
    none = np.abs(change) <= 4 * np.finfo(np.float64).eps * np.abs(end)
    share: Array = (values - values[..., :1]) / np.where(none, np.nan, change)[..., None]
    return share


def _explained(centred: Array, time: Array, log_tau: ArrayLike) -> Array:
    """Sum of squares that an exponential explains, for each curve (n_curves,)."""
    decay = np.exp(-time / np.exp(np.asarray(log_tau, np.float64))[..., None])
    about = decay - decay.mean(axis=-1, keepdims=True)
    product = (centred * about).sum(axis=-1) if about.ndim > 1 else centred @ about
    explained: Array = np.square(product) / np.square(about).sum(axis=-1)
    return explained
