"""Curves of one network instance over learning, for the data and for resamples of the test images.

A resample weights the pairs of images; a weighted mean or correlation over all pairs is then the
plain one over the resampled images (see `resampling`). Weights meet RDMs in matrix products, in
blocks of pairs, so that memory is bounded whatever the number of images.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import categories, similarity
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics.resampling import pair_weights
from trajectories.storage.resamples_file import CATEGORIES, SIMILARITIES, Curves
from trajectories.study.epochs import compared as compared_epochs

MEASURED = {
    "pearson": "pearson",
    "spearman": "spearman",
    "kendall": "spearman",
    "cosine": "cosine",
}
"""What is resampled for each similarity of the configuration.

Spearman's ranks are those among all pairs and are not ranked again within a resample. Kendall's
τ-a compares pairs of pairs and is not a weighted sum over pairs: Spearman's ρ replaces it.
"""
BLOCK_NUMBERS = 2**24
"""Numbers in the largest array of a block of pairs, 8 bytes each."""


def resample(
    trajectory: Trajectory,
    definitions: Mapping[str, Mapping[str, str]],
    counts: NDArray[np.int64],
    measure: similarity.Similarity = "pearson",
) -> Curves:
    """All curves of a network instance under all resamples.

    Parameters
    ----------
    trajectory : Trajectory
        With the attributes ``condition`` and ``seed``.
    definitions : mapping of name to {"within": expression, "between": expression}
        As for `categories.select`.
    counts : int64 array of shape (n_rows, n_stimuli)
        How often each stimulus is drawn; row 0 all ones (`resampling.stimulus_counts`).
    measure : {"pearson", "spearman", "kendall", "cosine"}
        `MEASURED` says what it means here.

    Raises
    ------
    UserError
        If counts and stimuli do not fit, a category does not fit the stimuli, or an RDM has no
        similarity to another.
    """
    if counts.shape[1] != len(trajectory.stimulus):
        raise UserError(
            f"The resamples are of {counts.shape[1]} stimuli, but the trajectory has"
            f" {len(trajectory.stimulus)}: draw them again."
        )
    measured = MEASURED[measure]
    whole = np.flatnonzero(np.isin(trajectory.epoch, compared_epochs(trajectory.epoch.tolist())))
    last = len(trajectory.epoch) - 1
    references = {
        "to_final": [(at, last) for at in range(last + 1)],
        "to_first": [(at, 0) for at in range(last + 1)],
        "consecutive": list(pairwise(whole)),
    }
    selected = categories.select(definitions, trajectory.flags)
    masks = [mask for each in selected for mask in (each.within, each.between)]
    curves: dict[str, dict[str, Any]] = {name: {} for name in (*SIMILARITIES, *CATEGORIES)}
    for layer, rdms in trajectory.rdms.items():
        _require_similarity(trajectory, layer, measured)
        steps = [np.array(each, dtype=np.intp).reshape(-1, 2) for each in references.values()]
        ends = np.cumsum([len(each) for each in steps])[:-1]
        values = weighted_similarity(rdms, np.concatenate(steps), counts, measured)
        for name, part in zip(references, np.split(values, ends, axis=1), strict=True):
            curves[name][layer] = part
        means = iter(weighted_means(rdms, masks, counts))
        curves["within"][layer], curves["between"][layer] = {}, {}
        for each in selected:
            curves["within"][layer][each.name] = next(means)
            curves["between"][layer][each.name] = next(means)
    epochs = trajectory.epoch[whole]
    return Curves(
        epoch=trajectory.epoch,
        step=np.stack([epochs[:-1], epochs[1:]], axis=1),
        attributes={
            **trajectory.attributes,
            "measure": measured,
            "n_stimuli": len(trajectory.stimulus),
        },
        members={
            name: int(categories.members(definition["within"], trajectory.flags).sum())
            for name, definition in definitions.items()
        },
        **curves,
    )


def weighted_similarity(
    rdms: NDArray[np.float64],
    compared: NDArray[np.intp],
    counts: NDArray[np.int64],
    measure: str = "pearson",
) -> NDArray[np.float64]:
    """Similarity of RDMs under each resample, accurate near 1.

    With d = x − y, one minus the correlation is (var d − (σx − σy)²) / (2 σx σy): where two RDMs
    are almost alike every term on the right is small, and nothing is lost by subtracting large
    numbers. For the cosine, means of squares stand for variances.

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_checkpoints, n_pairs)
        Read by blocks of pairs; only for Spearman's are the ranks of all in memory.
    compared : int array of shape (n_comparisons, 2)
        Which checkpoints to compare.
    counts : int64 array of shape (n_rows, n_stimuli)
    measure : {"pearson", "spearman", "cosine"}

    Returns
    -------
    float64 array of shape (n_rows, n_comparisons)
        In [-1, 1]; NaN where a resample leaves no variance.
    """
    n_checkpoints, n_pairs = rdms.shape
    standardised = _standardising(rdms, measure)
    first, second = compared.T
    total = np.zeros((len(counts), 1))
    sums, squares = (np.zeros((len(counts), n_checkpoints)) for _ in range(2))
    squared_differences = np.zeros((len(counts), len(compared)))
    for block in _blocks(n_pairs, len(counts) + 2 * n_checkpoints + len(compared)):
        weights, x = pair_weights(counts, block), standardised(block)
        total[:, 0] += weights.sum(axis=1)
        sums += weights @ x.T
        squares += weights @ np.square(x).T
        squared_differences += weights @ np.square(x[first] - x[second]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / total if measure != "cosine" else np.zeros_like(sums)
        variance = squares / total - mean**2
        # Rounding leaves a trace of variance where there is none.
        sd = np.sqrt(np.where(variance > 1e-14 * squares / total, variance, np.nan))
        variance_of_difference = (
            squared_differences / total - (mean[:, first] - mean[:, second]) ** 2
        )
        change = variance_of_difference - (sd[:, first] - sd[:, second]) ** 2
        change /= 2 * sd[:, first] * sd[:, second]
    similarities: NDArray[np.float64] = 1 - np.clip(change, 0, 2)
    return similarities


def weighted_means(
    rdms: NDArray[np.float64], masks: list[NDArray[np.bool_]], counts: NDArray[np.int64]
) -> list[NDArray[np.float64]]:
    """Mean dissimilarity over sets of pairs under each resample.

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_checkpoints, n_pairs)
    masks : list of bool arrays of shape (n_pairs,)
    counts : int64 array of shape (n_rows, n_stimuli)

    Returns
    -------
    list of float64 arrays of shape (n_rows, n_checkpoints)
        One a mask; NaN in a resample that draws none of its pairs.
    """
    n_checkpoints, n_pairs = rdms.shape
    total = np.zeros((len(masks), len(counts), 1))
    sums = np.zeros((len(masks), len(counts), n_checkpoints))
    for block in _blocks(n_pairs, len(counts) + 2 * n_checkpoints):
        values = np.asarray(rdms[:, block], dtype=np.float64)
        for place, mask in enumerate(masks):
            chosen = np.flatnonzero(mask[block])
            weights = pair_weights(counts, block.start + chosen)
            total[place, :, 0] += weights.sum(axis=1)
            sums[place] += weights @ values[:, chosen].T
    with np.errstate(invalid="ignore"):
        return list(sums / total)


def _require_similarity(trajectory: Trajectory, layer: str, measure: Any) -> None:
    """One sentence about the first RDM that has no similarity to another."""
    names = [f"{layer} at epoch {epoch:g}" for epoch in trajectory.epoch]
    similarity.consecutive_change(trajectory.rdms[layer], measure, names)


def _standardising(
    rdms: NDArray[np.float64], measure: str
) -> Callable[[slice], NDArray[np.float64]]:
    """A block of pairs of RDMs with mean 0 and mean square 1 over all pairs.

    So no digits are lost to their level.
    """
    if measure == "spearman":
        from scipy import stats  # slow to import, seldom needed

        rdms = stats.rankdata(rdms, axis=1)
    mean, scale = (np.zeros((len(rdms), 1)) for _ in range(2))
    for place in range(len(rdms)):
        row = np.asarray(rdms[place], dtype=np.float64)
        if measure != "cosine":
            mean[place] = row.mean()
            row = row - mean[place]
        scale[place] = np.sqrt(np.square(row).mean())

    def standardised(block: slice) -> NDArray[np.float64]:
        values: NDArray[np.float64] = np.asarray(rdms[:, block], dtype=np.float64) - mean
        values /= scale
        return values

    return standardised


def _blocks(n_pairs: int, numbers_a_pair: int) -> Iterator[slice]:
    size = max(1, BLOCK_NUMBERS // numbers_a_pair)
    for start in range(0, n_pairs, size):
        yield slice(start, min(start + size, n_pairs))
