"""Similarity between RDMs: how far a representation has moved from one checkpoint to another."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError

# Dissimilarities that are compared at once: 32 megabytes.
BLOCK_NUMBERS = 2**22

Similarity = Literal["pearson", "spearman", "kendall", "cosine"]
MEASURES: tuple[Similarity, ...] = get_args(Similarity)


class ConstantRDMError(UserError):
    """An RDM whose dissimilarities are all equal: it has no correlation with another."""


def rdm_similarity(a: ArrayLike, b: ArrayLike, measure: Similarity = "pearson") -> float:
    """Similarity of two RDMs.

    Parameters
    ----------
    a, b : arrays of shape (n_pairs,)
        Upper triangles in scipy ``squareform`` order.
    measure : {"pearson", "spearman", "kendall", "cosine"}
        Kendall's is τ-a, which does not reward tied predictions (Nili et al., 2014, PLoS
        Computational Biology 10, e1003553).

    Returns
    -------
    float
        Dimensionless, in [-1, 1].

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal (for cosine: are zero).
    """
    return float(consecutive_similarity(np.stack([a, b]), measure)[0])


def consecutive_similarity(
    rdms: ArrayLike,
    measure: Similarity = "pearson",
    names: Sequence[str] | None = None,
    rows: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Similarity of each checkpoint's RDM to the next (Tousi et al., Figure 1).

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_rdms, n_pairs)
        Upper triangles in scipy ``squareform`` order, one checkpoint a row.
    measure : {"pearson", "spearman", "kendall", "cosine"}
    names : sequence of n_checkpoints strings, optional
        What to call the checkpoints in an error; by default "checkpoint <index>".
    rows : int array of shape (n_checkpoints,), optional
        The checkpoints to compare, increasing; by default all.

    Returns
    -------
    array of shape (n_checkpoints - 1,)
        Dimensionless, in [-1, 1]; exactly 1 for identical RDMs (for Kendall's τ-a, if no two
        dissimilarities are tied).

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of a checkpoint are equal: it has no correlation.
    """
    return 1 - consecutive_change(rdms, measure, names, rows)


