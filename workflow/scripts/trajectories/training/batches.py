"""The batches of an epoch, and the views of their images."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from trajectories import seeding
from trajectories.errors import UserError
from trajectories.images.training_images import TrainingImages
from trajectories.study.recipe import Recipe
from trajectories.training import augment
from trajectories.training.augment_parameters import AugmentationSettings, Parameters, joined
from trajectories.training.diets import draws, pixels
from trajectories.training.diets.schedule import Diet
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives import registry


class Batches(Dataset[Tensor]):
    """The batches of one epoch, in the order keyed to (seed, epoch); the remainder is dropped.

    Of each batch only the images that this process has to see: in view 0 those of its share of the
    batch, in view 1 those that its share of the permutation names, both in the batch's order. How
    many views there are is the objective's.

    Item `i` is what `TrainingImages.batch` gives.
    """

    def __init__(
        self,
        images: TrainingImages,
        recipe: Recipe,
        seeds: seeding.Seeds,
        epoch: int,
        processes: Processes = ALONE,
    ) -> None:
        self.images, self.seeds, self.epoch, self.processes = images, seeds, epoch, processes
        self.size = recipe.image_size
        self.n_views = registry.describe(recipe.objective).views
        self.augmentation = AugmentationSettings.from_mapping(recipe.augmentation)
        self.diet = None
        if recipe.diet is not None:
            seed = seeds.augmentation
            self.diet = Diet.from_mapping(recipe.diet, recipe.schedule_epochs, seed)
        order = seeding.generator(seeds.order, "order", epoch).permutation(len(images))
        self.batches = [
            order[first : first + recipe.batch_size]
            for first in range(0, len(order) - recipe.batch_size + 1, recipe.batch_size)
        ]

    def __len__(self) -> int:
        """Batches per epoch."""
        return len(self.batches)

    def __getitem__(self, index: int) -> Tensor:
        """Batch number `index`."""
        needed, rows = self._needed(index)
        chosen = self.batches[index][needed]
        return self.images.batch(
            chosen, lambda view: self.parameters(index, view).boxes, self.size, rows
        )

    @property
    def item_bytes(self) -> int:
        """Size of a batch as it is loaded."""
        needed, rows = self._needed(0)
        return self.images.batch_bytes(len(needed), sum(map(len, rows)), self.size)

    def places(self, index: int, view: int) -> NDArray[np.intp]:
        """Places in batch number `index` of the images of a view, in ascending order."""
        count = len(self.batches[index])
        order = permutation(self.seeds, self.epoch, index, count) if view else np.arange(count)
        return np.sort(order[self.processes.share(count)])

    def images_of(self, index: int) -> NDArray[np.intp]:
        """Numbers of the images in view 0 of batch number `index`."""
        return self.batches[index][self.places(index, 0)]

    def parameters(self, index: int, view: int) -> Parameters:
        """Random parameters of a view: drawn for the whole batch, the same in every process."""
        place = (self.epoch, index, view)
        generator = seeding.generator(self.seeds.augmentation, "augmentation", *place)
        batch = self.batches[index]
        drawn = augment.draw(generator, len(batch), *self.images.sizes(batch), self.augmentation)
        return drawn[self.places(index, view)]

    def views(self, batch: Tensor, index: int) -> tuple[Tensor, ...]:
        """The views of batch number `index`, each float32 (n, 3, size, size).

        They are augmented together, which needs fewer and larger operations.

        Parameters
        ----------
        batch : Tensor
            Item `index`, on any device.
        """
        rows = self._needed(index)[1]
        parameters = joined([self.parameters(index, view) for view in range(self.n_views)])
        crops = self.images.crops(batch, parameters.boxes, self.size, rows)
        change = None if self.diet is None else self._change(self.diet, index)
        return augment.distort(crops, parameters, change).chunk(self.n_views)

    def _change(self, diet: Diet, index: int) -> Callable[[Tensor], Tensor]:
        """What the diet does to the views of batch number `index`, one view after another."""
        drawn = draws.of_batch(
            diet,
            self.seeds.augmentation,
            self.epoch,
            index,
            len(self),
            len(self.batches[index]),
            [self.places(index, view) for view in range(self.n_views)],
        )
        return partial(pixels.apply, drawn=drawn, side=diet.side)

    def _needed(self, index: int) -> tuple[NDArray[np.intp], list[NDArray[np.intp]]]:
        """Places of the images of all views, each once; and for each view its rows of them."""
        places = [self.places(index, view) for view in range(self.n_views)]
        needed = np.unique(np.concatenate(places))
        return needed, [np.searchsorted(needed, some) for some in places]


def permutation(seeds: seeding.Seeds, epoch: int, index: int, count: int) -> NDArray[np.intp]:
    """Which image (count,) of a batch is where when its view 1 is computed."""
    return seeding.generator(seeds.order, "shuffle", epoch, index).permutation(count)


def require_enough(images: TrainingImages, recipe: Recipe, path: Path) -> None:
    """Check that a file has the images that a recipe was planned with.

    Raises
    ------
    UserError
        If it has fewer than a batch, than the objective needs, or than are to be probed.
    """
    needed = registry.describe(recipe.objective).least_images(recipe)
    least = max(recipe.batch_size, needed, recipe.probe_images)
    if len(images) < least:
        raise UserError(
            f"{path} has {len(images)} images, but training with this recipe needs at least"
            f" {least}: delete the file and start the workflow again"
        )
