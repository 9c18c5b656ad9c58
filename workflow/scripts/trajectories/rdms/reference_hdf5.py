"""HDF5 files of the user's: RDMs as rsatoolbox saves them, and matrices of MATLAB 7.3."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories import given_files
from trajectories.errors import UserError

MOST_BYTES = 2**30
"""Of a file, and of the values that it may unpack to."""


def read(path: Path) -> tuple[tuple[str, ...], tuple[str, ...], list[NDArray[Any]]]:
    """Names of stimuli, names of subjects, and RDMs, as rsatoolbox saves its `RDMs`.

    The descriptors `stimulus` and `subject` may be text or numbers.

    Raises
    ------
    UserError
        If the file cannot be read, or has no `dissimilarities` or no descriptor `stimulus`.
    """
    with opened(path, "save it again with rsatoolbox, or as CSV") as file:
        if "dissimilarities" not in set(file):  # a link that leads nowhere is there
            raise UserError(_lacks(path, "dissimilarities"))
        values = np.atleast_2d(numbers(file, "dissimilarities"))
        names = _described(file, "pattern_descriptors", "stimulus")
        subjects = _described(file, "rdm_descriptors", "subject")
    if names is None:
        raise UserError(_lacks(path, "pattern_descriptors/stimulus"))
    if subjects is None:
        subjects = tuple(f"{path.stem} {index + 1}" for index in range(len(values)))
    return names, subjects, list(values)


def read_matlab(path: Path) -> dict[str, NDArray[Any]]:
    """All variables of a `.mat` file of version 7.3 that are matrices of numbers.

    MATLAB stores columns first, HDF5 rows: axes come in their order in MATLAB.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    with opened(path, "save it again in MATLAB, or as CSV") as file:
        return {
            name: numbers(file, name).T
            for name, item in file.items()
            if hasattr(item, "dtype")
            and item.dtype.kind in "fiub"
            and item.attrs.get("MATLAB_class") not in (b"char", b"logical")
        }


@contextmanager
def opened(path: Path, mend: str) -> Iterator[Any]:
    """Open an HDF5 file of the user's, whose content is in memory.

    Parameters
    ----------
    path : Path
    mend : str
        What to do if it cannot be read.

    Raises
    ------
    UserError
        If it cannot be read, here or within the block.
    """
    try:
        import h5py
    except ImportError as error:
        raise UserError(f"{path} cannot be read without h5py: install it") from error
    content = given_files.content(path, MOST_BYTES)
    try:
        file = h5py.File(io.BytesIO(content), "r")
    except Exception as error:  # HDF5's errors on damaged files are of many kinds
        raise UserError(f"{path} is not a readable HDF5 file ({_told(error)}): {mend}") from error
    with file:
        try:
            yield file
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"{path} cannot be read ({_told(error)}): {mend}") from error


def numbers(file: Any, name: str) -> NDArray[Any]:
    """A dataset whose values lie in this file."""
    import h5py

    link = file.get(name, getlink=True)
    dataset = None if isinstance(link, h5py.ExternalLink) else file[name]
    if dataset is None or getattr(dataset, "external", None) or getattr(dataset, "is_virtual", 0):
        raise ValueError(f"{name!r} refers to another file")
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise ValueError(f"{name!r} holds no values")
    if dataset.size * max(8, dataset.dtype.itemsize) > MOST_BYTES:
        raise ValueError(f"{name!r} claims {dataset.size} values")
    return np.asarray(dataset[()])


def _described(file: Any, group: str, name: str) -> tuple[str, ...] | None:
    """A descriptor as text; rsatoolbox stores lists as datasets and tuples as attributes."""
    if group not in file:
        return None
    if name in file[group]:
        values = numbers(file, f"{group}/{name}")
    elif name in file[group].attrs:
        values = np.asarray(file[group].attrs[name])
    else:
        return None
    if values.ndim > 1:
        raise ValueError(f"{group}/{name} has more than one value for each")
    return tuple(_text(value) for value in np.atleast_1d(values).tolist())


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _lacks(path: Path, what: str) -> str:
    return (
        f"{path} has no {what!r}: save it with rsatoolbox, with the pattern descriptor `stimulus`"
    )


def _told(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
