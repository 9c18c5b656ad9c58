"""Curves of one network instance over learning, for the data and for resamples of the test images.

A resample weights the pairs of images; a weighted mean or correlation over all pairs is then the
plain one over the resampled images (see `resampling`). Weights meet RDMs in matrix products, in
blocks of pairs, so that memory is bounded whatever the number of images.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import categories, similarity
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics.resampling import pair_weights
from trajectories.storage import hdf5
from trajectories.study.epochs import compared as compared_epochs

Curve = NDArray[np.float64]

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
MOST_BYTES = 2**30
"""Files that are larger together are not held in memory, but read curve by curve."""

_SIMILARITIES = ("to_final", "to_first", "consecutive")
_CATEGORIES = ("within", "between")


@dataclass(frozen=True)
class Curves:
    """Curves of a network instance; row 0 is the data, each further row a resample of the images.

    Attributes
    ----------
    epoch : float64 array of shape (n_checkpoints,)
    step : float64 array of shape (n_steps, 2)
        The epochs that ``consecutive`` compares (`epochs.compared`), as pairs.
    to_final, to_first : mapping of layer to float64 array of shape (n_rows, n_checkpoints)
        Similarity of each RDM to the last and to the first one; dimensionless.
    consecutive : mapping of layer to float64 array of shape (n_rows, n_steps)
        Similarity of the RDM at the first epoch of each step to that at the second.
    within, between : mapping of layer to mapping of category to array (n_rows, n_checkpoints)
        Mean dissimilarity, in the unit of the RDMs. NaN in a resample that draws no such pair.
    attributes : dict
        ``condition``, ``seed``, ``measure`` (what the similarities are, see `MEASURED`),
        ``n_stimuli``, ...
    members : dict of category to int
        Images in it.
    """

    epoch: Curve
    step: Curve
    to_final: Mapping[str, Curve]
    to_first: Mapping[str, Curve]
    consecutive: Mapping[str, Curve]
    within: Mapping[str, Mapping[str, Curve]]
    between: Mapping[str, Mapping[str, Curve]]
    attributes: dict[str, Any] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)

    @property
    def layers(self) -> list[str]:
        """Names of the layers, in the order of the configuration."""
        return list(self.to_final)

    @property
    def categories(self) -> list[str]:
        """Names of the categories, in the order of the configuration."""
        return list(next(iter(self.within.values())))


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
    curves: dict[str, dict[str, Any]] = {name: {} for name in (*_SIMILARITIES, *_CATEGORIES)}
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


def write(path: Path, curves: Curves) -> None:
    """Write `resamples.h5`; layers and categories keep their order."""
    with hdf5.written(path) as file:
        file.attrs.update(curves.attributes)
        file.create_dataset("epoch", data=curves.epoch)
        file.create_dataset("step", data=curves.step).attrs["axes"] = "step, (from, to)"
        members = file.create_group("members", track_order=True)
        members.attrs.update(curves.members)
        for name in _SIMILARITIES:
            group = file.create_group(name, track_order=True)
            for layer, values in getattr(curves, name).items():
                _write_curve(group, layer, values, "dimensionless")
        for name in _CATEGORIES:
            group = file.create_group(name, track_order=True)
            for layer, of_layer in getattr(curves, name).items():
                layers = group.create_group(layer, track_order=True)
                for category, values in of_layer.items():
                    _write_curve(layers, category, values, "dissimilarity")


def read_all(paths: Sequence[Path]) -> list[Curves]:
    """Read the curves of many instances: into memory, or where they are large, as they are wanted.

    Raises
    ------
    UserError
        As `read`.
    """
    size = sum(path.stat().st_size for path in paths if path.is_file())
    return [read(path, size <= MOST_BYTES) for path in paths]


def read(path: Path, into_memory: bool = True) -> Curves:
    """Read what `write` wrote.

    Parameters
    ----------
    path : Path
    into_memory : bool
        Otherwise a curve is read from the file each time it is asked for.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "epoch", "step", "members", *_SIMILARITIES, *_CATEGORIES)
        attributes = hdf5.attributes(file)
        del attributes["sha256"]

        def curves(group: Any) -> Mapping[str, Curve]:
            if not into_memory:
                return _Stored(path, group)
            return {name: _array(values) for name, values in group.items()}

        found: dict[str, Any] = {name: curves(file[name]) for name in _SIMILARITIES}
        for name in _CATEGORIES:
            found[name] = {layer: curves(of_layer) for layer, of_layer in file[name].items()}
        return Curves(
            epoch=_array(file["epoch"]),
            step=_array(file["step"]),
            attributes=attributes,
            members=hdf5.attributes(file["members"]),
            **found,
        )


class _Stored(Mapping[str, Curve]):
    """The curves in a group of a file, each read when it is asked for."""

    def __init__(self, path: Path, group: Any) -> None:
        self._path, self._group, self._names = path, group.name, list(group)

    def __getitem__(self, name: str) -> Curve:
        if name not in self._names:
            raise KeyError(name)
        with hdf5.opened(self._path) as file:
            return _array(file[self._group][name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


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


def _write_curve(group: Any, name: str, values: Curve, unit: str) -> None:
    # HDF5 has no chunks of nothing, as where there is no step between whole epochs.
    packing = {"compression": "gzip", "compression_opts": 1} if values.size else {}
    dataset = group.create_dataset(name, data=values, **packing)
    dataset.attrs.update({"axes": "resample (0: the data), epoch", "unit": unit})


def _array(dataset: Any) -> Curve:
    return np.asarray(dataset, dtype=np.float64)
