"""The objectives of training without torch: what must be known of each before any job.

An objective is one file, `<name>.py` beside this one, and a description here. They are apart as
planning must do without torch, which the classes there are made of; a description is short, as it
has only what is asked before a job: settings that cannot work, the images it needs, operations and
bytes. Which keys of the config belong to an objective is said in the schema (`x-objectives`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from trajectories.errors import UserError
from trajectories.networks.description import Network
from trajectories.study.recipe import Recipe
from trajectories.training.objectives.parts import groups_together, images_at_once

_FLOAT = 4  # bytes


class Description(ABC):
    """An objective as planning sees it.

    Attributes
    ----------
    title : str
        What papers call it.
    views : int
        Augmented views of each image that it learns from, 1 or 2.
    """

    title: str
    views = 2

    def check(
        self, network: Network, recipe: Recipe, n_images: int, key: Callable[[str], str]
    ) -> list[str]:
        """Check settings that are right by themselves against each other; gives warnings.

        Parameters
        ----------
        network : Network
        recipe : Recipe
        n_images : int
            Number of training images.
        key : callable
            Gives the name of a key as the user sets it, "conditions.cold.training.queue" say, for
            "training.queue".

        Raises
        ------
        UserError
            For the first fault, naming the key and the remedy.
        """
        return []

    def least_images(self, recipe: Recipe) -> int:
        """Training images that it needs, whatever the batch needs."""
        return 1

    @abstractmethod
    def multiply_adds(self, network: Network, recipe: Recipe, processes: int = 1) -> int:
        """Multiply-adds of one step for one image of the batch, over all processes."""

    @abstractmethod
    def state_bytes(self, network: Network, recipe: Recipe) -> int:
        """Size of the tensors of a training state, bytes."""


class MoCo(Description):
    """Momentum contrast with a queue of keys."""

    title = "MoCo v2"

    def check(
        self, network: Network, recipe: Recipe, n_images: int, key: Callable[[str], str]
    ) -> list[str]:
        """Check that the queue holds whole batches, none of them of an image's own keys."""
        queue, batch = recipe.queue, recipe.batch_size
        named = f"config key `{key('training.queue')}` is {queue}"
        if queue % batch:
            nearest = max(1, round(queue / batch)) * batch
            raise UserError(
                f"{named}, which cannot be divided by `batch_size` ({batch}): make it a multiple"
                f" such as {nearest}"
            )
        if queue >= n_images:
            most = (n_images - 1) // batch * batch
            mend = f"make it at most {most}, or raise" if most else "raise"
            raise UserError(
                f"{named}, not less than the {n_images} training images, so that images would be"
                f" contrasted with their own old keys: {mend} `images.count`"
            )
        if recipe.bn_groups > 1 or not network.has_batchnorm:
            return []
        return [
            f"config key `{key('training.bn_groups')}` is 1: batch normalisation over the whole"
            " batch lets a network recognise keys by their statistics, so train with at least 2"
            " groups"
        ]

    def least_images(self, recipe: Recipe) -> int:
        """One more than the queue holds, or images would meet their own old keys."""
        return recipe.queue + 1

    def multiply_adds(self, network: Network, recipe: Recipe, processes: int = 1) -> int:
        """A pass of each encoder, the gradient of one, and products with the queue."""
        return momentum_contrast(network, recipe.embedding, recipe.queue)

    def state_bytes(self, network: Network, recipe: Recipe) -> int:
        """Both encoders, the momentum of one, and the queue."""
        encoder, momentum = _stored(network, recipe.embedding)
        return 2 * encoder + momentum + _FLOAT * recipe.queue * recipe.embedding


class SimCLR(Description):
    """Contrast with all other images of the batch."""

    title = "SimCLR"

    def multiply_adds(self, network: Network, recipe: Recipe, processes: int = 1) -> int:
        """Passes and gradient of both views, and the products of all views with each other.

        A batch that is cut into parts is embedded twice; each process computes the loss.
        """
        forward, backward = _passes(network, recipe.embedding)
        groups, images = recipe.bn_groups // processes, recipe.batch_size // processes
        cut = groups_together(groups, images, images_at_once(recipe.image_size)) < groups
        products = 3 * (2 * recipe.batch_size) ** 2 * recipe.embedding * processes
        return 2 * ((2 if cut else 1) * forward + backward) + products // recipe.batch_size

    def state_bytes(self, network: Network, recipe: Recipe) -> int:
        """The encoder and its momentum."""
        return sum(_stored(network, recipe.embedding))


OBJECTIVES: dict[str, Description] = {"moco": MoCo(), "simclr": SimCLR()}


def describe(name: str) -> Description:
    """The objective of this name.

    Raises
    ------
    UserError
        If there is none.
    """
    if name not in OBJECTIVES:
        raise UserError(
            f"there is no objective {name} in this version: choose among {', '.join(OBJECTIVES)}"
        )
    return OBJECTIVES[name]


def momentum_contrast(network: Network, embedding: int, queue: int) -> int:
    """Multiply-adds of one step of momentum contrast, for one image of the batch.

    Parameters
    ----------
    embedding : int
        Number of dimensions of the projection.
    queue : int
        Number of keys in the queue.
    """
    forward, backward = _passes(network, embedding)
    return 2 * forward + backward + 2 * queue * embedding


def _passes(network: Network, embedding: int) -> tuple[int, int]:
    """Multiply-adds of one image through a backbone with its head, forward and backward."""
    head = network.features * (network.features + embedding)
    return network.forward_multiply_adds + head, network.backward_multiply_adds + 2 * head


def _stored(network: Network, embedding: int) -> tuple[int, int]:
    """Bytes of a backbone with its head, and of a momentum buffer for each of their weights."""
    d = network.features
    head = _FLOAT * (d * d + d + d * embedding + embedding)  # weights and biases
    return network.checkpoint_bytes + head, _FLOAT * network.parameters + head
