"""Training images as a tree of folders, one for each class (torchvision's `ImageFolder`)."""

import os
from pathlib import Path

import numpy as np

from trajectories.errors import UserError
from trajectories.images.sources.source import (
    Advance,
    PictureFiles,
    Request,
    Source,
    Squares,
    decoded_by_pillow,
    named,
)

# As torchvision.datasets.folder.IMG_EXTENSIONS.
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def list_pictures(root: Path) -> PictureFiles:
    """Find the pictures of a tree in the order of `ImageFolder`: by class, folder, and name.

    None is opened. Labels are the class folders. Pictures may lie at any depth below their class.
    Hidden files and files that are no pictures by their name are passed over; links are followed.

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
    return PictureFiles(root, tuple(files), np.array(label, dtype=np.int32), tuple(names))


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


def squares(request: Request, advance: Advance) -> Squares:
    """Choose pictures and bring them to squares: shorter side reduced, centre kept.

    Raises
    ------
    UserError
        If there are fewer whole pictures than are wanted.
    """
    from trajectories.images import pixel_packing

    return pixel_packing.from_files(list_pictures(named(request.path)), request, advance)


def _without_pictures(root: Path) -> str:
    return (
        f"{root} has no folders with pictures in them: images.path in the config must name the"
        " folder that contains a folder for each class."
    )


def _is_picture(file: str) -> bool:
    return file.lower().endswith(SUFFIXES) and not file.startswith(".")


def _check(root: Path) -> None:
    class_names(root)


SOURCES = {
    "folder": Source(
        folder="the folder that contains a folder of pictures for each class",
        check=_check,
        squares=squares,
        origin=lambda path: decoded_by_pillow("folder", path),
        pictures=list_pictures,
    )
}
