"""Consistency of network instances: whether other seeds lead to the same representation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from trajectories.analyses.consistency import CONSISTENCY
from trajectories.rdms.similarity import Similarity, similarity_matrix
from trajectories.statistics import states
from trajectories.statistics.between_instances import at_each_epoch, similarity_to_others
from trajectories.statistics.noise_ceiling import noise_ceiling
from trajectories.statistics.states import Series


def tabulate(trajectories: Sequence[Path], measure: Similarity) -> list[pd.DataFrame]:
    """The table of a study, from the trajectory.h5 of its instances."""
    with states.opened(trajectories, most_states=None) as series:
        return [consistency(series, measure)]


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
