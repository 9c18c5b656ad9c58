"""What an objective of training is: the frame that `<name>.py` in this folder fills.

An objective builds the modules around the backbone, adds the gradients of a batch, does what
follows a step, keeps what must be saved, and says what it measures and what chance would give. The
trainer knows no more of it. What planning must know, without torch, is in `registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trajectories import seeding
from trajectories.networks.layers import normalised_in_groups
from trajectories.study.recipe import Recipe
from trajectories.training import diagnostics
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives import parts, registry

Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Batch:
    """A process's share of a batch of n images.

    Attributes
    ----------
    views : tuple of Tensors of shape (n / processes, 3, h, w)
        Of view 0 the images of this process's share of the batch. Of view 1, where there is one,
        those that its share of the permutation names, in the batch's order.
    permutation : integer Tensor of shape (n,)
        Which image of the batch goes where when view 1 is computed.
    images : int array of shape (n / processes,)
        Which training images view 0 is of: the places of their labels.
    """

    views: tuple[Tensor, ...]
    permutation: Tensor
    images: NDArray[np.intp]


class Objective(nn.Module, ABC):
    """What a network learns to do, and the modules it takes; the base of all objectives.

    Parameters
    ----------
    recipe : Recipe
    init_seed : int
        Seed of all initial weights. The backbone is drawn first.
    processes : Processes
        Those that train this network. Each computes its share of the groups of batch
        normalisation: the first groups belong to the first process.
    labels : int array of shape (n_images,), optional
        Classes of the training images, -1 without one.
    images_at_once : int, optional
        Groups are computed together up to so many images, but at least one group; without it, as
        `parts` says. What is computed is the same; sums are rounded in another order.

    Attributes
    ----------
    measured : mapping of column to "step" or "image"
        Columns of the history, in the order of what `learn` yields; each is a sum over an epoch,
        divided by its steps, or by the images that it has trained.
    remedy : str
        What to try, by keys of the config, where training has failed.
    """

    measured: ClassVar[Mapping[str, Literal["step", "image"]]] = {
        "loss": "step",
        "contrastive_top1": "image",
        "embedding_sd": "step",
    }
    remedy: ClassVar[str] = "lower training.learning_rate or raise training.temperature"

    def __init__(
        self,
        recipe: Recipe,
        init_seed: int,
        processes: Processes = ALONE,
        labels: Labels | None = None,
        images_at_once: int | None = None,
    ) -> None:
        super().__init__()
        self.recipe, self.init_seed, self.processes = recipe, init_seed, processes
        self.labels = labels
        self.images_at_once = images_at_once or parts.images_at_once(recipe.image_size)

    @property
    @abstractmethod
    def trained(self) -> nn.Module:
        """The module whose weights the optimiser moves; its `backbone` is what is followed."""

    @property
    def backbone(self) -> nn.Module:
        """The network whose checkpoints are kept."""
        return self.trained.get_submodule("backbone")

    @abstractmethod
    def learn(self, batch: Batch) -> Iterator[Tensor]:
        """Add to the gradients of `trained` those of this process's share of the mean loss.

        Yields
        ------
        Tensor of shape (len(measured),)
            What was measured of a part of the share, by which the gradients have grown.
        """

    def after_step(self) -> None:
        """Do what follows the optimiser's step; nothing by default."""

    def expected(self, step: int) -> dict[str, float | int]:
        """Values of chance, and what else the history holds, after so many steps, unmeasured."""
        return {}

    def plain_state(self) -> dict[str, int]:
        """What training needs to resume besides the tensors of the state dict."""
        return {}

    def restore_plain_state(self, state: Mapping[str, Any]) -> None:
        """Go on with what `plain_state` gave."""

    @contextmanager
    def drawn(self, purpose: str) -> Iterator[None]:
        """Draw from torch's generator by the seed of this purpose, and leave it as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeding.integer(self.init_seed, purpose))
            yield

    def parts(self, view: Tensor, encoder: nn.Module, moving: bool = True) -> Iterator[Tensor]:
        """The groups of a view, as many at once as may be; `encoder` normalises each by itself.

        The first group of the batch alone moves the running statistics: in the published run of
        MoCo each replica keeps its own, and those of the first are saved.

        Parameters
        ----------
        moving : bool
            Whether running statistics are moved at all.
        """
        groups = self.recipe.bn_groups // self.processes.size
        together = parts.groups_together(groups, len(view), self.images_at_once)
        for number, part in enumerate(view.chunk(groups // together)):
            first = number == 0 and self.processes.first
            with normalised_in_groups(encoder, together, moving and first):
                yield part

    def permuted(self, view: Tensor, permutation: Tensor) -> Tensor:
        """View 1 of a `Batch` in the order in which it is computed."""
        mine = permutation[self.processes.share(len(permutation))]
        return view[mine.argsort().argsort()]

    def measurements(self, loss: Tensor, hits: Tensor, embeddings: Tensor) -> Tensor:
        """Loss, hits and spread of a part of the batch, as `measured` names them.

        Parameters
        ----------
        loss : scalar Tensor
            The part's share of the batch's mean loss.
        hits : scalar Tensor
            How many images of the part were told from others.
        embeddings : Tensor of shape (images of the part, embedding)
        """
        groups = embeddings.split(self.recipe.batch_size // self.recipe.bn_groups)
        spread = torch.stack([diagnostics.spread(group) for group in groups]).sum()
        return torch.stack([loss.detach(), hits, spread / self.recipe.bn_groups])


def build(
    recipe: Recipe, init_seed: int, processes: Processes = ALONE, labels: Labels | None = None
) -> Objective:
    """Build the objective that a recipe names; parameters as of `Objective`.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    registry.describe(recipe.objective)
    # No other objective than this one is imported.
    module = import_module(f"{__package__}.{recipe.objective}")
    objective: Objective = module.OBJECTIVE(recipe, init_seed, processes, labels)
    return objective
