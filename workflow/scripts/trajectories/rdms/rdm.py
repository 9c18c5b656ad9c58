"""Representational dissimilarity matrices (RDMs) from the responses of a layer's units.

An RDM is held as its upper triangle, one number per pair of stimuli, in the order of
`numpy.triu_indices(n, 1)`, which is the order of `scipy.spatial.distance.squareform`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError

# Large enough for an efficient matrix product, small enough for the block to stay near the core:
# 6 MB for 96 stimuli.
BLOCK_UNITS = 8192
# Rounding leaves identical patterns within a few 1e-15 of distance 0.
NEARLY_IDENTICAL = 1e-12


class Patterns(Protocol):
    """What `correlation_distance` reads: an array, or a view of a file with slices of units."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_stimuli, n_units)."""

    def __getitem__(self, key: Any, /) -> Any:
        """`[:, a:b]` gives the responses of units a to b as an array."""


class ConstantPatternError(UserError):
    """A stimulus to which all units respond equally: its pattern has no correlation with others."""


class NonFinitePatternError(UserError):
    """A stimulus with a response that is not a finite number."""


class CheckpointView:
    """The patterns of one checkpoint in an HDF5 dataset, read only where they are sliced.

    Parameters
    ----------
    dataset : h5py.Dataset of shape (n_checkpoints, n_stimuli, n_units)
    checkpoint : int
        Index of the checkpoint.
    """

    def __init__(self, dataset: Any, checkpoint: int) -> None:
        self._dataset = dataset
        self._checkpoint = checkpoint

    @property
    def shape(self) -> tuple[int, int]:
        """(n_stimuli, n_units)."""
        _, n_stimuli, n_units = self._dataset.shape
        return n_stimuli, n_units

    @property
    def chunks(self) -> tuple[int, int] | None:
        """Extent of a stored chunk in stimuli and units; None where the file has no chunks."""
        chunks: tuple[int, int, int] | None = self._dataset.chunks
        return chunks and chunks[1:]

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.floating[Any]]:
        responses: NDArray[np.floating[Any]] = self._dataset[(self._checkpoint, *key)]
        return responses


def pairs(n_stimuli: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and second stimulus of each pair, in the order in which RDMs are stored.

    Parameters
    ----------
    n_stimuli : int

    Returns
    -------
    first, second : arrays of shape (n_stimuli * (n_stimuli - 1) / 2,)
        Indices of stimuli, first < second.
    """
    first, second = np.triu_indices(n_stimuli, 1)
    return first, second


def n_pairs(n_stimuli: int) -> int:
    """Count of pairs among `n_stimuli` stimuli."""
    return n_stimuli * (n_stimuli - 1) // 2


def correlation_distance(
    patterns: Patterns, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Correlation distance, 1 − Pearson's r, of each pair of patterns.

    One pass over blocks of units, in float64 whatever the storage type. Means and the matrix of
    co-moments are merged block by block as in Chan, Golub & LeVeque (1983, The American
    Statistician 37, 242-247), so that a large mean costs no digits.

    Parameters
    ----------
    patterns : array or file view of shape (n_stimuli, n_units), any float type
        Responses of the units of a layer to each stimulus.
    names : sequence of n_stimuli strings, optional
        What to call the stimuli in an error; by default "stimulus <index>".

    Returns
    -------
    float64 array of shape (n_pairs,)
        Dimensionless, in [0, 2], in the order of `pairs`; exactly 0 for identical patterns.

    Raises
    ------
    ConstantPatternError
        If a stimulus has the same response in all units.
    NonFinitePatternError
        If a response is NaN or infinite, or too large to be squared.
    UserError
        If there are fewer than two stimuli, or no units.
    """
    n_stimuli, n_units = patterns.shape
    if n_stimuli < 2 or n_units < 1:
        raise UserError(
            f"An RDM needs at least 2 stimuli and 1 unit, but the patterns have {n_stimuli}"
            f" stimuli and {n_units} units: check the stimulus table and the layer."
        )
    comoment = _comoment(patterns)
    names = names or [f"stimulus {index}" for index in range(n_stimuli)]
    _refuse_without_correlation(np.diag(comoment), names)

    deviation = np.sqrt(np.diag(comoment))
    first, second = pairs(n_stimuli)
    distance = 1 - comoment[first, second] / deviation[first] / deviation[second]
    np.clip(distance, 0, 2, out=distance)

    near = np.flatnonzero(distance < NEARLY_IDENTICAL)
    distance[near[_identical(patterns, first[near], second[near])]] = 0
    return distance


def _comoment(patterns: Patterns) -> NDArray[np.float64]:
    """Sums of products of deviations from the mean, of shape (n_stimuli, n_stimuli)."""
    n_stimuli = patterns.shape[0]
    # Relative to its first unit a constant pattern is exactly zero, and so is its variance.
    origin = np.asarray(patterns[:, :1], dtype=np.float64)
    mean = np.zeros((n_stimuli, 1))
    comoment = np.zeros((n_stimuli, n_stimuli))
    # Values that are not finite show up in the variance, where they are refused by name.
    with np.errstate(invalid="ignore", over="ignore"):
        for start, responses in _blocks(patterns):
            block = np.subtract(responses, origin, dtype=np.float64)
            block_mean = block.mean(axis=1, keepdims=True)
            block -= block_mean
            comoment += block @ block.T
            units = block.shape[1]
            shift = block_mean - mean
            comoment += shift * shift.T * (start * units / (start + units))
            mean += shift * (units / (start + units))
    return comoment


def _blocks(patterns: Patterns) -> Iterator[tuple[int, NDArray[np.floating[Any]]]]:
    """First unit and responses of each block of units, aligned to the chunks of a file."""
    chunks = getattr(patterns, "chunks", None)
    chunk = chunks[1] if chunks else 1
    # A chunk read in part is read again for the next block; one beyond 4 blocks costs memory.
    width = chunk * max(1, BLOCK_UNITS // chunk) if chunk <= 4 * BLOCK_UNITS else BLOCK_UNITS
    for start in range(0, patterns.shape[1], width):
        yield start, patterns[:, start : start + width]


def _refuse_without_correlation(variance: NDArray[np.float64], names: Sequence[str]) -> None:
    not_finite = np.flatnonzero(~np.isfinite(variance))
    if not_finite.size:
        raise NonFinitePatternError(
            f"The responses to {names[not_finite[0]]} are not all finite numbers: check history.csv"
            " for a diverged training run, and leave this checkpoint out."
        )
    constant = np.flatnonzero(variance == 0)
    if constant.size:
        raise ConstantPatternError(
            f"All units respond equally to {names[constant[0]]}, so its pattern has no correlation"
            " with others: leave the stimulus out of the table, or choose another layer."
        )


def _identical(
    patterns: Patterns, first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether the patterns of each of the given pairs are equal in every unit."""
    identical = np.ones(first.size, dtype=np.bool_)
    if not identical.any():
        return identical
    for _, responses in _blocks(patterns):
        for pair in np.flatnonzero(identical):
            identical[pair] = np.array_equal(responses[first[pair]], responses[second[pair]])
        if not identical.any():
            break
    return identical
