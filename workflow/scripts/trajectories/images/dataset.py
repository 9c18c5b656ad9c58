"""Training images in one HDF5 file.

``images`` (image, row, column, RGB) uint8, ``label`` (image,) int32, ``label_name`` (label,), and
where they come from as attributes of the file. A checksum goes with the pixels and the labels.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage import hdf5
from trajectories.storage.files import atomic

_CHUNK_BYTES = 2**20  # rows are read in random order, and all of them at the start of training


def write(
    path: Path,
    images: NDArray[np.uint8],
    label: NDArray[np.int32],
    label_names: Sequence[str],
    attributes: Mapping[str, Any],
    left_out: Mapping[str, str] | None = None,
) -> None:
    """Write a set of training images, or nothing at all.

    Parameters
    ----------
    path : Path
    images : uint8 array of shape (n_images, height, width, 3)
        Red, green, blue.
    label : int32 array of shape (n_images,)
        Index into `label_names`.
    label_names : sequence of str
    attributes : mapping
        Where the images come from: source, licence, attribution, versions, settings. Mappings are
        written as JSON.
    left_out : mapping of str to str, optional
        Pictures of the source that are broken, with the reason.
    """
    rows = max(1, min(len(images), _CHUNK_BYTES // images[0].nbytes))
    with atomic(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        file.attrs["description"] = "Training images of learning-trajectories"
        file.attrs.update(flat(attributes))
        pixels = file.create_dataset("images", data=images, chunks=(rows, *images.shape[1:]))
        labels = file.create_dataset("label", data=label)
        hdf5.write_strings(file, "label_name", label_names)
        pixels.attrs["axes"] = "image, row, column, channel (red, green, blue)"
        pixels.attrs["sha256"] = checksum(images)
        labels.attrs["axes"] = "image"
        labels.attrs["description"] = "index into label_name"
        labels.attrs["sha256"] = checksum(label)
        file.flush()  # while the arrays are open: or HDF5 keeps errors of writing them to itself
        if left_out is not None:
            write_left_out(file, left_out)


def write_left_out(file: h5py.File, left_out: Mapping[str, str]) -> None:
    """List pictures of the source that are broken, by name and reason, in `left_out/`."""
    # No attribute: those hold 64 kB at most.
    hdf5.write_strings(file, "left_out/file", list(left_out))
    hdf5.write_strings(file, "left_out/reason", list(left_out.values()))


def load(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """All images and labels, checked against their checksums.

    Returns
    -------
    images : uint8 array of shape (n_images, height, width, 3)
    label : int32 array of shape (n_images,)

    Raises
    ------
    UserError
        If the file is missing, truncated, damaged or not a set of training images.
    """
    with _opened(path) as file:
        return (
            read_checked(file["images"]).astype(np.uint8, copy=False),
            read_checked(file["label"]).astype(np.int32, copy=False),
        )


def read_images(path: Path) -> NDArray[np.uint8]:
    """All images, as `load` gives them."""
    return load(path)[0]


def label_names(path: Path) -> list[str]:
    """Names of the classes of a set of training images, of either kind, in order of their labels.

    Raises
    ------
    UserError
        If the file is missing, truncated or not a set of training images.
    """
    with hdf5.opened(path) as file:
        hdf5.require(file, "label_name")
        return [str(name) for name in file["label_name"].asstr()[()]]


@contextmanager
def open_images(path: Path) -> Iterator[h5py.Dataset]:
    """The images on disk, for a reader that needs a few of them; `verify` checks them all.

    Yields
    ------
    h5py dataset of shape (n_images, height, width, 3), uint8

    Raises
    ------
    UserError
        If the file is missing, truncated or not a set of training images.
    """
    with _opened(path) as file:
        yield file["images"]


def verify(path: Path) -> None:
    """Check every array of a file of pixels (training or test images) that has a checksum.

    Raises
    ------
    UserError
        If the file is missing, truncated or damaged, or has no checksum to compare with.
    """
    with hdf5.opened(path) as file:
        hdf5.require(file, "images")
        for item in file.values():
            if item.name == "/images" or "sha256" in item.attrs:
                read_checked(item)


def checksum(array: NDArray[Any]) -> str:
    """SHA-256 of the bytes of an array, in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def read_checked(item: h5py.Dataset) -> NDArray[Any]:
    """Content of an HDF5 dataset, compared with the checksum that was written with it.

    Raises
    ------
    UserError
        If it has changed since, or cannot be read.
    """
    try:
        with reading(Path(item.file.filename)):
            content, expected = np.asarray(item[()]), item.attrs.get("sha256")
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"{item.file.filename} is damaged in {item.name[1:]!r} ({error}): delete it and make"
            " it again."
        ) from error
    if checksum(content) != expected:
        raise UserError(
            f"{item.file.filename} is damaged: {item.name[1:]!r} does not match its checksum, so"
            " delete the file and make it again."
        )
    return content


def flat(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as HDF5 takes them: mappings become JSON."""
    return {
        name: json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else value
        for name, value in attributes.items()
    }


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with hdf5.opened(path) as file:
        hdf5.require(file, "images", "label")
        images, label = file["images"], file["label"]
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise UserError(
                f"{path} is not a set of training images (images: {images.dtype} {images.shape}):"
                " make it with workflow/scripts/pack_images.py."
            )
        if label.shape != images.shape[:1]:
            raise UserError(
                f"{path} has {len(images)} images but labels of shape {label.shape}: delete it and"
                " make it again."
            )
        yield file
