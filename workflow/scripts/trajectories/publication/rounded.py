"""Trajectories in a quarter of the space: RDMs as float32 of fewer digits, compressed.

A published `trajectory.h5` is read as any other, by `trajectory.read`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.storage import hdf5

# Of a chunk: what lies together is compressed together.
CHUNK_BYTES = 2**20

# Of the 24 of a float32. Further ones are noise that no compression makes smaller.
BINARY_DIGITS = 19

PRECISION = "rdms_rounded_to"
"""Attribute of a trajectory that was published."""


def write(path: Path, source: Path) -> None:
    """Write a trajectory with rounded RDMs; all else stays as it is.

    Parameters
    ----------
    path, source : Path
        The file to write, and the `trajectory.h5` to read.

    Raises
    ------
    UserError
        If that is missing or damaged.
    """
    with hdf5.sealed(source) as file, hdf5.written(path) as rounded:
        hdf5.require(file, "rdms", "epoch", "stimulus", "categories")
        for name, value in file.attrs.items():
            if name != "sha256":
                rounded.attrs[name] = value
        rounded.attrs[PRECISION] = f"float32, {BINARY_DIGITS} binary digits"
        for name in file:
            if name != "rdms":
                file.copy(name, rounded)
        layers = rounded.create_group("rdms", track_order=True)
        for layer, rdms in file["rdms"].items():
            made = layers.create_dataset(
                layer,
                data=round_to_digits(rdms[:]),
                chunks=_chunks(rdms.shape),
                compression="gzip",
                compression_opts=9,
                shuffle=True,
            )
            made.attrs.update(rdms.attrs)


def round_to_digits(values: ArrayLike) -> NDArray[np.float32]:
    """Values as float32, rounded to the nearest number of `BINARY_DIGITS` significant digits.

    No value differs from its own by more than a relative 2^-19, which is 1.9e-6.
    """
    mantissa, exponent = np.frexp(np.asarray(values, np.float64))
    scale = 2.0**BINARY_DIGITS
    return np.ldexp(np.rint(mantissa * scale) / scale, exponent).astype(np.float32)


def _chunks(shape: tuple[int, int]) -> tuple[int, int]:
    """Whole checkpoints, of which a megabyte is compressed at a time."""
    n_checkpoints, n_pairs = shape
    return min(n_checkpoints, max(1, CHUNK_BYTES // (4 * n_pairs))), n_pairs


def restore(path: Path, published: Path) -> None:
    """Write what `write` wrote as a trajectory of a study, in float64; one that is there stays.

    Raises
    ------
    UserError
        If another trajectory is there, or the published one is damaged.
    """
    found = trajectory.read(published)
    if path.exists():
        if not _same(found, trajectory.read(path)):
            raise UserError(
                f"{path} is not the trajectory that is published: move {path.parents[2]} away, or"
                " delete it if it was made from an earlier publication"
            )
        return
    trajectory.write(path, found)


def _same(one: trajectory.Trajectory, other: trajectory.Trajectory) -> bool:
    return (
        one.stimulus == other.stimulus
        and list(one.rdms) == list(other.rdms)
        and all(np.array_equal(one.rdms[layer], other.rdms[layer]) for layer in one.rdms)
        and np.array_equal(one.epoch, other.epoch)
        and list(one.flags) == list(other.flags)
        and all(np.array_equal(one.flags[flag], other.flags[flag]) for flag in one.flags)
    )
