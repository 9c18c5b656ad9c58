"""Test images in one HDF5 file, as the network sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.images import dataset
from trajectories.storage import hdf5


def write(
    path: Path,
    stimulus: Sequence[str],
    images: NDArray[np.uint8],
    attributes: Mapping[str, Any],
    sources: Sequence[str] | None = None,
) -> None:
    """Write test images, or nothing at all.

    Parameters
    ----------
    path : Path
    stimulus : sequence of n_stimuli strings
    images : uint8 array of shape (n_stimuli, size, size, 3)
    attributes : mapping
        Where the images come from.
    sources : sequence of n_stimuli strings, optional
        Checksum of the picture that each was made from.
    """
    with hdf5.written(path) as file:
        file.attrs["description"] = "Test images of learning-trajectories, at network input size"
        file.attrs.update(dataset.flat(attributes))
        hdf5.write_strings(file, "stimulus", stimulus)
        pixels = file.create_dataset("images", data=images)
        pixels.attrs["axes"] = "stimulus, row, column, channel (red, green, blue)"
        pixels.attrs["sha256"] = dataset.checksum(images)
        if sources is not None:
            hdf5.write_strings(file, "source_sha256", sources)


@dataclass(frozen=True)
class Described:
    """What a file of test images says about itself.

    Attributes
    ----------
    stimulus : tuple of n_stimuli strings
    size : int
        Side, px.
    folder : str or None
        Where the pictures were.
    sources : tuple of n_stimuli strings, or None
        Checksum of the picture that each was made from; None in files of former versions.
    """

    stimulus: tuple[str, ...]
    size: int
    folder: str | None
    sources: tuple[str, ...] | None


def described(path: Path) -> Described:
    """What a file of test images says about itself; no pixel is read.

    Raises
    ------
    UserError
        If the file is missing, damaged or not a set of test images.
    """
    with hdf5.opened(path) as file:
        hdf5.require(file, "stimulus", "images")
        sources = hdf5.strings(file["source_sha256"]) if "source_sha256" in file else None
        folder = file.attrs.get("folder")
        return Described(
            stimulus=hdf5.strings(file["stimulus"]),
            size=int(file["images"].shape[1]),
            folder=None if folder is None else str(folder),
            sources=sources,
        )


def load(path: Path) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Names and pixels of test images, checked against their checksum.

    Returns
    -------
    stimulus : tuple of n_stimuli strings
    images : uint8 array of shape (n_stimuli, size, size, 3)

    Raises
    ------
    UserError
        If the file is missing, truncated, damaged or not a set of test images.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "stimulus", "images")
        stimulus = hdf5.strings(file["stimulus"])
        images = dataset.read_checked(file["images"])
    if images.shape[:1] != (len(stimulus),) or images.shape[3:] != (3,):
        raise UserError(
            f"{path} has {len(stimulus)} names but images of shape {images.shape}: delete it and"
            " make it again."
        )
    return stimulus, images
