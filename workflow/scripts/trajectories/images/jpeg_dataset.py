"""Training images in one HDF5 file as JPEG of any size, with an index.

``jpeg`` (byte,) uint8 holds the JPEG files one after the other: image i is
``jpeg[offset[i]:offset[i + 1]]``, ``height[i]`` × ``width[i]`` pixels, of the class
``label_name[label[i]]``, from ``file[i]``; ``crc32[i]`` is the CRC-32 of its bytes. Where the
images come from is in the attributes of the file, and broken pictures are listed in ``left_out``.
"""

import io
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trajectories.errors import UserError
from trajectories.failures import explained
from trajectories.images import dataset
from trajectories.storage import hdf5
from trajectories.storage.files import atomic

_INDEX = {
    "offset": ("place of the first byte of each image in jpeg, and the end of the last", np.int64),
    "height": ("px", np.int32),
    "width": ("px", np.int32),
    "label": ("index into label_name", np.int32),
    "crc32": ("CRC-32 (as in zlib) of the bytes of each image", np.uint32),
}
_MEND = "so delete the file and make it again."


@dataclass(frozen=True)
class JpegIndex:
    """Where each image is, and what it is.

    Attributes
    ----------
    offset : int64 array of shape (n_images + 1,)
        Image i is the bytes from `offset[i]` to `offset[i + 1]`.
    height, width : int32 arrays of shape (n_images,)
        Size, px.
    label : int32 array of shape (n_images,)
        Class; -1 without a label.
    crc32 : uint32 array of shape (n_images,)
        Of the bytes of each image.
    start : int
        Place in the file of the first byte of the first image.
    """

    offset: NDArray[np.int64]
    height: NDArray[np.int32]
    width: NDArray[np.int32]
    label: NDArray[np.int32]
    crc32: NDArray[np.uint32]
    start: int = 0


def write(
    path: Path,
    index: JpegIndex,
    images: Iterator[bytes],
    label_names: Sequence[str],
    files: Sequence[str],
    left_out: Mapping[str, str],
    attributes: Mapping[str, Any],
) -> None:
    """Write a set of training images, or nothing at all.

    Parameters
    ----------
    path : Path
    index : JpegIndex
        Its `start` is not used.
    images : iterator of n_images bytes objects
        Taken one at a time, so that a set may be larger than the memory.
    label_names : sequence of str
    files : sequence of n_images strings
        Where each image comes from.
    left_out : mapping of str to str
        Files that are broken, with the reason.
    attributes : mapping
        Where the images come from; mappings are written as JSON.

    Raises
    ------
    UserError
        If the file cannot be written, as on a full disk.
    """
    try:
        with atomic(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
            file.attrs["description"] = "Training images of learning-trajectories"
            file.attrs.update(dataset.flat(attributes))
            for name, (meaning, kind) in _INDEX.items():
                values = getattr(index, name).astype(kind)
                item = file.create_dataset(name, data=values)
                item.attrs["description"] = meaning
                item.attrs["sha256"] = dataset.checksum(values)
            hdf5.write_strings(file, "label_name", label_names)
            hdf5.write_strings(file, "file", files)
            dataset.write_left_out(file, left_out)
            # Last and contiguous, so that an image can be read without HDF5.
            jpeg = file.create_dataset("jpeg", shape=(int(index.offset[-1]),), dtype=np.uint8)
            jpeg.attrs["description"] = "JPEG files: image i is jpeg[offset[i]:offset[i + 1]]"
            places = zip(index.offset[:-1].tolist(), index.offset[1:].tolist(), strict=True)
            for (first, end), image in zip(places, images, strict=True):
                jpeg[first:end] = np.frombuffer(image, dtype=np.uint8)
    except (OSError, RuntimeError) as error:
        raise explained(error, path) or UserError(
            f"{path} cannot be written ({error}): free disk space or get write permission there,"
            " then start again"
        ) from error


def holds_jpeg(file: Any) -> bool:
    """Whether an open HDF5 file is a set of training images as JPEG."""
    return "jpeg" in file


def read_index(path: Path) -> JpegIndex:
    """The index, checked against its checksums; no image is read.

    Raises
    ------
    UserError
        If the file is missing, truncated, damaged or not a set of training images as JPEG.
    """
    with hdf5.opened(path) as file:
        hdf5.require(file, "jpeg", "file", *_INDEX)
        arrays = {name: dataset.read_checked(file[name]) for name in _INDEX}
        start, total = file["jpeg"].id.get_offset(), len(file["jpeg"])
        n = len(arrays["label"])
        shapes = {name: array.shape for name, array in arrays.items()}
        right = dict.fromkeys(_INDEX, (n,)) | {"offset": (n + 1,)}
        if start is None or shapes != right or arrays["offset"][-1] != total:
            raise UserError(
                f"{path} is not a set of training images as JPEG, or its index does not match:"
                " delete it and make it again."
            )
    return JpegIndex(**arrays, start=start)


class JpegReader:
    """Reads images by their number, each checked, without HDF5 and from any process.

    Parameters
    ----------
    path : Path
    index : JpegIndex
        As `read_index` gives it.
    """

    def __init__(self, path: Path, index: JpegIndex) -> None:
        self.path, self.index = path, index
        self._file: io.FileIO | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_file": None}

    def read(self, number: int) -> bytes:
        """The bytes of image `number`.

        Raises
        ------
        UserError
            If they cannot be read, or are not what was written.
        """
        first, end = (int(place) for place in self.index.offset[number : number + 2])
        try:
            if self._file is None:
                self._file = io.FileIO(self.path)
            # By place, not from a shared position: processes may share the open file.
            content = os.pread(self._file.fileno(), end - first, self.index.start + first)
        except OSError as error:
            raise explained(error, self.path) or UserError(
                f"{self.path} cannot be read ({error}): check its disk, then start again"
            ) from error
        if zlib.crc32(content) != self.index.crc32[number]:
            raise UserError(f"{self._damaged(number)} does not match its checksum, {_MEND}")
        return content

    def decode(self, number: int) -> Image.Image:
        """Image `number`, as RGB.

        Raises
        ------
        UserError
            If it cannot be read or decoded, or its bytes are not what was written.
        """
        content = self.read(number)
        try:
            picture = Image.open(io.BytesIO(content), formats=("JPEG",))
            picture.load()
        except OSError as error:
            raise UserError(
                f"{self._damaged(number)} cannot be decoded here ({error}), {_MEND}"
            ) from error
        return picture

    def _damaged(self, number: int) -> str:
        with hdf5.opened(self.path) as file:
            name = file["file"].asstr()[number]
        return f"{self.path} is damaged: image {number} ({name})"


def verify(path: Path) -> None:
    """Check the index and the bytes of every image.

    Raises
    ------
    UserError
        If the file is missing, truncated or damaged.
    """
    reader = JpegReader(path, read_index(path))
    for number in range(len(reader.index.label)):
        reader.read(number)
