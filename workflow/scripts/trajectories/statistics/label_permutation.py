"""Permutation test of whether a category effect exceeds that of randomly labelled images.

Under the null hypothesis the labels of the images are exchangeable. All instances saw the same
images, so one permutation relabels them for all, and the statistic is the mean over instances. The
test is about the labels, given these networks and images: another sample of either is what the
intervals of `crossed_bootstrap` are for. It does not ask what learning did: an untrained network
has category effects, so that their gain over the first checkpoint is tested beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms import categories
from trajectories.statistics.resampling import pair_weights

Array = NDArray[np.float64]

# Part of the key of every permutation: another number draws others.
PURPOSE = 102
BLOCK_NUMBERS = 2**24
"""Numbers in the largest array of a block of pairs, 8 bytes each."""


@dataclass(frozen=True)
class Tested:
    """Two-sided p values of a statistic at each epoch.

    Attributes
    ----------
    p : float64 array of shape (n_checkpoints,)
        Of each epoch by itself.
    p_max : float64 array of shape (n_checkpoints,)
        Of the largest standardised effect of all epochs: the chance that any of them reaches this
        one. Controls the family-wise error over epochs.
    q : float64 array of shape (n_checkpoints,)
        Benjamini and Hochberg's: the share of false discoveries among epochs with no larger q.
    """

    p: Array
    p_max: Array
    q: Array


def permuted_labels(
    definition: Mapping[str, str],
    flags: Mapping[str, NDArray[np.bool_]],
    n_permutations: int,
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which images are in a category and which it is compared with, under each permutation.

    Labels are permuted among these images; others, which the definition leaves out, stay out.

    Parameters
    ----------
    definition : mapping with "within" and, where wanted, "between"
        Expressions of flags, as for `categories.select`.
    flags : mapping of flag to bool array of shape (n_stimuli,)
    n_permutations, seed : int

    Returns
    -------
    inside, outside : int64 arrays of 0 and 1, shape (n_permutations + 1, n_stimuli)
        Row 0 as the definition says.
    """
    member = categories.members(definition["within"], flags)
    other = categories.members(definition["between"], flags) if "between" in definition else ~member
    taking_part = np.flatnonzero(member | other)
    inside = np.zeros((n_permutations + 1, member.size), dtype=np.int64)
    outside = np.zeros_like(inside)
    for row in range(n_permutations + 1):
        order = taking_part
        if row:
            key = np.random.SeedSequence(seed, spawn_key=(PURPOSE, row))
            order = np.random.Generator(np.random.Philox(key)).permutation(taking_part)
        inside[row, taking_part] = member[order]
        outside[row, taking_part] = other[order]
    return inside, outside


def effects(rdms: Any, inside: NDArray[np.int64], outside: NDArray[np.int64]) -> Array:
    """Mean dissimilarity between minus that within, for each labelling.

    Parameters
    ----------
    rdms : array, or what is sliced like one, of shape (n_checkpoints, n_pairs)
        The mean over instances: the effect is linear, so it is the mean of the instances' effects.
    inside, outside : int64 arrays of shape (n_rows, n_stimuli)
        As `permuted_labels` gives them.

    Returns
    -------
    float64 array of shape (n_rows, n_checkpoints)
    """
    n_checkpoints, n_pairs = rdms.shape
    sums = np.zeros((2, len(inside), n_checkpoints))
    size = max(1, BLOCK_NUMBERS // (4 * len(inside) + 2 * n_checkpoints))
    for start in range(0, n_pairs, size):
        block = slice(start, min(start + size, n_pairs))
        values = rdms[:, block].T
        within = pair_weights(inside, block)
        # A pair is between if both labels together cover it and neither does alone.
        between = pair_weights(inside + outside, block) - within - pair_weights(outside, block)
        sums[0] += between @ values
        sums[1] += within @ values
    n_inside, n_outside = inside[0].sum(), outside[0].sum()
    means: Array = sums[0] / (n_inside * n_outside) - sums[1] / (n_inside * (n_inside - 1) / 2)
    return means


def tested(permuted: Array) -> Tested:
    """Two-sided p values of the first row among all rows.

    Each epoch is standardised by its root mean square over all labellings (the observed one
    among them, so that ranks stay exact), which gives every epoch the same say in the maximum:
    the spread of dissimilarities changes with learning.

    Parameters
    ----------
    permuted : array of shape (n_rows, n_checkpoints)
        The statistic; row 0 observed. An epoch of zeros throughout, such as the gain over itself,
        has p = 1 and no part in the correction.
    """
    scale = np.sqrt((permuted**2).mean(axis=0))
    varies = scale > 0
    size = np.abs(permuted[:, varies]) / scale[varies]
    # Equal labellings in another order of summation differ by rounding.
    reached = size[0] * (1 - 1e-12)
    p, p_max, q = (np.ones(permuted.shape[1]) for _ in range(3))
    if varies.any():
        p[varies] = (size >= reached).mean(axis=0)
        largest = size.max(axis=1)
        p_max[varies] = (largest[:, None] >= reached).mean(axis=0)
        from scipy import stats  # slow to import, seldom needed

        q[varies] = stats.false_discovery_control(p[varies])
    return Tested(p, p_max, q)
