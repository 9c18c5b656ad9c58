"""The file of resampled curves of a network instance, `resamples.h5`, and what is in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.storage import hdf5

Curve = NDArray[np.float64]

SIMILARITIES = ("to_final", "to_first", "consecutive")
CATEGORIES = ("within", "between")
MOST_BYTES = 2**30
"""Files that are larger together are not held in memory, but read curve by curve."""


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
        ``condition``, ``seed``, ``n_stimuli``, ``measure``: what the similarities are, see
        `resampled_curves.MEASURED`, ...
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


def write(path: Path, curves: Curves) -> None:
    """Write `resamples.h5`; layers and categories keep their order."""
    with hdf5.written(path) as file:
        file.attrs.update(curves.attributes)
        file.create_dataset("epoch", data=curves.epoch)
        file.create_dataset("step", data=curves.step).attrs["axes"] = "step, (from, to)"
        members = file.create_group("members", track_order=True)
        members.attrs.update(curves.members)
        for name in SIMILARITIES:
            group = file.create_group(name, track_order=True)
            for layer, values in getattr(curves, name).items():
                _write_curve(group, layer, values, "dimensionless")
        for name in CATEGORIES:
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
        hdf5.require(file, "epoch", "step", "members", *SIMILARITIES, *CATEGORIES)
        attributes = hdf5.attributes(file)
        del attributes["sha256"]

        def curves(group: Any) -> Mapping[str, Curve]:
            if not into_memory:
                return _Stored(path, group)
            return {name: _array(values) for name, values in group.items()}

        found: dict[str, Any] = {name: curves(file[name]) for name in SIMILARITIES}
        for name in CATEGORIES:
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


def _write_curve(group: Any, name: str, values: Curve, unit: str) -> None:
    # HDF5 has no chunks of nothing, as where there is no step between whole epochs.
    packing = {"compression": "gzip", "compression_opts": 1} if values.size else {}
    dataset = group.create_dataset(name, data=values, **packing)
    dataset.attrs.update({"axes": "resample (0: the data), epoch", "unit": unit})


def _array(dataset: Any) -> Curve:
    return np.asarray(dataset, dtype=np.float64)
