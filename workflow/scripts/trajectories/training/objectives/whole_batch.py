"""Objectives whose loss compares all images of a batch, however the batch is cut.

The loss needs the embeddings of the whole batch, of all parts and processes, before the gradient of
any can be had. So a batch is embedded first, without keeping what a gradient takes; then the loss
and its gradient by the embeddings are computed, in every process alike; and last each part is
embedded again and takes its share of that gradient to the weights (Gao et al. 2021, gradient
cache). Where a view goes through the network at once, what the first pass has computed is kept in
the place of a second one.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor

from trajectories.study.recipe import Recipe
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives.encoder import Encoder
from trajectories.training.objectives.objective import Batch, Labels, Objective


class WholeBatch(Objective):
    """One encoder, and a loss over both views of a whole batch; parameters as of `Objective`.

    Attributes
    ----------
    encoder : Encoder
        Embeds both views. Batch normalisation sees each view in groups, those of view 1 of other
        images than those of view 0; the first group of view 0 moves the running statistics.
    unit_length : bool
        Whether the loss is one of directions.
    """

    unit_length: ClassVar[bool] = True

    def __init__(
        self,
        recipe: Recipe,
        init_seed: int,
        processes: Processes = ALONE,
        labels: Labels | None = None,
        images_at_once: int | None = None,
    ) -> None:
        super().__init__(recipe, init_seed, processes, labels, images_at_once)
        with self.drawn("init"):
            self.encoder = Encoder(recipe, self.unit_length)

    @abstractmethod
    def loss(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Mean loss of a batch, and how many of its images are matched correctly.

        Parameters
        ----------
        first, second : Tensor of shape (n, embedding)
            Views 0 and 1 of the same images, float32.
        """

    @property
    def trained(self) -> Encoder:
        """The encoder."""
        return self.encoder

    def learn(self, batch: Batch) -> Iterator[Tensor]:
        """Add the gradients of the loss over the whole batch."""
        views = batch.views[0], self.permuted(batch.views[1], batch.permutation)
        kept = [self._embedded(view, moving=not number) for number, view in enumerate(views)]
        # In every process of the whole batch, view 1 in the order in which it is computed.
        whole = [
            self.processes.gather(torch.cat(of_view).detach()).requires_grad_() for of_view in kept
        ]
        with torch.autocast(whole[0].device.type, enabled=False):
            loss, hits = self.loss(whole[0], whole[1][batch.permutation.argsort()])
            loss.backward()
        mine = self.processes.share(len(whole[0]))
        for view, of_view, embedded in zip(views, kept, whole, strict=True):
            assert embedded.grad is not None
            gradients = embedded.grad[mine].split([len(part) for part in of_view])
            again = of_view if len(of_view) == 1 else self._again(view)
            for part, gradient in zip(again, gradients, strict=True):
                part.backward(gradient)
        share = 1 / self.processes.size
        yield self.measurements(loss * share, hits * share, whole[0][mine].detach())

    def _embedded(self, view: Tensor, moving: bool) -> list[Tensor]:
        """Embeddings of the parts of a view, with what a gradient takes if it is one part."""
        parts = self.parts(view, self.encoder, moving)
        embedded = []
        for part in parts:
            with torch.set_grad_enabled(len(part) == len(view)):
                embedded.append(self.encoder(part))
        return embedded

    def _again(self, view: Tensor) -> Iterator[Tensor]:
        """Embeddings of the parts of a view, one after another, for their gradients."""
        for part in self.parts(view, self.encoder, moving=False):
            yield self.encoder(part)
