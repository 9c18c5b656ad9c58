"""The objectives of training without torch: what must be known of each before any job.

An objective is one file, `<name>.py` beside this one, and a description here. They are apart as
planning must do without torch, which the classes there are made of; a description is short, as it
has only what is asked before a job: settings that cannot work, the images it needs, operations and
bytes (`description`). Which keys of the config belong to an objective is said in the schema
(`x-objectives`).
"""

from collections.abc import Callable

from trajectories.errors import UserError
from trajectories.networks.description import Network
from trajectories.study.recipe import Recipe
from trajectories.training.objectives.description import (
    FLOAT,
    Description,
    both_views,
    passes,
    stored,
)


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

    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        """A pass of each encoder, the gradient of one, and products with the queue."""
        return momentum_contrast(network, recipe.embedding, recipe.queue)

    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        """Both encoders, the momentum of one, and the queue."""
        encoder, momentum = stored(network, recipe.embedding)
        return 2 * encoder + momentum + FLOAT * recipe.queue * recipe.embedding


class SimCLR(Description):
    """Contrast with all other images of the batch."""

    title = "SimCLR"

    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        """Both views, and the products of all views with each other, in each process."""
        products = 3 * (2 * recipe.batch_size) ** 2 * recipe.embedding * processes
        return both_views(network, recipe, processes) + products // recipe.batch_size

    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        """The encoder and its momentum."""
        return sum(stored(network, recipe.embedding))


class VICReg(Description):
    """Views alike, embeddings spread and their dimensions uncorrelated."""

    title = "VICReg"

    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        """Both views, and in each process their covariances and the products that match them."""
        d = recipe.embedding
        products = (2 * 3 * d * d + recipe.batch_size * d) * processes
        return both_views(network, recipe, processes) + products

    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        """The encoder and its momentum."""
        return sum(stored(network, recipe.embedding))


class Supervised(Description):
    """Classification of the training images."""

    title = "supervised classification"
    views = 1
    labelled = True
    caveat: str | None = (
        "were taught the classes of their training images. A category of test images that is among"
        " these, or made of them, was taught with them: that it emerges is not due to the images"
        " alone."
    )

    def multiply_adds(
        self, network: Network, recipe: Recipe, processes: int = 1, n_classes: int = 0
    ) -> int:
        """Pass and gradient of one view, with its classifier."""
        classifier = network.features * n_classes
        return network.forward_multiply_adds + network.backward_multiply_adds + 3 * classifier

    def state_bytes(self, network: Network, recipe: Recipe, n_classes: int = 0) -> int:
        """The network with its classifier, and their momentum."""
        classifier = FLOAT * (network.features + 1) * n_classes
        return network.checkpoint_bytes + FLOAT * network.parameters + 2 * classifier


class ShuffledLabels(Supervised):
    """The same with labels that say nothing of the images."""

    title = "classification with shuffled labels"
    caveat = None


OBJECTIVES: dict[str, Description] = {
    "moco": MoCo(),
    "simclr": SimCLR(),
    "vicreg": VICReg(),
    "supervised": Supervised(),
    "shuffled_labels": ShuffledLabels(),
}


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
    forward, backward = passes(network, embedding)
    return 2 * forward + backward + 2 * queue * embedding
