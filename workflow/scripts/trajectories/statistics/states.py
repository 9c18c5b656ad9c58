"""States: the RDMs of all network instances, layers and checkpoints, read piece by piece.

A study of ten networks, 200 epochs and 2,000 test images has RDMs of 64 gigabytes, so they are
never all in memory: not more than a few hundred states are compared with each other, and these
are read by blocks of pairs of images.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError
from trajectories.rdms.similarity import ConstantRDMError
from trajectories.storage import hdf5

IDENTITY = ("condition", "seed", "layer", "epoch")
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
    """

    condition: str
    seed: int
    layer: str
    epoch: NDArray[np.float64]
    rdms: Any
    kept: NDArray[np.intp]

    def read(self, columns: slice = slice(None)) -> NDArray[np.float64]:
        """Dissimilarities (n_checkpoints, n_columns) of a block of pairs of images."""
        return np.asarray(self.rdms[self.kept, columns], dtype=np.float64)

    def at(self, epoch: float) -> NDArray[np.float64]:
        """Dissimilarities (n_pairs,) at one of the epochs."""
        row = int(self.kept[np.searchsorted(self.epoch, epoch)])
        return np.asarray(self.rdms[row], dtype=np.float64)


def thin(epoch: ArrayLike, most: int) -> NDArray[np.intp]:
    """Checkpoints to keep: the first, the last, and others spaced evenly in log(epoch).

    Again and again the checkpoint that is farthest from all that are kept (the earlier, if two
    are) is kept as well: Gonzalez (1985), Theoretical Computer Science 38, 293-306. Learning slows
    down, so on this axis steps are more alike than on a linear one. Epoch 0 counts as half of the
    first epoch after it.

    Parameters
    ----------
    epoch : array of shape (n_checkpoints,)
        Increasing, not negative.
    most : int
        At least 2.

    Returns
    -------
    int array of shape (min(n_checkpoints, most),)
        Increasing indices; the same for all instances with the same checkpoints.
    """
    epochs = np.asarray(epoch, dtype=np.float64)
    if len(epochs) <= most:
        return np.arange(len(epochs))
    place = np.log(np.where(epochs > 0, epochs, epochs[epochs > 0].min() / 2))
    kept = [0, len(epochs) - 1]
    gap = np.abs(place[:, None] - place[kept]).min(axis=1)
    while len(kept) < most:
        farthest = int(gap.argmax())
        kept.append(farthest)
        gap = np.minimum(gap, np.abs(place - place[farthest]))
    return np.sort(np.array(kept, dtype=np.intp))


def checkpoints_each(n_series: int, most_states: int = MOST_STATES) -> int:
    """Checkpoints that each layer of each instance may keep, of so many layers and instances."""
    return max(most_states // n_series, FEWEST_CHECKPOINTS)


@contextmanager
def opened(paths: Sequence[Path], most_states: int | None = MOST_STATES) -> Iterator[list[Series]]:
    """Open the trajectories of all instances, one series for each layer.

    Parameters
    ----------
    paths : sequence of Path
        A `trajectory.h5` each.
    most_states : int, optional
        Thin checkpoints, as `thin`, to about so many states in all; None keeps all.

    Raises
    ------
    UserError
        If a file is missing or damaged, if two are of the same instance, or if they are of other
        test images.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(hdf5.sealed(path)) for path in paths]
        for path, file in zip(paths, files, strict=True):
            hdf5.require(file, "rdms", "epoch", "stimulus")
            for key in ("condition", "seed"):
                if key not in file.attrs:
                    raise UserError(f"{path} has no attribute {key!r}: merge it again.")
            if hdf5.strings(file["stimulus"]) != hdf5.strings(files[0]["stimulus"]):
                raise UserError(
                    f"{path} has other test images than {paths[0]}: give trajectories of one study."
                )
        found = [(str(file.attrs["condition"]), int(file.attrs["seed"])) for file in files]
        for condition, seed in found:
            if found.count((condition, seed)) > 1:
                raise UserError(
                    f"Condition {condition}, seed {seed} is in two trajectories:"
                    " give each network instance once."
                )
        n_series = sum(len(file["rdms"]) for file in files)
        most = None if most_states is None else checkpoints_each(n_series, most_states)
        series = []
        for (condition, seed), file in zip(found, files, strict=True):
            epoch = np.asarray(file["epoch"], dtype=np.float64)
            kept = thin(epoch, len(epoch) if most is None else most)
            series += [
                Series(condition, seed, layer, epoch[kept], rdms, kept)
                for layer, rdms in file["rdms"].items()
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
                " correlation to another: leave this checkpoint out."
            )
