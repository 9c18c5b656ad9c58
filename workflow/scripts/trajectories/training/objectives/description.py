"""What an objective is to planning, without torch: the frame that `registry` fills."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from trajectories.networks.description import Network
from trajectories.study.recipe import Recipe
from trajectories.training.objectives.parts import groups_together, images_at_once

FLOAT = 4  # bytes


class Description(ABC):
    """An objective as planning sees it.

    Attributes
    ----------
    title : str
        What papers call it.
    views : int
        Augmented views of each image that it learns from, 1 or 2.
    labelled : bool
        Whether it learns from the classes of the images, so that all must have one.
    caveat : str or None
        What networks that learn by it cannot show, for the report.
    """

    title: str
    views = 2
    labelled = False
    caveat: str | None = None

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
    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        """Multiply-adds of one step for one image of the batch, over all processes.

        Parameters
        ----------
        n_classes : int
            Classes of the training images; 0 where they are not known, or not learnt from.
        """

    @abstractmethod
    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        """Size of the tensors of a training state, bytes; parameters as of `multiply_adds`."""


def passes(network: Network, embedding: int) -> tuple[int, int]:
    """Multiply-adds of one image through a backbone with its head, forward and backward."""
    head = network.features * (network.features + embedding)
    return network.forward_multiply_adds + head, network.backward_multiply_adds + 2 * head


def stored(network: Network, embedding: int) -> tuple[int, int]:
    """Bytes of a backbone with its head, and of a momentum buffer for each of their weights."""
    d = network.features
    head = FLOAT * (d * d + d + d * embedding + embedding)  # weights and biases
    return network.checkpoint_bytes + head, FLOAT * network.parameters + head


def both_views(network: Network, recipe: Recipe, processes: int) -> int:
    """Multiply-adds of passes and gradient of both views of an image, through one encoder.

    A batch that is cut into parts is embedded twice, first without gradients (`whole_batch`).
    """
    forward, backward = passes(network, recipe.embedding)
    groups, images = recipe.bn_groups // processes, recipe.batch_size // processes
    cut = groups_together(groups, images, images_at_once(recipe.image_size)) < groups
    return 2 * ((2 if cut else 1) * forward + backward)
