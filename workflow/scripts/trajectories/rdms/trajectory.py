"""The learning trajectory of one network instance: the RDMs of all its layers and checkpoints.

`trajectory.h5` can be read without this package: ``rdms/<layer>`` (checkpoint, pair), ``epoch``,
``stimulus``, ``categories/<flag>`` (stimulus), and where it comes from as attributes.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms.segment_rdms import (
    EPOCH_ATTRIBUTES,
    RDM_ATTRIBUTES,
    SegmentRDMs,
    check_series,
)
from trajectories.storage import hdf5, image_record

if TYPE_CHECKING:
    from trajectories.stimuli.table import StimulusTable

# RDMs that differ in one of these come from different networks, or were extracted differently.
IDENTITY = (
    "experiment", "condition", "seed", "recipe_digest", "batchnorm",
    image_record.TEST, image_record.TRAINING,
)  # fmt: skip

# A trajectory up to this size is made in memory, and one piece in the file.
IN_MEMORY_BYTES = 2**28
# Checkpoints and pairs of a chunk: a megabyte, as analyses read by checkpoints and by pairs.
CHUNK = (4, 2**15)
BLOCK_BYTES = 2**26


@dataclass(frozen=True)
class Trajectory:
    """RDMs of one network instance over learning.

    Parameters
    ----------
    rdms : dict of layer to float64 array of shape (n_checkpoints, n_pairs)
        Pairs in the order of ``numpy.triu_indices(n_stimuli, 1)``. Of a trajectory that was
        `opened`, datasets, of which what is sliced is read.
    epoch : float64 array of shape (n_checkpoints,)
        Strictly increasing, perhaps fractional.
    stimulus : tuple of n_stimuli strings
    flags : dict of flag to bool array of shape (n_stimuli,)
        The category columns of the stimulus table.
    attributes : dict
        Where the trajectory comes from: condition, seed, experiment, ...

    Raises
    ------
    UserError
        If shapes or epochs do not fit.
    """

    rdms: dict[str, NDArray[np.float64]]
    epoch: NDArray[np.float64]
    stimulus: tuple[str, ...]
    flags: dict[str, NDArray[np.bool_]]
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rdms:
            raise UserError("A trajectory needs the RDMs of at least one layer: give some.")
        for layer, rdms in self.rdms.items():
            check_series(layer, rdms, self.epoch, self.stimulus)
        for flag, values in self.flags.items():
            if values.shape != (len(self.stimulus),):
                raise UserError(
                    f"The flag {flag!r} has shape {values.shape}, but there are"
                    f" {len(self.stimulus)} stimuli: merge the trajectory again."
                )


class Joined:
    """The RDMs of a layer in several segments, read where they are sliced.

    Parameters
    ----------
    parts : sequence of arrays, or of what is sliced like them, of shape (n_checkpoints, n_pairs)
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = parts
        self.shape = (sum(len(part) for part in parts), parts[0].shape[1])

    def __getitem__(self, rows: slice) -> NDArray[np.float64]:
        start, stop, _ = rows.indices(self.shape[0])
        found, first = [np.empty((0, self.shape[1]))], 0
        for part in self._parts:
            inside = slice(max(start - first, 0), max(min(stop - first, len(part)), 0))
            if inside.start < inside.stop:
                found.append(part[inside])
            first += len(part)
        return np.concatenate(found)


def write(path: Path, trajectory: Trajectory) -> None:
    """Write `trajectory.h5`; layers and flags keep their order.

    A large one goes to the disk part by part, in chunks with checksums of their own.
    """
    n_bytes = sum(8 * math.prod(rdms.shape) for rdms in trajectory.rdms.values())
    large = n_bytes > IN_MEMORY_BYTES
    with (hdf5.streamed if large else hdf5.written)(path) as file:
        file.attrs.update(trajectory.attributes)
        file.create_dataset("epoch", data=trajectory.epoch).attrs.update(EPOCH_ATTRIBUTES)
        hdf5.write_strings(file, "stimulus", trajectory.stimulus)
        layers = file.create_group("rdms", track_order=True)
        for layer, rdms in trajectory.rdms.items():
            if large:
                _stream(file, layers, layer, rdms)
            else:
                layers.create_dataset(layer, data=rdms[:])
            layers[layer].attrs.update(RDM_ATTRIBUTES)
        flags = file.create_group("categories", track_order=True)
        for flag, values in trajectory.flags.items():
            flags.create_dataset(flag, data=values).attrs["axes"] = "stimulus"


def _stream(file: Any, group: Any, name: str, rdms: NDArray[np.float64]) -> None:
    chunks = tuple(map(min, rdms.shape, CHUNK))
    dataset = group.create_dataset(
        name, rdms.shape, dtype=np.float64, chunks=chunks, fletcher32=True
    )
    rows = CHUNK[0] * max(1, BLOCK_BYTES // (8 * rdms.shape[1] * CHUNK[0]))
    for start in range(0, rdms.shape[0], rows):
        dataset[start : start + rows] = rdms[start : start + rows]
        file.flush()


def read(path: Path) -> Trajectory:
    """Read what `write` wrote, all of it: `opened` takes less memory.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    with opened(path) as found:
        whole = {layer: np.asarray(rdms, dtype=np.float64) for layer, rdms in found.rdms.items()}
        return replace(found, rdms=whole)


@contextmanager
def opened(path: Path) -> Iterator[Trajectory]:
    """Open what `write` wrote; its RDMs are read where they are sliced, as long as it is open.

    Raises
    ------
    UserError
        As `read`.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "rdms", "epoch", "stimulus", "categories")
        attributes = hdf5.attributes(file)
        del attributes["sha256"]
        yield Trajectory(
            rdms=dict(file["rdms"].items()),
            epoch=np.asarray(file["epoch"], dtype=np.float64),
            stimulus=hdf5.strings(file["stimulus"]),
            flags={
                flag: np.asarray(values, dtype=np.bool_)
                for flag, values in file["categories"].items()
            },
            attributes=attributes,
        )


