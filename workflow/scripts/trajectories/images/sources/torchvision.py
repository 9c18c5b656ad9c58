"""CIFAR-10, CIFAR-100 and STL-10 from the folders that torchvision's data sets make.

CIFAR comes in pickled files. A pickle can run any program, so only arrays and plain values are
read from it.
"""

import dataclasses
import io
import pickle
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.images.sources.source import (
    Advance,
    Request,
    Source,
    Squares,
    decoded_by_pillow,
    named,
)

Images = tuple[NDArray[np.uint8], NDArray[np.int32], tuple[str, ...]]

UNLABELLED = -1

_FOLDERS = {
    "cifar10": "cifar-10-batches-py",
    "cifar100": "cifar-100-python",
    "stl10": "stl10_binary",
}
_ARCHIVES = {
    "cifar10": "cifar-10-python.tar.gz",
    "cifar100": "cifar-100-python.tar.gz",
    "stl10": "stl10_binary.tar.gz",
}
_FILES = {
    "cifar10": (*(f"data_batch_{number}" for number in range(1, 6)), "batches.meta"),
    "cifar100": ("train", "meta"),
    "stl10": ("train_X.bin", "unlabeled_X.bin", "train_y.bin", "class_names.txt"),
}
_MOST = 2**30  # bytes of a pickled file; the largest has 150 million

# What a pickled array is made of, by the names of numpy 1 and 2.
_HARMLESS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}


def read(source: str, path: Path) -> Images:
    """Training images of a data set.

    Parameters
    ----------
    source : {"cifar10", "cifar100", "stl10"}
        STL-10's are its training images and its unlabelled ones.
    path : Path
        Folder that holds `cifar-10-batches-py`, `cifar-100-python` or `stl10_binary`; what
        torchvision calls `root`.

    Returns
    -------
    images : uint8 array of shape (n_images, side, side, 3)
    label : int32 array of shape (n_images,)
        Index into `label_names`; -1 without a label.
    label_names : tuple of str

    Raises
    ------
    UserError
        If a file is missing, damaged, or holds anything but arrays and plain values.
    """
    reader: dict[str, Callable[[Path], Images]] = {
        "cifar10": _cifar10,
        "cifar100": _cifar100,
        "stl10": _stl10,
    }
    return reader[source](path)


def read_test(source: str, path: Path) -> Images:
    """Test images of a data set, which are never learnt from; as `read`."""
    if source == "cifar10":
        return _cifar10(path, ["test_batch"])
    return _cifar100(path, "test") if source == "cifar100" else _stl10(path, ["test"])


def check(source: str, path: Path) -> None:
    """Check that the files of a data set are there and can be opened; none is read.

    Raises
    ------
    UserError
        If not.
    """
    folder, archive = path / _FOLDERS[source], path / _ARCHIVES[source]
    if not folder.is_dir():
        mend = f"images.path in the config must name the folder that contains {folder.name}"
        if path.name == folder.name and path.is_dir():
            mend = f"images.path in the config must be the folder above, {path.parent}"
        elif archive.is_file():
            mend = f"images.path has {archive.name} instead, so unpack it there with tar -xf"
        raise UserError(f"There is no folder {folder}: {mend}.")
    for name in _FILES[source]:
        _require(folder / name)


def _cifar10(path: Path, files: Sequence[str] = _FILES["cifar10"][:-1]) -> Images:
    folder = path / _FOLDERS["cifar10"]
    *batches, meta = (_unpickle(folder / name) for name in (*files, _FILES["cifar10"][-1]))
    return _cifar(folder, batches, "labels", meta, "label_names")


def _cifar100(path: Path, part: str = "train") -> Images:
    folder = path / _FOLDERS["cifar100"]
    batch, meta = (_unpickle(folder / name) for name in (part, "meta"))
    return _cifar(folder, [batch], "fine_labels", meta, "fine_label_names")


