"""SimCLR's objective: each view of an image is to find the other among all of the batch.

NT-Xent of Chen et al. (2020), equation 1, without a queue and without a slow encoder. The head is
MoCo v2's: two layers, as the paper's g(h) = W₂ σ(W₁ h), with biases, and without the batch
normalisation that the authors' code has in it. Other parts of SimCLR, as its optimiser and its
augmentation, are not the objective's; they are what the config says. The groups of view 1 are made
of other images than those of view 0, as in MoCo, in the place of statistics over all devices.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from trajectories.training.objectives.whole_batch import WholeBatch


class SimCLR(WholeBatch):
    """Normalised temperature-scaled cross-entropy over both views of a batch."""

    def loss(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Mean over all 2 n views of -log of the share of their partner among all others.

        Hits are images whose partner is the nearest of all, half for each view.
        """
        views = torch.cat([first, second])
        itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
        logits = (views @ views.T / self.recipe.temperature).masked_fill(itself, -math.inf)
        partner = torch.arange(len(views), device=views.device).roll(len(first))
        hits = (logits.argmax(dim=1) == partner).sum() / 2
        return cross_entropy(logits, partner), hits

    def expected(self, step: int) -> dict[str, float | int]:
        """Loss by chance among the 2 n - 1 other views of a batch."""
        return {"chance_loss": math.log(2 * self.recipe.batch_size - 1)}


OBJECTIVE = SimCLR
