"""A few images as the networks of a condition see them at several epochs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trajectories.images.inputs import network_input, unit_range_of
from trajectories.images.training_images import TrainingImages
from trajectories.storage import hdf5
from trajectories.training.diets import shown
from trajectories.training.diets.schedule import Diet

EACH = 2  # training images, and test images


def images_of(
    training: TrainingImages, test: NDArray[np.uint8], size: int
) -> tuple[Tensor, Tensor]:
    """Some training images, not augmented, and some test images, evenly spaced; normalised."""
    chosen = np.arange(EACH) * len(training) // EACH
    return training.whole(chosen, size), network_input(test[:: -(-len(test) // EACH)][:EACH], size)


def make(
    training: Tensor, test: Tensor, diet: Diet | None, epochs: Sequence[float], test_fed: bool
) -> NDArray[np.uint8]:
    """The images at each epoch, as training has last seen such by then.

    Parameters
    ----------
    training, test : float32 Tensors of shape (n, 3, size, size), normalised
    diet : Diet or None
    epochs : sequence of float
    test_fed : bool
        Whether test images are shown as trained; otherwise they are as they are.

    Returns
    -------
    uint8 array of shape (n_epochs, 2 n, size, size, 3)
        Training images first.
    """
    rows = []
    for epoch in epochs:
        parts = [training, test]
        if diet is not None:
            fed = shown.as_trained(torch.cat(parts), diet, epoch).split(len(training))
            parts = [fed[0], fed[1] if test_fed else test]
        rows.append(unit_range_of(torch.cat(parts)).mul(255).round().to(torch.uint8))
    return torch.stack(rows).permute(0, 1, 3, 4, 2).numpy()


def write(
    path: Path, images: NDArray[np.uint8], epochs: Sequence[float], condition: str, test_fed: bool
) -> None:
    """Write what `make` gives."""
    with hdf5.written(path) as file:
        file.attrs.update({"condition": condition, "training": EACH, "test_fed": test_fed})
        file.create_dataset("epoch", data=np.asarray(epochs, dtype=np.float64))
        pixels = file.create_dataset("images", data=images)
        pixels.attrs["axes"] = "epoch, image, row, column, channel (red, green, blue)"
