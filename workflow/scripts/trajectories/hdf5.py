"""Reading HDF5 files that may be missing, cut short, or of another kind than expected."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from trajectories.errors import UserError


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an HDF5 file to read it.

    Raises
    ------
    UserError
        If there is no such file, or if it is not a whole HDF5 file.
    """
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: make it first.") from error
    except OSError as error:
        raise UserError(
            f"{path} is not a readable HDF5 file ({error}): delete it and make it again."
        ) from error
    with file:
        yield file


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
