"""Resamples of the test images: how often each image is drawn, and the weight of each pair.

An image that is drawn twice is, in the resample, two images. Of their pairs with others both
count, but their pair with each other is no pair of images at all: its dissimilarity is 0 by
construction, and would pull every mean and correlation. Weights over the upper triangle of the
original RDM drop it, because an image has no pair with itself there.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import rdm

# Part of the key of every draw: another number draws other resamples.
PURPOSE = 101


def stimulus_counts(n_stimuli: int, n_resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each stimulus is drawn in each resample.

    The draws depend on nothing but the arguments, so that all network instances, layers and
    epochs of a study see the same resamples; more resamples are further ones.

    Parameters
    ----------
    n_stimuli : int
        At least 2.
    n_resamples : int
        Not counting the data themselves.
    seed : int
        Not negative.

    Returns
    -------
    int64 array of shape (n_resamples + 1, n_stimuli)
        Row 0 is all ones: the data themselves. Every row sums to ``n_stimuli``.

    Raises
    ------
    UserError
        If there are fewer than two stimuli.
    """
    if n_stimuli < 2:
        raise UserError(
            f"A resample needs pairs of stimuli, but there is only {n_stimuli}: use more."
        )
    counts = np.ones((n_resamples + 1, n_stimuli), dtype=np.int64)
    for row in range(1, n_resamples + 1):
        key = np.random.SeedSequence(seed, spawn_key=(PURPOSE, row))
        drawn = np.random.Generator(np.random.Philox(key)).integers(n_stimuli, size=n_stimuli)
        counts[row] = np.bincount(drawn, minlength=n_stimuli)
    return counts


def pair_weights(
    counts: NDArray[np.int64], chosen: NDArray[np.intp] | slice = slice(None)
) -> NDArray[np.float64]:
    """How often each pair of different stimuli occurs in each resample.

    Parameters
    ----------
    counts : int64 array of shape (n_rows, n_stimuli)
        As `stimulus_counts` gives them.
    chosen : slice or int array, optional
        Which pairs, by their place in the upper triangle; all of many thousand images would not
        fit into memory.

    Returns
    -------
    float64 array of shape (n_rows, n_pairs)
        The product of both counts, pairs in the order of `rdm.pairs`. A pair of an image with its
        own duplicate is not among them.
    """
    first, second = (index[chosen] for index in _pairs(counts.shape[1]))
    drawn = counts.astype(np.float64)
    weights: NDArray[np.float64] = drawn[:, first] * drawn[:, second]
    return weights


@lru_cache(maxsize=1)
def _pairs(n_stimuli: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return rdm.pairs(n_stimuli)
