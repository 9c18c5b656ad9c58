"""States: the RDMs of all network instances, layers and checkpoints, read piece by piece.

A study of ten networks, 200 epochs and 2,000 test images has RDMs of 64 gigabytes, so they are
never all in memory: not more than a few hundred states are compared with each other, and these
are read by blocks of pairs of images.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.rdms.similarity import ConstantRDMError
from trajectories.statistics import condition_curves
from trajectories.statistics.thinning import thin
from trajectories.storage import image_record

# States that are compared with each other; a similarity matrix of 11 megabytes.
MOST_STATES = 1200
# Fewer checkpoints would show no path: with very many networks and layers there are more states.
FEWEST_CHECKPOINTS = 12
# Dissimilarities that are held at once: 128 megabytes.
BLOCK = 2**24


@dataclass(frozen=True)
class Series:
    """Checkpoints of one layer of one network instance.

    Parameters
    ----------
    condition : str
    seed : int
    layer : str
    epoch : float64 array of shape (n_checkpoints,)
        Increasing.
    rdms : dataset of shape (n_all_checkpoints, n_pairs)
        An open file, or an array.
    kept : int array of shape (n_checkpoints,)
        Rows of `rdms`, increasing.
    stimulus : tuple of n_stimuli strings, optional
    flags : mapping of flag to bool array of shape (n_stimuli,), optional
        Of the test images, which are the same for all series.
    """

    condition: str
    seed: int
    layer: str
    epoch: NDArray[np.float64]
    rdms: Any
    kept: NDArray[np.intp]
    stimulus: tuple[str, ...] = ()
    flags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def n_stimuli(self) -> int:
        """Number of test images, whose pairs are the columns of `rdms`."""
        return (1 + math.isqrt(1 + 8 * int(self.rdms.shape[1]))) // 2

    def read(self, columns: slice = slice(None)) -> NDArray[np.float64]:
        """Dissimilarities (n_checkpoints, n_columns) of a block of pairs of images."""
        return np.asarray(self.rdms[self.kept, columns], dtype=np.float64)

    def at(self, epoch: float) -> NDArray[np.float64]:
        """Dissimilarities (n_pairs,) at one of the epochs."""
        row = int(self.kept[np.searchsorted(self.epoch, epoch)])
        return np.asarray(self.rdms[row], dtype=np.float64)


def checkpoints_each(n_series: int, most_states: int = MOST_STATES) -> int:
    """Checkpoints that each layer of each instance may keep, for so many layers and instances."""
    return max(most_states // n_series, FEWEST_CHECKPOINTS)


@contextmanager
def opened(
    paths: Sequence[Path],
    most_states: int | None = MOST_STATES,
    recipes: Sequence[Path] | None = None,
) -> Iterator[list[Series]]:
    """Open the trajectories of all instances, one series for each layer.

    Parameters
    ----------
    paths : sequence of Path
        A `trajectory.h5` each.
    most_states : int, optional
        Thin checkpoints, as `thin`, to about so many states in all; None keeps all.
    recipes : sequence of Path, optional
        The recipe.json of each condition. Where they are given, series begin at the first
        checkpoint that can be compared with later ones, as `condition_curves.by_condition` says.

    Raises
    ------
    UserError
        If a file is missing or damaged, if two are of the same instance, or if they are of other
        test images.
    """
    with ExitStack() as stack:
        found = [stack.enter_context(trajectory.opened(path)) for path in paths]
        for path, each in zip(paths, found, strict=True):
            for key in ("condition", "seed"):
                if key not in each.attributes:
                    raise UserError(f"{path} has no attribute {key!r}: merge it again.")
            if each.stimulus != found[0].stimulus:
                raise UserError(
                    f"{path} has different test images from {paths[0]}: give trajectories of one"
                    " study."
                )
        image_record.require_one([e.attributes for e in found], image_record.TEST, paths)
        instances = [(str(e.attributes["condition"]), int(e.attributes["seed"])) for e in found]
        for condition, seed in instances:
            if instances.count((condition, seed)) > 1:
                raise UserError(
                    f"Condition {condition}, seed {seed} is in two trajectories:"
                    " give each network instance once."
                )
        n_series = sum(len(each.rdms) for each in found)
        most = None if most_states is None else checkpoints_each(n_series, most_states)
        plain = None if recipes is None else condition_curves.without_batchnorm(recipes)
        series = []
        for (condition, seed), each in zip(instances, found, strict=True):
            places = np.arange(len(each.epoch))
            if plain is not None and condition_curves.untrained_apart(each.attributes, plain):
                # All of it where there is no other.
                places = places[each.epoch > 0] if (each.epoch > 0).any() else places
            kept = places[thin(each.epoch[places], len(places) if most is None else most)]
            series += [
                Series(
                    condition, seed, layer, each.epoch[kept], rdms, kept, each.stimulus, each.flags
                )
                for layer, rdms in each.rdms.items()
            ]
        yield series


def identity(series: Sequence[Series]) -> pd.DataFrame:
    """Condition, seed, layer and epoch of each state, in the order of all series."""
    parts = [
        pd.DataFrame(
            {
                "condition": each.condition,
                "seed": each.seed,
                "layer": each.layer,
                "epoch": each.epoch,
            }
        )
        for each in series
    ]
    return pd.concat(parts, ignore_index=True)


def correlations(series: Sequence[Series], block: int = BLOCK) -> NDArray[np.float64]:
    """Pearson correlation of the RDMs of all pairs of states.

    In two passes over blocks of pairs of images: means, then products of deviations. Memory is
    that of the matrix and of one block, whatever the number of images.

    Parameters
    ----------
    series : sequence of Series
    block : int
        Dissimilarities to hold at once.

    Returns
    -------
    float64 array of shape (n_states, n_states)
        Dimensionless, in [-1, 1], symmetric, 1 on the diagonal; states as in `identity`.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of a state are equal: it has no correlation.
    UserError
        If a dissimilarity is not a finite number.
    """
    n_states = sum(len(each.epoch) for each in series)
    n_pairs = int(series[0].rdms.shape[1])
    width = max(1, block // n_states)

    def blocks() -> Iterator[NDArray[np.float64]]:
        for start in range(0, n_pairs, width):
            columns = slice(start, min(start + width, n_pairs))
            yield np.concatenate([each.read(columns) for each in series])

    total = np.zeros(n_states)
    lowest, highest = np.full(n_states, np.inf), np.full(n_states, -np.inf)
    for values in blocks():
        total += values.sum(axis=1)
        np.minimum(lowest, values.min(axis=1), out=lowest)
        np.maximum(highest, values.max(axis=1), out=highest)
    _refuse_without_correlation(series, total, lowest == highest)

    products = np.zeros((n_states, n_states))
    for values in blocks():
        values -= (total / n_pairs)[:, None]
        products += values @ values.T
    length = np.sqrt(np.diag(products))
    matrix = np.clip(products / length / length[:, None], -1, 1)
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1)
    return matrix


def _refuse_without_correlation(
    series: Sequence[Series], total: NDArray[np.float64], constant: NDArray[np.bool_]
) -> None:
    states = identity(series)
    for fault, found in (("not all finite numbers", ~np.isfinite(total)), ("all equal", constant)):
        if found.any():
            first = states[found].iloc[0]
            kind = UserError if fault.startswith("not") else ConstantRDMError
            raise kind(
                f"The dissimilarities of {first['layer']} at epoch {first['epoch']:g}"
                f" ({first['condition']} seed {first['seed']}) are {fault}, so the RDM has no"
                " correlation with another: leave this checkpoint out."
            )
