"""When a curve of learning has come how far: times that do not depend on its amplitude.

Similarity of consecutive epochs mixes speed, amplitude and noise of change. Two curves of one
time constant and different amplitude reach the same similarity at different epochs, but half of
their own way at the same epoch.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories import similarity


def progress_to_final(
    rdms: ArrayLike, measure: similarity.Similarity = "pearson"
) -> NDArray[np.float64]:
    """Similarity of each RDM to the last, from 0 at the first checkpoint to 1 at the last.

    Parameters
    ----------
    rdms : array of shape (n_checkpoints, n_pairs)
    measure : {"pearson", "spearman", "kendall", "cosine"}

    Returns
    -------
    float64 array of shape (n_checkpoints,)
        (s − s₀) / (1 − s₀), dimensionless, where s is the similarity to the last RDM and s₀ that
        of the first; below 0 where an RDM is farther from the last than the first is. NaN
        throughout if the first RDM is the last.
    """
    to_last = similarity.similarity_matrix(rdms, measure)[:, -1]
    return share_of_change(to_last)


def share_of_change(curve: ArrayLike) -> NDArray[np.float64]:
    """A curve in units of its own change: 0 at its first point and 1 at its last.

    Parameters
    ----------
    curve : array of shape (n_checkpoints,)

    Returns
    -------
    float64 array of shape (n_checkpoints,)
        NaN throughout if it ends where it began.
    """
    values = np.asarray(curve, dtype=np.float64)
    change = values[-1] - values[0]
    share: NDArray[np.float64] = (values - values[0]) / (change if change else np.nan)
    return share


def crossing(progress: ArrayLike, epoch: ArrayLike, level: float) -> float:
    """Epoch from which on a curve that ends at 1 stays at or above a level.

    The last crossing counts, not the first: a curve that falls back has not arrived.

    Parameters
    ----------
    progress : array of shape (n_checkpoints,)
    epoch : array of shape (n_checkpoints,)
        Increasing.
    level : float
        At most 1.

    Returns
    -------
    float
        Interpolated linearly between checkpoints; NaN for a curve of NaN.
    """
    values, epochs = np.asarray(progress, np.float64), np.asarray(epoch, np.float64)
    if np.isnan(values).any():
        return float("nan")
    below = np.flatnonzero(values < level)
    if not below.size:
        return float(epochs[0])
    last = below[-1]
    share = (level - values[last]) / (values[last + 1] - values[last])
    return float(epochs[last] + share * (epochs[last + 1] - epochs[last]))
