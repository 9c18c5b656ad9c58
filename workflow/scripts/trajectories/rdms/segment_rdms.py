"""RDMs of one layer over one training segment, and the file that holds them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import rdm
from trajectories.storage import hdf5

RDM_ATTRIBUTES = {
    "axes": "checkpoint,pair",
    "units": "correlation distance, 1 - Pearson's r, dimensionless",
    "pair_order": "numpy.triu_indices(n_stimuli, 1), as scipy.spatial.distance.squareform",
}
EPOCH_ATTRIBUTES = {
    "axes": "checkpoint",
    "units": "epochs of training; 0 is the untrained network",
}


@dataclass(frozen=True)
class SegmentRDMs:
    """RDMs of one layer at the checkpoints of one training segment.

    Parameters
    ----------
    layer : str
    rdms : float64 array of shape (n_checkpoints, n_pairs)
        Of a segment that is `stored`, what is sliced like one.
    epoch : float64 array of shape (n_checkpoints,)
        Strictly increasing.
    stimulus : tuple of n_stimuli strings
    attributes : dict
        Where the RDMs come from: condition, seed, and what else the activations say.

    Raises
    ------
    UserError
        If shapes or epochs do not fit.
    """

    layer: str
    rdms: NDArray[np.float64]
    epoch: NDArray[np.float64]
    stimulus: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_series(self.layer, self.rdms, self.epoch, self.stimulus)


class StoredRDMs:
    """The RDMs in a file of `write`, which is opened for each part that is read.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        (n_checkpoints, n_pairs).
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._path, self.shape = path, shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[np.float64]:
        with hdf5.opened(self._path) as file:
            return np.asarray(file["rdms"][key], dtype=np.float64)


def check_series(
    layer: str,
    rdms: NDArray[np.float64],
    epoch: NDArray[np.float64],
    stimulus: tuple[str, ...],
) -> None:
    """Check that a layer has one RDM of all stimuli per epoch, at increasing epochs.

    Raises
    ------
    UserError
        If it has not.
    """
    expected = (len(epoch), rdm.n_pairs(len(stimulus)))
    if rdms.shape != expected:
        raise UserError(
            f"The RDMs of {layer} have shape {rdms.shape}, but {len(epoch)} epochs and"
            f" {len(stimulus)} stimuli need {expected}: compute them again."
        )
    if not (np.diff(epoch) > 0).all():
        at = int(np.flatnonzero(~(np.diff(epoch) > 0))[0])
        raise UserError(
            f"The epochs of {layer} do not increase (epoch {epoch[at + 1]:g} follows"
            f" {epoch[at]:g}): give each segment of the instance once."
        )


def from_activations(
    path: Path, track: Callable[[Iterable[int]], Iterable[int]] = iter
) -> SegmentRDMs:
    """Compute the RDM of each checkpoint in a file of activations.

    Parameters
    ----------
    path : Path
        HDF5 file of one layer and segment: ``activations`` (checkpoint, stimulus, unit),
        ``epoch``, ``stimulus``, and an attribute ``layer``.
    track : callable, optional
        Wraps the indices of the checkpoints, to show progress.

    Raises
    ------
    UserError
        If the file lacks something, or a pattern has no correlation.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "activations", "epoch", "stimulus")
        activations = file["activations"]
        epoch = np.asarray(file["epoch"], dtype=np.float64)
        stimulus = hdf5.strings(file["stimulus"])
        attributes = hdf5.attributes(file)
        layer = _layer(path, attributes | hdf5.attributes(activations))
        if activations.ndim != 3 or activations.shape[:2] != (len(epoch), len(stimulus)):
            raise UserError(
                f"{path} has activations of shape {activations.shape}, but its {len(epoch)} epochs"
                f" and {len(stimulus)} stimuli need (checkpoint, stimulus, unit):"
                " delete the file and extract the activations again."
            )
        rdms = np.empty((len(epoch), rdm.n_pairs(len(stimulus))))
        for checkpoint in track(range(len(epoch))):
            place = f"(layer {layer}, epoch {epoch[checkpoint]:g})"
            names = [f"stimulus {name!r} {place}" for name in stimulus]
            patterns = rdm.CheckpointView(activations, checkpoint)
            rdms[checkpoint] = rdm.correlation_distance(patterns, names)
    # These describe the responses, not the RDMs.
    for name in ("layer", "axes", "unit", "units", "sha256"):
        attributes.pop(name, None)
    return SegmentRDMs(layer, rdms, epoch, stimulus, attributes)


def write(path: Path, segment: SegmentRDMs) -> None:
    """Write ``rdms``, ``epoch`` and ``stimulus``; the attributes go to the root of the file."""
    with hdf5.written(path) as file:
        file.attrs.update({**segment.attributes, "layer": segment.layer})
        file.create_dataset("rdms", data=segment.rdms).attrs.update(RDM_ATTRIBUTES)
        file.create_dataset("epoch", data=segment.epoch).attrs.update(EPOCH_ATTRIBUTES)
        hdf5.write_strings(file, "stimulus", segment.stimulus)


def read(path: Path) -> SegmentRDMs:
    """Read what `write` wrote.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    found = stored(path)
    return replace(found, rdms=found.rdms[:])


def stored(path: Path) -> SegmentRDMs:
    """Check and describe what `write` wrote; its RDMs are read where they are sliced.

    Raises
    ------
    UserError
        As `read`.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "rdms", "epoch", "stimulus")
        attributes = hdf5.attributes(file)
        layer = _layer(path, attributes)
        del attributes["layer"], attributes["sha256"]
        rdms: Any = StoredRDMs(path, file["rdms"].shape)
        return SegmentRDMs(
            layer=layer,
            rdms=rdms,
            epoch=np.asarray(file["epoch"], dtype=np.float64),
            stimulus=hdf5.strings(file["stimulus"]),
            attributes=attributes,
        )


def _layer(path: Path, attributes: dict[str, Any]) -> str:
    if "layer" not in attributes:
        raise UserError(f"{path} has no attribute 'layer' that names the layer of its activations.")
    return str(attributes["layer"])
