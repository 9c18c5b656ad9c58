"""Noise ceiling: how similar a perfect model could be to the RDMs of several individuals.

Individuals (subjects, or network instances) differ, so that no RDM is fully similar to all of them.
Source: Nili et al. (2014), PLoS Computational Biology 10(4), e1003553, "Estimating the noise
ceiling".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.rdms import similarity

Floats = NDArray[np.float64]


def noise_ceiling(
    rdms: ArrayLike, measure: similarity.Similarity = "pearson"
) -> tuple[float, float]:
    """Bounds of the mean similarity that the true model would have to the individuals' RDMs.

    Upper bound: mean similarity of the individuals to the group's central RDM, which is as close to
    all of them as an RDM can be. Lower bound: each is compared with the centre of the others.

    Parameters
    ----------
    rdms : array of shape (n_individuals, n_pairs)
        Upper triangles of the same stimuli, one individual a row.
    measure : {"pearson", "spearman", "kendall", "cosine"}
        The centre is the mean of RDMs with mean 0 and SD 1 (pearson), of equal length (cosine), or
        of ranks (spearman, kendall). For Kendall's τ-a, and where ranks are tied, the mean of ranks
        is near the optimum, and the upper bound is not strict.

    Returns
    -------
    lower, upper : float
        Dimensionless, in [-1, 1]; NaN both for a single individual, of whom nothing is known about
        the others.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal.
    """
    rows = np.asarray(rdms)
    names = [f"individual {index + 1}" for index in range(len(rows))]
    rows = similarity.checked(rows, measure, names)
    if len(rows) < 2:
        return float("nan"), float("nan")
    scaled = _comparable(rows, measure)
    total = scaled.sum(axis=0)
    centre = "the mean of all individuals"
    upper = similarity.cross_similarity(rows, [total], measure, names, [centre])
    lower = [
        similarity.cross_similarity(
            [rdm], [total - own], measure, [name], [f"the mean of all but {name}"]
        )
        for rdm, own, name in zip(rows, scaled, names, strict=True)
    ]
    return float(np.mean(lower)), float(np.mean(upper))


def _comparable(rows: Floats, measure: similarity.Similarity) -> Floats:
    """RDMs as they are averaged: of one scale, or as ranks."""
    if measure in ("spearman", "kendall"):
        from scipy import stats  # slow to import, seldom needed

        ranks: Floats = stats.rankdata(rows, axis=1)
        return ranks
    return similarity.unit_vectors(rows, measure)