def _cifar(
    folder: Path, batches: list[dict[str, Any]], key: str, meta: dict[str, Any], name: str
) -> Images:
    try:
        names = tuple(map(str, meta[name]))
        # Rows are red, green and blue planes of 32 × 32.
        planes = np.concatenate([np.asarray(batch["data"], dtype=np.uint8) for batch in batches])
        images = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        label = np.concatenate([np.asarray(batch[key], dtype=np.int32) for batch in batches])
        if len(label) != len(images) or not ((label >= 0) & (label < len(names))).all():
            raise ValueError("labels do not match the images")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(_damaged(folder, error)) from error
    return np.ascontiguousarray(images), label, names


def _stl10(path: Path, names_of_parts: Sequence[str] = ("train", "unlabeled")) -> Images:
    folder, first = path / _FOLDERS["stl10"], names_of_parts[0]
    for name in (
        *(f"{part}_X.bin" for part in names_of_parts),
        f"{first}_y.bin",
        "class_names.txt",
    ):
        _require(folder / name)
    try:
        parts = [
            np.fromfile(folder / f"{part}_X.bin", dtype=np.uint8).reshape(-1, 3, 96, 96)
            for part in names_of_parts
        ]
        labelled = np.fromfile(folder / f"{first}_y.bin", dtype=np.uint8).astype(np.int32) - 1
        names = (folder / "class_names.txt").read_text(encoding="utf-8").split()
        if len(labelled) != len(parts[0]):
            raise ValueError("labels do not match the images")
    except (OSError, ValueError) as error:
        raise UserError(_damaged(folder, error)) from error
    unlabelled = sum(map(len, parts)) - len(labelled)
    label = np.append(labelled, np.full(unlabelled, UNLABELLED)).astype(np.int32)
    # Stored column by column.
    images = np.concatenate(parts).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(images), label, tuple(names)


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays and plain values; anything else in a pickle is refused, not run."""

    def find_class(self, module: str, name: str) -> Any:
        """The few names that an array needs."""
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it refers to {module}.{name}")
        return super().find_class(module, name)


def _unpickle(path: Path) -> dict[str, Any]:
    _require(path)
    pickled = given_files.content(path, _MOST)
    try:
        content = _ArraysOnly(io.BytesIO(pickled), encoding="latin1").load()
    except Exception as error:
        raise UserError(_damaged(path, error)) from error
    if not isinstance(content, dict):
        raise UserError(_damaged(path, "it is not a table"))
    return content


def _require(path: Path) -> None:
    if not path.exists():
        raise UserError(
            f"There is no file {path}: images.path in the config must name the folder that contains"
            f" {path.parent.name}."
        )
    given_files.start(path, 1)


def _damaged(path: Path, reason: object) -> str:
    told = " ".join(str(reason).split())
    return f"{path} is not what torchvision downloads ({told}): download the data set again."


def squares(source: str, request: Request, advance: Advance) -> Squares:
    """Choose images of a data set, and bring them to another size where need be.

    Raises
    ------
    UserError
        If a file is missing or damaged, or there are fewer images than are wanted.
    """
    path = named(request.path)
    return _chosen(source, read(source, path), request, advance)


def held_out(source: str, request: Request, advance: Advance) -> Squares:
    """Choose test images of a data set, all if more are wanted than there are.

    Raises
    ------
    UserError
        If a file is missing or damaged.
    """
    every = read_test(source, named(request.path))
    wanted = dataclasses.replace(request, count=min(request.count, len(every[0])))
    return _chosen(source, every, wanted, advance)


def _chosen(source: str, read: Images, request: Request, advance: Advance) -> Squares:
    from trajectories.images import pixel_packing

    images, label, label_names = read
    every = Squares(images, label, label_names, {})
    names = [f"{source} image {index}" for index in range(len(images))]
    return pixel_packing.from_arrays(every, names, str(request.path), request, advance)


# STL-10 has images without a class.
_CLASSES: dict[str, Callable[[Request], int]] = {
    "cifar10": lambda request: 10,
    "cifar100": lambda request: 100,
}

SOURCES = {
    source: Source(
        folder=f"the folder that contains {folder}",
        check=partial(check, source),
        squares=partial(squares, source),
        origin=partial(decoded_by_pillow, source),
        classes=_CLASSES.get(source),
        held_out=partial(held_out, source),
    )
    for source, folder in _FOLDERS.items()
}
