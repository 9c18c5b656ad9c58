"""Where networks of one condition lie on the path of another, and how near to it.

The path of a condition is that of the mean RDM of its networks, each standardised. A network is
compared with the path of all seeds but its own, that of its own condition as well as that of
another: its own condition then gives the similarity, and the match, that a network on this path
has. To first order the difference of both, seed by seed, does not depend on the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms import paths, similarity
from trajectories.statistics import resampled_states
from trajectories.statistics.states import Series
from trajectories.statistics.thinning import thin

Array = NDArray[np.float64]

MOST_CHECKPOINTS = 24
"""Checkpoints, at most, of a path and of what is matched with it."""


@dataclass(frozen=True)
class Matches:
    """Networks of a condition on the path of another; arrays of (n_seeds, n_rows, n_epochs).

    Attributes
    ----------
    epoch : float64 array of shape (n_epochs,)
    time : float64 array
        Epoch of the path at which each is matched.
    own_time : float64 array
        The same of the network of the path's own condition and the same seed, at that epoch.
    similarity, ceiling : float64 array
        At the match; and that of the network of the path's own condition where it is at that point.
    at_end, own_at_end : bool array
        Whether the match is the end of the path.
    ends : pair of floats
        First and last epoch of the path.
    """

    epoch: Array
    time: Array
    own_time: Array
    similarity: Array
    ceiling: Array
    at_end: NDArray[np.bool_]
    own_at_end: NDArray[np.bool_]
    ends: tuple[float, float]

    @property
    def lag(self) -> Array:
        """Epochs by which each is behind on the path."""
        lag: Array = self.own_time - self.time
        return lag

    @property
    def shortfall(self) -> Array:
        """Similarity less its ceiling."""
        shortfall: Array = self.similarity - self.ceiling
        return shortfall


def matches(
    path: Mapping[int, Series], networks: Mapping[int, Series], counts: NDArray[np.int64]
) -> Matches | None:
    """Networks of a condition on the path of another.

    Parameters
    ----------
    path, networks : mapping of seed to Series
        A layer of both conditions.
    counts : int64 array of shape (n_rows, n_stimuli)
        How often each stimulus is drawn; row 0 all ones.

    Returns
    -------
    Matches
        None where they have fewer than two seeds, or no epoch, in common.
    """
    seeds = sorted({*path} & {*networks})
    own_epoch = common_epochs(list(path.values()))
    epoch = np.intersect1d(own_epoch, common_epochs(list(networks.values())))
    if len(seeds) < 2 or not epoch.size:
        return None
    own_epoch, epoch = (each[thin(each, MOST_CHECKPOINTS)] for each in (own_epoch, epoch))
    # Read twice, as the RDMs of all networks need not fit into memory.
    total: Any = 0
    for series in path.values():
        total = total + _standardised(series, own_epoch)
    parts = []
    for seed in seeds:
        own = _standardised(path[seed], own_epoch)
        others, targets = total - own, np.concatenate([own, _standardised(networks[seed], epoch)])
        found = resampled_states.cross_similarity(others, targets, counts)
        steps = resampled_states.consecutive_similarity(others, counts)
        parts.append(paths.nearest(found, steps, own_epoch))
    n = len(own_epoch)
    time, similar, at_end = (
        np.stack([getattr(each, name) for each in parts])
        for name in ("time", "similarity", "at_end")
    )
    own_time, own_at_end = (
        _interpolated(own_epoch, each[..., :n], np.broadcast_to(epoch, time[..., n:].shape))
        for each in (time, at_end.astype(np.float64))
    )
    ceiling = _interpolated(own_epoch, similar[..., :n], time[..., n:])
    ends = (float(own_epoch[0]), float(own_epoch[-1]))
    return Matches(
        epoch, time[..., n:], own_time, similar[..., n:], ceiling, at_end[..., n:], own_at_end > 0,
        ends,
    )  # fmt: skip


def common_epochs(series: Sequence[Series]) -> Array:
    """Epochs that all series have."""
    shared = set.intersection(*({*each.epoch.tolist()} for each in series))
    return np.array(sorted(shared), dtype=np.float64)


def _standardised(series: Series, epoch: Array) -> Array:
    rdms = np.stack([series.at(each) for each in epoch])
    names = [f"{series.layer} at epoch {each:g} ({series.condition} seed {series.seed})"
             for each in epoch]  # fmt: skip
    return similarity.unit_vectors(similarity.checked(rdms, "pearson", names), "pearson")


def _interpolated(epoch: Array, curves: Array, times: Array) -> Array:
    """Curves (..., n_epochs) at times (..., n_times) of their own, straight between epochs."""
    flat, at = curves.reshape(-1, curves.shape[-1]), times.reshape(-1, times.shape[-1])
    found = [np.interp(when, epoch, curve) for when, curve in zip(at, flat, strict=True)]
    # A time that is not known has no value; np.interp gives NaN.
    return np.array(found).reshape(times.shape)
