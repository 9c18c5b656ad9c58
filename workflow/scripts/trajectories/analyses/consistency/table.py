"""Consistency of network instances: whether other seeds lead to the same representation."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.rdms.similarity import Similarity, similarity_matrix
from trajectories.statistics.noise_ceiling import noise_ceiling
from trajectories.statistics.states import Series

CONSISTENCY = ("condition", "layer", "epoch", "mean", "sd", "lower", "upper", "n_seeds")


def consistency(series: Sequence[Series], measure: Similarity = "pearson") -> pd.DataFrame:
    """Similarity of the RDMs of all instances of a condition, at each epoch and layer.

    Only the RDMs of one layer and epoch are in memory at once.

    Parameters
    ----------
    series : sequence of Series
    measure : {"pearson", "spearman", "kendall", "cosine"}

    Returns
    -------
    DataFrame with the columns `CONSISTENCY`
        ``mean`` and ``sd`` are over instances of each one's mean similarity to all others, so that
        ``mean`` is that of all pairs of instances. ``lower`` and ``upper`` are the noise ceiling
        (Nili et al., 2014), see `noise_ceiling`. All four are NaN where only one instance has this
        epoch, and ``sd`` is for two, whose values are one and the same.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal.
    """
    rows = []
    for condition, layer, epoch, rdms, names in at_each_epoch(series):
        mean = sd = lower = upper = np.nan
        if len(rdms) > 1:
            to_others = similarity_to_others(similarity_matrix(rdms, measure, names))
            mean = float(to_others.mean())
            sd = float(to_others.std(ddof=1)) if len(rdms) > 2 else np.nan
            lower, upper = noise_ceiling(rdms, measure)
        rows.append((condition, layer, epoch, mean, sd, lower, upper, len(rdms)))
    return pd.DataFrame(rows, columns=list(CONSISTENCY))


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
    """RDMs of all instances of a condition that have a checkpoint at an epoch, one layer a time.

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
