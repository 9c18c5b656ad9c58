"""What a single RDM says by itself, under each resample of the test images.

Dimension, nearest neighbours and similarity to reference RDMs are no part of `resamples.h5`: they
are computed for the few checkpoints at which conditions are compared.
"""

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms import rdm
from trajectories.statistics.resampled_curves import BLOCK_NUMBERS, weighted_similarity

Array = NDArray[np.float64]

MOST_RESAMPLES = 200
"""Resamples, at most, of what is computed from RDMs: an error of 5% in a standard error."""
NEAREST = 40
"""Neighbours that are looked at: a resample draws none of them once in 10¹⁷ times."""


def first_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The data and the first `MOST_RESAMPLES` resamples."""
    return counts[: MOST_RESAMPLES + 1]


def dimension(rdms: Array, counts: NDArray[np.int64]) -> Array:
    """Participation ratio of the responses, (tr K)² / tr K², from correlation distances.

    K is the centred Gram matrix, -H RDM H. With r the mean of each row of an RDM and m that of
    all, its diagonal sums to n m, and the squares of its elements to n² (mean of RDM² - 2 mean of
    r² + m²). An image that is drawn twice is no pair with its duplicate: means over pairs leave
    duplicates out and count the diagonal as often as in the data.

    Parameters
    ----------
    rdms : float64 array of shape (n_checkpoints, n_pairs)
    counts : int64 array of shape (n_rows, n_stimuli)
        Row 0 all ones.

    Returns
    -------
    float64 array of shape (n_rows, n_checkpoints)
        In row 0 that of `analyses.dimension`. NaN in a resample of a single image.
    """
    n = counts.shape[1]
    drawn = counts.astype(np.float64)
    others = n - drawn
    # Mean over the other draws, times the share of pairs that are off the diagonal.
    scale = np.divide((n - 1) / n, others, out=np.full_like(others, np.nan), where=others > 0)
    result = np.empty((len(counts), len(rdms)))
    for place, values in enumerate(rdms):
        square = _square(values, n)
        row_means = drawn @ square * scale
        squares = drawn @ square**2 * scale
        mean, of_squares, of_rows = (
            (np.where(drawn > 0, drawn * each, 0)).sum(axis=1) / n
            for each in (row_means, squares, row_means**2)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            result[:, place] = mean**2 / (of_squares - 2 * of_rows + mean**2)
    return result


def nearest_neighbour(
    rdms: Array,
    counts: NDArray[np.int64],
    members: NDArray[np.bool_],
    others: NDArray[np.bool_],
) -> Array:
    """Share of a category's images whose nearest other image is also of the category.

    Parameters
    ----------
    rdms : float64 array of shape (n_checkpoints, n_pairs)
    counts : int64 array of shape (n_rows, n_stimuli)
        Row 0 all ones. The nearest of the images that a resample draws counts; not a duplicate.
    members, others : bool arrays of shape (n_stimuli,)
        Images of the category, and those that it is compared with.

    Returns
    -------
    float64 array of shape (n_rows, n_checkpoints)
        In row 0 that of `analyses.nearest_neighbour`. Of images that are equally near, the share
        of members counts. NaN in a resample that draws no member, or nothing else.
    """
    taking_part = np.flatnonzero(members | others)
    drawn = counts[:, taking_part]
    inside = members[taking_part]
    probes = np.flatnonzero(inside)
    result = np.empty((len(counts), len(rdms)))
    for place, values in enumerate(rdms):
        distances = _square(values, counts.shape[1])[np.ix_(taking_part, taking_part)]
        np.fill_diagonal(distances, np.inf)
        shares = _shares(distances[probes], drawn, inside)
        weights = np.where(np.isfinite(shares), drawn[:, probes], 0)
        with np.errstate(invalid="ignore"):
            result[:, place] = (weights * np.nan_to_num(shares)).sum(axis=1) / weights.sum(axis=1)
    return result


def to_references(
    rdms: Array, references: Array, counts: NDArray[np.int64], measure: str = "pearson"
) -> Array:
    """Mean over subjects of the similarity to the RDM of each.

    Parameters
    ----------
    rdms : float64 array of shape (n_checkpoints, n_pairs)
    references : float64 array of shape (n_subjects, n_pairs)
    counts : int64 array of shape (n_rows, n_stimuli)
    measure : {"pearson", "spearman", "cosine"}

    Returns
    -------
    float64 array of shape (n_rows, n_checkpoints)
    """
    found = cross_similarity(rdms, references, counts, measure)
    mean: Array = found.mean(axis=2)
    return mean


def cross_similarity(
    rdms: Array, others: Array, counts: NDArray[np.int64], measure: str = "pearson"
) -> Array:
    """Similarity of each RDM of one set to each of another, (n_rows, n_rdms, n_others)."""
    n, m = len(rdms), len(others)
    compared = np.array([(i, n + j) for i in range(n) for j in range(m)], dtype=np.intp)
    both = np.concatenate([rdms, others])
    return weighted_similarity(both, compared, counts, measure).reshape(len(counts), n, m)


def consecutive_similarity(rdms: Array, counts: NDArray[np.int64]) -> Array:
    """Correlation of each RDM with the next, (n_rows, n_rdms - 1)."""
    first = np.arange(len(rdms) - 1)
    return weighted_similarity(rdms, np.stack([first, first + 1], axis=1), counts)


def _square(values: Array, n_stimuli: int) -> Array:
    first, second = rdm.pairs(n_stimuli)
    square = np.zeros((n_stimuli, n_stimuli))
    square[first, second] = square[second, first] = values
    return square


def _shares(distances: Array, drawn: NDArray[np.int64], inside: NDArray[np.bool_]) -> Array:
    """Share of members among the nearest images that are drawn, (n_rows, n_probes).

    `distances` has the shape (n_probes, n_images), infinite from an image to itself.
    """
    order = np.argsort(distances, axis=1, kind="stable")[:, :-1]
    ordered = np.take_along_axis(distances, order, axis=1)
    most = min(NEAREST, order.shape[1])
    if most < order.shape[1] and (ordered[:, most - 1] == ordered[:, most]).any():
        most = order.shape[1]
    order, ordered = order[:, :most], ordered[:, :most]
    last = _ends_of_ties(ordered)
    shares = np.empty((len(drawn), len(order)))
    size = max(1, BLOCK_NUMBERS // (4 * order.size))
    for start in range(0, len(drawn), size):
        rows = slice(start, start + size)
        there = drawn[rows][:, order]
        nearest = (there > 0).argmax(axis=2)[..., None]
        # Before the nearest none is drawn, so sums up to the last that is as near are of these.
        end = np.take_along_axis(np.broadcast_to(last, there.shape), nearest, axis=2)
        total, hits = (
            np.take_along_axis(np.cumsum(each, axis=2), end, axis=2)[..., 0]
            for each in (there, there * inside[order])
        )
        with np.errstate(invalid="ignore"):
            shares[rows] = hits / total
    return shares


def _ends_of_ties(ordered: Array) -> NDArray[np.intp]:
    """For each of some increasing values, the place of the last that equals it."""
    n = ordered.shape[1]
    ends = np.ones(ordered.shape, dtype=np.bool_)
    ends[:, :-1] = ordered[:, 1:] != ordered[:, :-1]
    places = np.where(ends, np.arange(n), n)
    return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
