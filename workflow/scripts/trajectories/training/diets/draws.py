"""What a diet does to each image of a batch: drawn by key, and torch-free.

An image has the same strength in all its views, as it is the world that changes, and not the look
that is taken at it; noise alone is drawn for each view.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories import seeding
from trajectories.training.diets.schedule import Diet
from trajectories.training.diets.strength import Strength

_VIEWS = 2


@dataclass(frozen=True)
class Drawn:
    """One change to n images.

    Attributes
    ----------
    change : str
        Name in `changes.KINDS`.
    strength : float64 array of shape (n,)
    place : float64 array of shape (n,)
        From 0 to 1: where its noise is found, for each image.
    """

    change: str
    strength: NDArray[np.float64]
    place: NDArray[np.float64]


def of_batch(
    diet: Diet,
    seed: int,
    epoch: int,
    batch: int,
    batches: int,
    count: int,
    views: Sequence[NDArray[np.intp]],
) -> list[Drawn]:
    """What happens to the views of a batch, one view after another.

    Parameters
    ----------
    seed : int
        That of the augmentation.
    epoch, batch, batches : int
        Where in training, as in `Diet.during`.
    count : int
        Images in the batch; drawn for all, whoever computes them.
    views : sequence of int arrays of shape (m,)
        For each view, places in the batch of its images.
    """
    found = []
    for number, strength in enumerate(diet.during(epoch, batch, batches)):
        uniform = _uniform(seed, count, epoch, batch, number)
        found.append(_drawn(diet, number, strength, uniform, views))
    return found


def of_images(diet: Diet, epoch: float, count: int) -> list[Drawn]:
    """What happens to a fixed list of images that is shown to a checkpoint.

    The same image is drawn the same way at each epoch, in each network and in each condition.
    """
    return [
        _drawn(diet, number, strength, _uniform(0, count, number), [np.arange(count)])
        for number, strength in enumerate(diet.seen_at(epoch))
    ]


def _uniform(seed: int, count: int, *place: int) -> NDArray[np.float64]:
    return seeding.generator(seed, "diet", *place).random((count, 2 + _VIEWS))


def _drawn(
    diet: Diet,
    number: int,
    strength: Strength,
    uniform: NDArray[np.float64],
    views: Sequence[NDArray[np.intp]],
) -> Drawn:
    of_image = strength.of(uniform[:, :2])
    return Drawn(
        diet.changes[number].change,
        np.concatenate([of_image[places] for places in views]),
        np.concatenate([uniform[places, 2 + view] for view, places in enumerate(views)]),
    )
