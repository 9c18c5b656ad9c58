"""RDMs of network instances beside each other, and how similar each is to all others."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trajectories.statistics.states import Series


def similarity_to_others(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean similarity of each instance to all others.

    Parameters
    ----------
    matrix : float64 array of shape (n_instances, n_instances)
        At least two instances.

    Returns
    -------
    float64 array of shape (n_instances,)
    """
    others = ~np.eye(len(matrix), dtype=np.bool_)
    mean: NDArray[np.float64] = matrix.mean(axis=1, where=others)
    return mean


def at_each_epoch(
    series: Sequence[Series],
) -> Iterator[tuple[str, str, float, NDArray[np.float64], list[str]]]:
    """RDMs of all instances of a condition that have a checkpoint at an epoch, one layer at a time.

    Yields
    ------
    condition, layer : str
    epoch : float
        Increasing within a layer.
    rdms : float64 array of shape (n_instances, n_pairs)
    names : list of n_instances strings
        What to call them in an error.
    """
    groups: dict[tuple[str, str], list[Series]] = {}
    for each in series:
        groups.setdefault((each.condition, each.layer), []).append(each)
    for (condition, layer), group in groups.items():
        for epoch in np.unique(np.concatenate([each.epoch for each in group])):
            there = [each for each in group if epoch in each.epoch]
            rdms = np.stack([each.at(float(epoch)) for each in there])
            names = [f"{layer} at epoch {epoch:g} ({condition} seed {each.seed})" for each in there]
            yield condition, layer, float(epoch), rdms, names
