"""A diet as a function of training time: its clock, its order, its strengths. No torch.

A diet runs over `training.schedule_epochs` unless it has a length of its own, so that it does not
change when training is continued.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trajectories import seeding
from trajectories.training.diets.changes import KINDS
from trajectories.training.diets.strength import Change, Strength

# Size in px at which σ of published diets is given.
SIDE = 224.0
MONTHS_PER_EPOCH = 2.0
POINTS_PER_EPOCH = 20


@dataclass(frozen=True)
class Moment:
    """A time in epochs of the diet; `before` means just before it."""

    time: float
    before: bool = False


@dataclass(frozen=True)
class Diet:
    """What a network sees when.

    Attributes
    ----------
    changes : tuple of Change
        In the order in which they are made.
    units : float
        Units of the clock in an epoch.
    order : {"forward", "reversed", "shuffled", "constant_first"}
        How the time of the diet runs with that of training.
    epochs : int
        Those over which it is reversed or shuffled.
    side : float
        What the side of an image measures in the unit of the blur.
    shuffled : tuple of int
        For each epoch, the epoch of the diet that it has; empty but for "shuffled".
    """

    changes: tuple[Change, ...]
    units: float
    order: str
    epochs: int
    side: float
    shuffled: tuple[int, ...] = ()

    @classmethod
    def from_mapping(cls, diet: Mapping[str, Any], schedule_epochs: int, seed: int) -> Self:
        """From `training.diet` of a recipe.

        Parameters
        ----------
        diet : mapping
            A key that it lacks is at its default.
        schedule_epochs : int
        seed : int
            That of the augmentation, from which the epochs of "shuffled" are drawn.
        """
        order, epochs = diet.get("order", "forward"), length(diet, schedule_epochs)
        shuffled: list[int] = []
        if order == "shuffled":
            shuffled = seeding.generator(seed, "diet").permutation(epochs).tolist()
        return cls(
            changes=tuple(Change.from_mapping(each) for each in diet["changes"]),
            units=units(diet, schedule_epochs),
            order=order,
            epochs=epochs,
            side=diet.get("image_side", SIDE),
            shuffled=tuple(shuffled),
        )

    def during(self, epoch: int, batch: int, batches: int) -> list[Strength]:
        """Strengths of each change in a batch: those at its start.

        Parameters
        ----------
        epoch, batch : int
            Epochs trained before it, and batches of its epoch.
        batches : int
            Batches per epoch.
        """
        if self.order == "reversed":
            # In whole numbers: the last batch of the schedule is as the first.
            mirrored = self.epochs * batches - 1 - (epoch * batches + batch)
            epoch, batch = divmod(max(mirrored, 0), batches)
        elif epoch < len(self.shuffled):
            epoch = self.shuffled[epoch]
        elif self.order == "constant_first":
            epoch = batch = 0
        return self._at(Moment(epoch + batch / batches))

    def seen_at(self, epoch: float) -> list[Strength]:
        """Strengths of each change as a checkpoint has last seen them.

        An untrained network is to see the first.
        """
        return self._at(self._moment(epoch))

    def _moment(self, epoch: float) -> Moment:
        if self.order == "constant_first":
            return Moment(0)
        if self.order == "reversed":
            return Moment(max(self.epochs - epoch, 0), before=epoch == 0)
        last = max(math.ceil(epoch) - 1, 0)
        of_diet = self.shuffled[last] if last < len(self.shuffled) else last
        return Moment(of_diet + epoch - last, before=epoch > 0)

    def _at(self, moment: Moment) -> list[Strength]:
        return [change.at(moment.time * self.units, moment.before) for change in self.changes]


def units(diet: Mapping[str, Any], schedule_epochs: int) -> float:
    """Units of the diet's clock in an epoch."""
    clock = diet.get("clock", "epochs")
    if clock == "months":
        return float(diet.get("months_per_epoch", MONTHS_PER_EPOCH))
    return 1 / length(diet, schedule_epochs) if clock == "share" else 1.0


def length(diet: Mapping[str, Any], schedule_epochs: int) -> int:
    """Epochs over which a diet runs."""
    own = diet.get("length")
    return schedule_epochs if own is None else int(own)


@dataclass(frozen=True)
class Course:
    """Strength of one change over training, for a figure.

    Attributes
    ----------
    change, unit : str
    epoch, mean, low, high : float64 arrays of shape (n,)
        Mean over images, and the least and largest strength of any image.
    """

    change: str
    unit: str
    epoch: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def since(self, first: float) -> "Course":
        """The part from an epoch on."""
        own = self.epoch >= first
        parts = (self.epoch[own], self.mean[own], self.low[own], self.high[own])
        return Course(self.change, self.unit, *parts)


def courses(
    diet: Mapping[str, Any],
    schedule_epochs: int,
    epochs: int | None = None,
    seed: int = 1,
    points: int = POINTS_PER_EPOCH,
) -> list[Course]:
    """Strength of each change of a diet over the epochs of training.

    Parameters
    ----------
    diet : mapping
        `training.diet` of a recipe or a resolved config, which is not None.
    schedule_epochs : int
    epochs : int, optional
        Epochs that are trained, by default all of the schedule.
    seed : int
        Of the network, which counts where epochs are shuffled.
    points : int
        Moments of each epoch, evenly spaced from its start.
    """
    whole = Diet.from_mapping(diet, schedule_epochs, seed)
    count = schedule_epochs if epochs is None else epochs
    places = [(epoch, point) for epoch in range(count) for point in range(points)]
    strengths = [whole.during(*place, points) for place in places]
    time = np.array([epoch + point / points for epoch, point in places])
    return [
        Course(
            each.change,
            _unit(each.change, whole.side),
            time,
            np.array([at.mean for at in over_time]),
            *np.array([at.limits for at in over_time]).T,
        )
        for each, over_time in zip(whole.changes, zip(*strengths, strict=True), strict=True)
    ]


def _unit(change: str, side: float) -> str:
    return f"σ, image side = {side:g}" if change == "blur" else KINDS[change].unit