def consecutive_change(
    rdms: ArrayLike,
    measure: Similarity = "pearson",
    names: Sequence[str] | None = None,
    rows: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """One minus the similarity of each checkpoint's RDM to the next, accurate near 0.

    For unit vectors u and v, 1 − u·v = ‖u − v‖² / 2: the right side keeps its digits where the
    left side loses them, which is late in training. Some checkpoints at a time are in memory.

    Parameters
    ----------
    rdms, measure, names, rows
        As for `consecutive_similarity`.

    Returns
    -------
    array of shape (n_checkpoints - 1,)
        Dimensionless, in [0, 2].

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of a checkpoint are equal: it has no correlation.
    """
    given: Any = rdms if hasattr(rdms, "shape") else np.asarray(rdms)
    chosen = np.arange(len(given)) if rows is None else rows
    names = names or [f"checkpoint {index}" for index in range(len(chosen))]
    most = max(1, BLOCK_NUMBERS // max(1, given.shape[1]))
    # Each part begins with the last of the one before.
    changes = [
        _changes(checked(given[part], measure, names[start : start + len(part)]), measure)
        for start in range(0, max(1, len(chosen) - 1), most)
        for part in [chosen[start : start + most + 1]]
    ]
    return np.concatenate(changes)


def _changes(rows: NDArray[np.float64], measure: Similarity) -> NDArray[np.float64]:
    if measure == "kendall":
        return np.array(
            [_kendall_change(a, b) for a, b in pairwise(rows)],
            dtype=np.float64,
        )
    steps = np.diff(unit_vectors(rows, measure), axis=0)
    change: NDArray[np.float64] = np.einsum("cp,cp->c", steps, steps) / 2
    return np.minimum(change, 2)


def log10_change(
    rdms: ArrayLike, measure: Similarity = "pearson", names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Decimal logarithm of one minus the similarity of each checkpoint's RDM to the next.

    Parameters
    ----------
    rdms, measure, names
        As for `consecutive_similarity`.

    Returns
    -------
    array of shape (n_checkpoints - 1,)
        Dimensionless; minus infinity for identical RDMs.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of a checkpoint are equal: it has no correlation.
    """
    with np.errstate(divide="ignore"):
        return np.log10(consecutive_change(rdms, measure, names))


def similarity_matrix(
    rdms: ArrayLike, measure: Similarity = "pearson", names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Similarity of the RDMs of all pairs of checkpoints.

    One matrix product, except for Kendall's τ-a: that takes about a millisecond per pair.

    Parameters
    ----------
    rdms, measure, names
        As for `consecutive_similarity`.

    Returns
    -------
    array of shape (n_checkpoints, n_checkpoints)
        Dimensionless, in [-1, 1], symmetric; the diagonal is 1, except for Kendall's τ-a of an
        RDM with ties, which is below 1 even with itself.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of a checkpoint are equal: it has no correlation.
    """
    rows = checked(rdms, measure, names)
    if measure == "kendall":
        matrix = np.empty((len(rows), len(rows)))
        for i, j in zip(*np.triu_indices(len(rows)), strict=True):
            matrix[i, j] = matrix[j, i] = 1 - _kendall_change(rows[i], rows[j])
        return matrix
    unit = unit_vectors(rows, measure)
    matrix = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def cross_similarity(
    rdms: ArrayLike,
    others: ArrayLike,
    measure: Similarity = "pearson",
    names: Sequence[str] | None = None,
    other_names: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """Similarity of each RDM of one set to each of another, such as checkpoints and brains.

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_rdms, n_pairs)
        Some are in memory at a time.
    others : array of shape (n_others, n_pairs)
        Of the same stimuli in the same order.
    measure : {"pearson", "spearman", "kendall", "cosine"}
    names, other_names : sequences of n_rdms and n_others strings, optional
        What to call them in an error.

    Returns
    -------
    array of shape (n_rdms, n_others)
        Dimensionless, in [-1, 1].

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal: it has no correlation.
    """
    given: Any = rdms if hasattr(rdms, "shape") else np.asarray(rdms)
    columns = checked(others, measure, other_names)
    names = names or [f"checkpoint {index}" for index in range(len(given))]
    units = columns if measure == "kendall" else unit_vectors(columns, measure)
    most = max(1, BLOCK_NUMBERS // max(1, given.shape[1]))
    parts = []
    for start in range(0, max(1, len(given)), most):
        rows = checked(given[start : start + most], measure, names[start : start + most])
        if measure == "kendall":
            parts.append(np.array([[1 - _kendall_change(a, b) for b in units] for a in rows]))
        else:
            parts.append(np.clip(unit_vectors(rows, measure) @ units.T, -1, 1))
    return np.concatenate(parts)


def unit_vectors(rows: NDArray[np.float64], measure: Similarity) -> NDArray[np.float64]:
    """Vectors of length 1 whose inner products are the similarities of RDMs.

    Parameters
    ----------
    rows : float64 array of shape (n_rdms, n_pairs)
        Of finite numbers, and none constant.
    measure : {"pearson", "spearman", "cosine"}
        Kendall's τ-a is no inner product of so few numbers.

    Returns
    -------
    float64 array of shape (n_rdms, n_pairs)
    """
    if measure == "spearman":
        from scipy import stats  # slow to import, seldom needed

        rows = stats.rankdata(rows, axis=1)
    if measure != "cosine":
        rows = rows - rows.mean(axis=1, keepdims=True)
    # Scaled first, so that very small or large values survive being squared.
    rows = rows / np.abs(rows).max(axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def checked(
    rdms: ArrayLike, measure: Similarity, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """RDMs as float64, or an error naming the first without a similarity.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal (for cosine: are zero).
    UserError
        If there is no such measure, or a dissimilarity is not a finite number.
    """
    if measure not in MEASURES:
        raise UserError(f"There is no similarity {measure!r}: choose one of {', '.join(MEASURES)}.")
    rows = np.asarray(rdms, dtype=np.float64)
    names = names or [f"checkpoint {index}" for index in range(len(rows))]
    not_finite = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if not_finite.size:
        raise UserError(
            f"The RDM of {names[not_finite[0]]} has dissimilarities that are not finite numbers:"
            " compute it again from its activations."
        )
    reference, fault = (0, "zero") if measure == "cosine" else (rows[:, :1], "equal")
    constant = np.flatnonzero((rows == reference).all(axis=1))
    if constant.size:
        raise ConstantRDMError(
            f"All dissimilarities in the RDM of {names[constant[0]]} are {fault}, so it has no"
            f" {measure} similarity to another: leave this checkpoint out."
        )
    return rows


def _kendall_change(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """1 − τ-a of two RDMs.

    τ-a and τ-b share the count of concordant minus discordant pairs of dissimilarities and differ
    in what they divide it by; the count is a whole number, so rounding restores it exactly.
    """
    total = a.size * (a.size - 1) / 2
    untied_a, untied_b = (total - _tied(values) for values in (a, b))
    from scipy import stats  # slow to import, seldom needed

    tau_b = stats.kendalltau(a, b, method="asymptotic").statistic
    concordance = round(tau_b * np.sqrt(untied_a) * np.sqrt(untied_b))
    return float((total - concordance) / total)


def _tied(values: NDArray[np.float64]) -> float:
    """Count of pairs of equal values."""
    _, counts = np.unique(values, return_counts=True)
    return float((counts * (counts - 1) / 2).sum())
