"""Training images of a source as small squares of equal size."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trajectories.images import pictures, subset
from trajectories.images.sources.source import Advance, PictureFiles, Request, Squares


def from_files(files: PictureFiles, request: Request, advance: Advance = lambda: None) -> Squares:
    """Choose picture files and decode them: shorter side reduced, centre kept.

    Raises
    ------
    UserError
        If there are fewer whole pictures than are wanted.
    """
    taken: dict[int, NDArray[np.uint8]] = {}

    def take(indices: NDArray[np.intp]) -> Iterator[tuple[int, str | None]]:
        for index in indices.tolist():
            try:
                picture = pictures.decode(files.root / files.files[index])
                taken[index] = np.asarray(pictures.square(picture, request.side))
                yield index, None
            except pictures.BrokenPictureError as error:
                yield index, str(error)
            advance()

    found = subset.choose(files.files, request.count, request.seed, str(files.root), take)
    images = np.stack([taken[index] for index in found.chosen.tolist()])
    return Squares(images, files.label[found.chosen], files.label_names, found.left_out)


def from_arrays(
    every: Squares, names: Sequence[str], source: str, request: Request,
    advance: Advance = lambda: None,
) -> Squares:  # fmt: skip
    """Choose images that are in memory, and bring them to another size where need be.

    Parameters
    ----------
    every : Squares
        All images of the source.
    names : sequence of n_images strings
        What each image is called.
    source : str
        What the source is called in an error.

    Raises
    ------
    UserError
        If there are fewer images than are wanted.
    """
    found = subset.choose(
        names,
        request.count,
        request.seed,
        source,
        lambda indices: ((index, None) for index in indices.tolist()),
    )
    chosen = every.images[found.chosen]
    if chosen.shape[1] != request.side:
        chosen = np.stack([_square(image, request.side, advance) for image in chosen])
    return Squares(chosen, every.label[found.chosen], every.label_names, every.left_out)


def _square(image: NDArray[np.uint8], side: int, advance: Advance) -> NDArray[np.uint8]:
    advance()
    return np.asarray(pictures.square(Image.fromarray(image), side))
