"""The batches of an epoch, and the views of their images."""

from pathlib import Path

from torch import Tensor
from torch.utils.data import Dataset

from trajectories import augment, seeding
from trajectories.augment_parameters import AugmentationSettings, Parameters
from trajectories.errors import UserError
from trajectories.recipe import Recipe
from trajectories.training_images import TrainingImages


class Batches(Dataset[Tensor | UserError]):
    """The batches of one epoch, in the order keyed to (seed, epoch); the remainder is dropped.

    Item `i` is what `TrainingImages.batch` gives, or the error that came of reading it: raised in
    a worker, an error would lose its one sentence among the lines of a traceback.
    """

    def __init__(
        self, images: TrainingImages, recipe: Recipe, seeds: seeding.Seeds, epoch: int
    ) -> None:
        self.images, self.seeds, self.epoch = images, seeds, epoch
        self.size = recipe.image_size
        self.augmentation = AugmentationSettings.from_mapping(recipe.augmentation)
        order = seeding.generator(seeds.order, "order", epoch).permutation(len(images))
        self.batches = [
            order[first : first + recipe.batch_size]
            for first in range(0, len(order) - recipe.batch_size + 1, recipe.batch_size)
        ]

    def __len__(self) -> int:
        """Batches per epoch."""
        return len(self.batches)

    def __getitem__(self, index: int) -> Tensor | UserError:
        """Batch number `index`."""
        try:
            return self.images.batch(
                self.batches[index], lambda view: self.parameters(index, view), self.size
            )
        except UserError as error:
            return error

    def parameters(self, index: int, view: int) -> Parameters:
        """Random parameters of a view, the same in every process."""
        place = (self.epoch, index, view)
        generator = seeding.generator(self.seeds.augmentation, "augmentation", *place)
        chosen = self.batches[index]
        return augment.draw(generator, len(chosen), *self.images.sizes(chosen), self.augmentation)

    def view(self, batch: Tensor, index: int, view: int) -> Tensor:
        """View 0 or 1 of batch number `index`, float32 (n, 3, size, size), normalised.

        Parameters
        ----------
        batch : Tensor
            Item `index`, on any device.
        """
        parameters = self.parameters(index, view)
        return augment.distort(self.images.crops(batch, view, parameters, self.size), parameters)


def require_enough(images: TrainingImages, recipe: Recipe, path: Path) -> None:
    """Check that a file has the images that a recipe was planned with.

    Raises
    ------
    UserError
        If it has fewer than a batch, than the queue needs, or than are to be probed.
    """
    least = max(recipe.batch_size, recipe.queue + 1, recipe.probe_images)
    if len(images) < least:
        raise UserError(
            f"{path} has {len(images)} images, but training with this recipe needs at least"
            f" {least}: delete the file and start the workflow again"
        )
