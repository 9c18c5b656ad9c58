"""Parts of a set of JPEG images: made one by one, so that an interrupted job loses few.

A part is an HDF5 file with the images of some thousand pictures. It is written whole or not at
all, and its name is a digest of all that determines it.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import PIL
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.failures import MachineError
from trajectories.images import pictures
from trajectories.storage import hdf5
from trajectories.storage.files import atomic

_CHUNK_BYTES = 2**18
_COLUMNS = ("place", "length", "height", "width", "crc32")


@dataclass(frozen=True)
class Part:
    """A part to be made.

    Attributes
    ----------
    folder, root : Path
        Where the part goes, and where its pictures are.
    files : tuple of n_pictures strings
        Relative to `root`.
    shorter : int or None
        Side in px to which the shorter one is reduced where it is larger; None keeps the size.
    refused : mapping of int to str
        Places in `files` of pictures that must not be opened, with the reason.
    """

    folder: Path
    root: Path
    files: tuple[str, ...]
    shorter: int | None
    refused: Mapping[int, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file of the part."""
        versions = [PIL.__version__, pictures.QUALITY]
        settings = json.dumps([versions, str(self.root), self.shorter, self.files])
        return self.folder / f"{hashlib.sha256(settings.encode()).hexdigest()[:24]}.h5"


@dataclass(frozen=True)
class PartIndex:
    """What a part holds: its whole pictures, one a row of each array, and its broken ones.

    Attributes
    ----------
    place : int64 array of shape (n_whole,)
        Place in `Part.files`.
    length : int64 array of shape (n_whole,)
        Bytes; images lie one after the other.
    height, width : int64 arrays of shape (n_whole,)
        Size, px.
    crc32 : int64 array of shape (n_whole,)
        Of the bytes of each image.
    broken : dict of int to str
        Places in `Part.files`, with the reason.
    """

    place: NDArray[np.int64]
    length: NDArray[np.int64]
    height: NDArray[np.int64]
    width: NDArray[np.int64]
    crc32: NDArray[np.int64]
    broken: dict[int, str]


def make(part: Part, advance: Callable[[int], object]) -> PartIndex:
    """Make a part, unless it has been made before and is whole.

    A part with broken pictures is made again: they may have been repaired since.

    Parameters
    ----------
    part : Part
    advance : callable
        Called with the place of each picture before it is opened; with the number of pictures
        when the part has been there already.

    Raises
    ------
    OSError, RuntimeError
        If the part cannot be written.
    """
    former = _read_whole(part)
    if former is not None and not former.broken:
        advance(len(part.files))
        return former
    rows: list[tuple[int, ...]] = []
    broken: dict[int, str] = {}
    with atomic(part.path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        jpeg = file.create_dataset(
            "jpeg", shape=(0,), maxshape=(None,), dtype=np.uint8, chunks=(_CHUNK_BYTES,)
        )
        for place, name in enumerate(part.files):
            advance(place)
            try:
                if place in part.refused:
                    raise pictures.BrokenPictureError(part.refused[place])
                content, height, width = _picture(part.root / name, part.shorter)
            except pictures.BrokenPictureError as error:
                broken[place] = str(error)
                continue
            rows.append((place, len(content), height, width, zlib.crc32(content)))
            jpeg.resize(len(jpeg) + len(content), axis=0)
            jpeg[-len(content) :] = np.frombuffer(content, dtype=np.uint8)
        columns = np.array(rows, dtype=np.int64).reshape(-1, len(_COLUMNS)).T
        for name, column in zip(_COLUMNS, columns, strict=True):
            file[name] = column
        file["broken"] = json.dumps(broken)
    return PartIndex(**dict(zip(_COLUMNS, columns, strict=True)), broken=broken)


@contextmanager
def reader(part: Part) -> Iterator[Callable[[int, int, int], bytes]]:
    """Open a part to read images from it.

    Yields
    ------
    callable
        Gives the bytes of an image by its first byte, its length and its CRC-32.

    Raises
    ------
    UserError
        If the part has been damaged since it was made.
    """
    with hdf5.opened(part.path) as file:

        def read(first: int, length: int, crc32: int) -> bytes:
            content: bytes = file["jpeg"][first : first + length].tobytes()
            if zlib.crc32(content) != crc32:
                raise UserError(f"{part.path} is damaged: start again, and it is made again")
            return content

        yield read


def _picture(path: Path, shorter: int | None) -> tuple[bytes, int, int]:
    return pictures.as_jpeg(pictures.file_content(path), shorter)


def _read_whole(part: Part) -> PartIndex | None:
    """The index of a part whose every byte is right, or None."""
    if not part.path.exists():
        return None
    try:
        with hdf5.opened(part.path) as file:
            columns = {name: file[name][:] for name in _COLUMNS}
            broken = {int(place): why for place, why in json.loads(file["broken"][()]).items()}
            index = PartIndex(**columns, broken=broken)
            if len(index.place) + len(broken) != len(part.files):
                return None
        first = 0
        with reader(part) as read:
            for length, crc32 in zip(index.length.tolist(), index.crc32.tolist(), strict=True):
                read(first, length, crc32)
                first += length
    except MachineError:
        raise
    except (UserError, OSError, RuntimeError, KeyError, ValueError, TypeError):
        return None
    return index
