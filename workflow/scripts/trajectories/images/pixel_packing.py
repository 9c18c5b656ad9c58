"""Training images of a folder or a data set as small squares of equal size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trajectories.images import pictures, subset
from trajectories.images.sources import folder as class_folders
from trajectories.images.sources import torchvision as torchvision_folders


@dataclass(frozen=True)
class Squares:
    """Training images as pixels.

    Attributes
    ----------
    images : uint8 array of shape (n_images, side, side, 3)
    label : int32 array of shape (n_images,)
        Index into `label_names`; -1 without a label.
    label_names : tuple of str
    left_out : dict of str to str
        Names of broken images, with the reason.
    """

    images: NDArray[np.uint8]
    label: NDArray[np.int32]
    label_names: tuple[str, ...]
    left_out: dict[str, str]


def from_folder(
    root: Path, count: int, side: int, seed: int, advance: Callable[[], object] = lambda: None
) -> Squares:
    """Choose pictures from a tree of class folders: shorter side reduced, centre kept.

    Parameters
    ----------
    root : Path
        Folder that holds a folder for each class.
    count : int
    side : int
        Of the squares, px.
    seed : int
        Of the choice.
    advance : callable
        Called after each picture, to show progress.

    Raises
    ------
    UserError
        If there are fewer whole pictures than `count`.
    """
    folders = class_folders.list_pictures(root)
    taken: dict[int, NDArray[np.uint8]] = {}

    def take(indices: NDArray[np.intp]) -> Iterator[tuple[int, str | None]]:
        for index in indices.tolist():
            try:
                picture = pictures.decode(root / folders.files[index])
                taken[index] = np.asarray(pictures.square(picture, side))
                yield index, None
            except pictures.BrokenPictureError as error:
                yield index, str(error)
            advance()

    found = subset.choose(folders.files, count, seed, str(root), take)
    images = np.stack([taken[index] for index in found.chosen.tolist()])
    return Squares(images, folders.label[found.chosen], folders.label_names, found.left_out)


def from_set(
    source: str,
    path: Path,
    count: int,
    side: int,
    seed: int,
    advance: Callable[[], object] = lambda: None,
) -> Squares:
    """Choose images from CIFAR-10, CIFAR-100 or STL-10 in torchvision's folders.

    Raises
    ------
    UserError
        If a file is missing or damaged, or there are fewer images than `count`.
    """
    images, label, label_names = torchvision_folders.read(source, path)
    names = [f"{source} image {index}" for index in range(len(images))]
    found = subset.choose(
        names, count, seed, str(path), lambda indices: ((index, None) for index in indices.tolist())
    )
    chosen = images[found.chosen]
    if chosen.shape[1] != side:
        chosen = np.stack([_square(image, side, advance) for image in chosen])
    return Squares(chosen, label[found.chosen], label_names, {})


def _square(
    image: NDArray[np.uint8], side: int, advance: Callable[[], object]
) -> NDArray[np.uint8]:
    advance()
    return np.asarray(pictures.square(Image.fromarray(image), side))
