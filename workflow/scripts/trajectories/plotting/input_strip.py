"""A strip of images for each condition: what its input looked like at several epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from trajectories.plotting import style
from trajectories.storage import hdf5

TITLE = "What the input looked like"
_GAP = 2  # px


@dataclass(frozen=True)
class Strip:
    """Images of a condition.

    Attributes
    ----------
    condition : str
    epoch : float64 array of shape (n_epochs,)
    images : uint8 array of shape (n_epochs, n_images, size, size, 3)
        Training images first.
    training : int
        How many of them are training images.
    test_fed : bool
        Whether test images are shown as trained.
    """

    condition: str
    epoch: NDArray[np.float64]
    images: NDArray[np.uint8]
    training: int
    test_fed: bool


def read(path: Path) -> Strip:
    """Read a file that `training.diets.strip` has written.

    Raises
    ------
    UserError
        If it is damaged.
    """
    with hdf5.sealed(path) as file:
        hdf5.require(file, "epoch", "images")
        said = hdf5.attributes(file)
        return Strip(
            str(said["condition"]),
            file["epoch"][:],
            file["images"][:],
            int(said["training"]),
            bool(said["test_fed"]),
        )


def draw(strips: Sequence[Strip]) -> Figure:
    """Draw a row for each condition: at each epoch its training images above its test images."""
    columns = max(len(strip.epoch) for strip in strips)
    with style.paper():
        figure = style.new_figure(min(183, 20 + 34 * columns), 6 + 36 * len(strips))
        grid = figure.subplots(len(strips), columns, squeeze=False)
        for strip, row in zip(strips, grid, strict=True):
            for axes in row:
                axes.set_axis_off()
            for axes, epoch, images in zip(row, strip.epoch, strip.images, strict=False):
                parts = images[: strip.training], images[strip.training :]
                axes.imshow(_stacked([_beside(part) for part in parts]), interpolation="nearest")
                axes.set_title(f"epoch {epoch:g}")
            # Axes that are off have no label.
            row[0].text(-0.06, 0.5, strip.condition, rotation=90, va="center", ha="right",
                        transform=row[0].transAxes)  # fmt: skip
    return figure


def caption(strips: Sequence[Strip]) -> str:
    """Say what `draw` shows."""
    test = (
        "as the networks are shown them, like the training images at that epoch"
        if any(strip.test_fed for strip in strips)
        else "as the networks are shown them, at all epochs alike"
    )
    return (
        "For each condition and several epochs, two training images (above), as training has last"
        " changed such by then but without the random augmentation that comes before, and two test"
        f" images (below), {test}. At epoch 0, as training is about to begin."
    )


def _beside(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = images.shape[1]
    gap = np.full((size, _GAP, 3), 255, np.uint8)
    parts = [part for image in images for part in (gap, image)][1:]
    return np.concatenate(parts, axis=1)


def _stacked(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    gap = np.full((_GAP, rows[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for row in rows for part in (gap, row)][1:], axis=0)
