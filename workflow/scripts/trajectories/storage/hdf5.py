"""Reading HDF5 files that may be missing, truncated, damaged, or of an unexpected kind.

A sealed file reveals every bit that has changed since: `seal` writes a checksum of all names,
values and attributes, `sealed` compares it. Large datasets are not part of it but have HDF5's own
checksums (`fletcher32`), which any program that reads them compares, chunk by chunk.
"""

import hashlib
import math
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from trajectories.errors import UserError
from trajectories.failures import explained, reading
from trajectories.storage import place
from trajectories.storage.files import atomic

# A dataset is read for its checksum in parts of this size.
BLOCK_BYTES = 2**23


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an HDF5 file to read it.

    Raises
    ------
    UserError
        If there is no such file, if it is not a complete HDF5 file, or if HDF5 cannot read what is
        read of it in the block.
    """
    try:
        # What is read was renamed to its place when it was whole: it needs no lock.
        with reading(path):
            file = h5py.File(path, "r", locking=False)
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: make it first.") from error
    except OSError as error:
        raise UserError(
            f"{path} is not a readable HDF5 file ({error}): delete it and make it again."
        ) from error
    with file:
        try:
            yield file
        except (KeyError, OSError, RuntimeError, ValueError) as error:
            if not _comes_from_hdf5(error):
                raise
            if known := explained(error, path):
                raise known from error
            raise UserError(f"{path} is damaged ({error}): delete it and make it again.") from error


def _comes_from_hdf5(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "h5py" in Path(frames[-1].filename).parts


@contextmanager
def written(path: Path) -> Iterator[Any]:
    """Make a sealed HDF5 file: in memory, then written at once.

    On a full disk HDF5 does not report some errors, and continues with zeros.

    Raises
    ------
    UnusableError
        As `files.atomic`.
    """
    with atomic(path) as temporary:
        with h5py.File(temporary.name, "w", driver="core", backing_store=False) as file:
            yield file
            seal(file)
            file.flush()
            image = file.id.get_file_image()
        temporary.write_bytes(image)


@contextmanager
def streamed(path: Path) -> Iterator[Any]:
    """Make a sealed HDF5 file of any size, straight on the disk.

    Its large datasets need chunks with checksums (`fletcher32`), and the file to be flushed after
    each part of theirs, while the dataset is there: then HDF5 reports if it cannot write one.

    Raises
    ------
    UnusableError
        As `files.atomic`.
    """
    with atomic(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        yield file
        seal(file)


def seal(file: Any) -> None:
    """Add the checksum of a file that is complete: the last thing to do before it is closed.

    Raises
    ------
    OSError
        If a dataset lacks chunks: HDF5 does not always report when it cannot write them.
    """
    file.attrs["sha256"] = _digest(file)
    file.visititems(_require_chunks)


@contextmanager
def sealed(path: Path) -> Iterator[Any]:
    """Open a sealed HDF5 file to read it.

    Raises
    ------
    UserError
        As `opened`, and if the file is not what it was when it was sealed, or lies in the folder
        of another network instance.
    """
    with opened(path) as file:
        try:
            with reading(path):
                whole = file.attrs.get("sha256") == _digest(file)
        except (OSError, RuntimeError, ValueError, KeyError, TypeError, UnicodeDecodeError):
            whole = False
        if not whole:
            raise UserError(
                f"{path} is damaged, or made by an earlier version: it does not match its checksum,"
                " so delete it and make it again."
            )
        place.require(path, [attributes(file)])
        yield file


def _require_chunks(name: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset) and item.chunks:
        grid = zip(item.shape, item.chunks, strict=True)
        lost = math.prod(-(-size // chunk) for size, chunk in grid) - item.id.get_num_chunks()
        if lost:
            raise OSError(f"{lost} chunks of {name!r} were not written")


def _digest(file: Any) -> str:
    """SHA-256 of all that a file holds, but the values of datasets with checksums of their own."""
    digest = hashlib.sha256()

    def add(place: str, value: Any) -> None:
        array = np.asarray(value)
        text = array.dtype.kind in "OSU"
        digest.update(f"{place} {'text' if text else array.dtype.str} {array.shape}\n".encode())
        digest.update(repr(array.tolist()).encode() if text else np.ascontiguousarray(array).data)

    def add_rows(place: str, dataset: Any) -> None:
        """As `add`, without having all of it in memory."""
        digest.update(f"{place} {dataset.dtype.str} {dataset.shape}\n".encode())
        rows = max(1, BLOCK_BYTES // (dataset.nbytes // len(dataset)))
        for start in range(0, len(dataset), rows):
            digest.update(np.ascontiguousarray(dataset[start : start + rows]).data)

    def visit(name: str, item: Any) -> None:
        for attribute in sorted(item.attrs):
            if (name, attribute) != ("", "sha256"):
                add(f"{name} {attribute}", item.attrs[attribute])
        if not isinstance(item, h5py.Dataset):
            add(name, "group")
        elif not item.fletcher32:
            if item.dtype.kind in "OSU" or item.nbytes <= BLOCK_BYTES:
                add(name, strings(item) if h5py.check_string_dtype(item.dtype) else item[()])
            else:
                add_rows(name, item)
        else:
            add(name, (item.dtype.str, str(item.shape)))
            # A chunk that the file has lost is read as zeros.
            chunks: list[tuple[Any, ...]] = []
            item.id.chunk_iter(
                lambda chunk: chunks.append((*chunk.chunk_offset, chunk.filter_mask, chunk.size))
            )
            add(name, sorted(chunks))

    file.flush()  # or chunks have no place yet
    visit("", file)
    file.visititems(visit)
    return digest.hexdigest()


def require(file: Any, *names: str) -> None:
    """Check that an open file has all the named groups and datasets.

    Raises
    ------
    UserError
        If one is missing.
    """
    for name in names:
        if name not in file:
            raise UserError(f"{file.filename} has no {name!r}: delete the file and make it again.")


def strings(dataset: Any) -> tuple[str, ...]:
    """Text of a one-dimensional dataset of strings."""
    return tuple(dataset.asstr()[:])


def write_strings(file: Any, name: str, values: Sequence[str]) -> None:
    """Write text as a one-dimensional UTF-8 dataset."""
    file.create_dataset(name, data=list(values), dtype=h5py.string_dtype("utf-8"))


def attributes(item: Any) -> dict[str, Any]:
    """Attributes of a file, group or dataset, with numbers as plain Python numbers."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in item.attrs.items()
    }
