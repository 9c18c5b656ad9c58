"""Training images as a tree of folders, one for each class (torchvision's `ImageFolder`)."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError

# As torchvision.datasets.folder.IMG_EXTENSIONS.
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class ClassFolders:
    """Pictures of a tree, in the order of `ImageFolder`: by class, folder below it, and name.

    Attributes
    ----------
    root : Path
    files : tuple of n_images strings
        Paths relative to `root`, with `/`.
    label : int32 array of shape (n_images,)
        Index into `label_names`.
    label_names : tuple of str
        Names of the class folders.
    """

    root: Path
    files: tuple[str, ...]
    label: NDArray[np.int32]
    label_names: tuple[str, ...]


def list_pictures(root: Path) -> ClassFolders:
    """Find the pictures of a tree; none is opened.

    Pictures may lie at any depth below their class. Hidden files and files that are no pictures
    by their name are passed over; links are followed.

    Raises
    ------
    UserError
        If there is no such folder, or it has no folder with pictures in it.
    """
    names = class_names(root)
    files: list[str] = []
    label: list[int] = []
    for index, name in enumerate(names):
        found = []
        for folder, _, inside in sorted(os.walk(root / name, followlinks=True)):
            place = Path(folder).relative_to(root).as_posix()
            found += [f"{place}/{file}" for file in sorted(inside) if _is_picture(file)]
        files += found
        label += [index] * len(found)
    if not files:
        raise UserError(_without_pictures(root))
    return ClassFolders(root, tuple(files), np.array(label, dtype=np.int32), tuple(names))


def class_names(root: Path) -> list[str]:
    """Names of the class folders of a tree, sorted.

    Raises
    ------
    UserError
        If there is no such folder, or it has no folders.
    """
    if not root.is_dir():
        raise UserError(f"There is no folder {root}: correct images.path in the config.")
    names = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    names = [name for name in names if not name.startswith(".")]
    if not names:
        raise UserError(_without_pictures(root))
    return names


def shown(file: str) -> str:
    """The name of a file as text that can be written, bytes that are no UTF-8 by their codes."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _without_pictures(root: Path) -> str:
    return (
        f"{root} has no folders with pictures in them: images.path in the config must name the"
        " folder that contains a folder for each class."
    )


def _is_picture(file: str) -> bool:
    return file.lower().endswith(SUFFIXES) and not file.startswith(".")