def merge(
    segments: Iterable[SegmentRDMs], table: "StimulusTable", attributes: Mapping[str, Any]
) -> Trajectory:
    """Merge the segments of all layers of one instance.

    Parameters
    ----------
    segments : iterable of SegmentRDMs
        In any order; layers keep the order of their first segments. Of those that are only
        `segment_rdms.stored`, RDMs are read when the trajectory is written.
    table : StimulusTable
        Its stimuli must be those of the segments, in the same order.
    attributes : mapping
        Provenance to record, besides what all segments agree on.

    Raises
    ------
    UserError
        If segments are of different instances, stimuli or epochs, or overlap.
    """
    by_layer: dict[str, list[SegmentRDMs]] = {}
    for segment in segments:
        _check_stimuli(segment, tuple(table.stimulus))
        by_layer.setdefault(segment.layer, []).append(segment)
    for parts in by_layer.values():
        parts.sort(key=lambda part: float(part.epoch[0]) if len(part.epoch) else 0.0)

    epochs = {
        layer: np.concatenate([part.epoch for part in parts]) for layer, parts in by_layer.items()
    }
    _check_epochs(epochs)
    return Trajectory(
        rdms={layer: _joined([part.rdms for part in parts]) for layer, parts in by_layer.items()},
        epoch=next(iter(epochs.values()), np.empty(0)),
        stimulus=tuple(table.stimulus),
        flags={flag: np.asarray(values, dtype=np.bool_) for flag, values in table.flags.items()},
        attributes=_shared_attributes(
            [part.attributes for parts in by_layer.values() for part in parts], attributes
        ),
    )


def _joined(parts: Sequence[Any]) -> Any:
    """One array, or what is sliced like one where parts are."""
    in_memory = all(isinstance(part, np.ndarray) for part in parts)
    return np.concatenate(parts) if in_memory else Joined(parts)


def to_rsatoolbox(path: Path, layer: str) -> Any:
    """RDMs of a layer as rsatoolbox has them (it must be installed).

    Parameters
    ----------
    path : Path
        A `trajectory.h5`.
    layer : str

    Returns
    -------
    rsatoolbox.rdm.RDMs
        One RDM per checkpoint, with the RDM descriptor ``epoch`` and the pattern descriptors
        ``stimulus`` and one per category flag.

    Raises
    ------
    UserError
        If the trajectory lacks the layer.
    """
    import rsatoolbox.rdm

    toolbox: Any = rsatoolbox.rdm
    trajectory = read(path)
    if layer not in trajectory.rdms:
        raise UserError(f"{path} has no layer {layer!r}: choose from {', '.join(trajectory.rdms)}.")
    return toolbox.RDMs(
        trajectory.rdms[layer],
        dissimilarity_measure="correlation",
        descriptors={**trajectory.attributes, "layer": layer},
        rdm_descriptors={"epoch": trajectory.epoch.tolist()},
        pattern_descriptors={
            "stimulus": list(trajectory.stimulus),
            **{flag: values.tolist() for flag, values in trajectory.flags.items()},
        },
    )


def _check_stimuli(segment: SegmentRDMs, expected: tuple[str, ...]) -> None:
    if segment.stimulus == expected:
        return
    if len(segment.stimulus) != len(expected):
        difference = f"{len(segment.stimulus)} stimuli, the stimulus table {len(expected)}"
    else:
        at = next(i for i, name in enumerate(expected) if segment.stimulus[i] != name)
        difference = (
            f"{segment.stimulus[at]!r} as stimulus {at + 1}, the stimulus table {expected[at]!r}"
        )
    raise UserError(
        f"The RDMs of {segment.layer} have {difference}: extract the activations again for the"
        " current table."
    )


def _check_epochs(epochs: Mapping[str, NDArray[np.float64]]) -> None:
    everywhere = sorted(set(np.concatenate([*epochs.values(), np.empty(0)]).tolist()))
    for layer, present in epochs.items():
        missing = [f"{epoch:g}" for epoch in everywhere if epoch not in present]
        if missing:
            raise UserError(
                f"{layer} lacks epoch {', '.join(missing)}, which other layers have:"
                " give the same segments for all layers."
            )


def _shared_attributes(
    found: Sequence[Mapping[str, Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Attributes on which all segments agree, and the given ones.

    Raises
    ------
    UserError
        If segments, or segments and given attributes, differ in what identifies an instance.
    """
    for key in IDENTITY:
        values = {str(each[key]) for each in [*found, given] if key in each}
        if len(values) > 1:
            what = key
            mend = "give the segments of one network instance, extracted in the same way."
            if key in (image_record.TEST, image_record.TRAINING):
                what = f"the content of their {key.replace('_', ' ')}"
                mend = "extract all of them again with --forcerun extract."
            raise UserError(
                f"The RDMs to merge differ in {what} ({', '.join(sorted(values))}): {mend}"
            )
    first = found[0] if found else {}
    shared = {
        key: value
        for key, value in first.items()
        if all(key in each and np.array_equal(each[key], value) for each in found)
    }
    return {**shared, **given}
