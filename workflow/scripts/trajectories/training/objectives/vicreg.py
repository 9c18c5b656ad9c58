"""VICReg: views of an image are alike, embeddings spread and their dimensions uncorrelated.

Bardes, Ponce & LeCun (2022): neither negatives nor a momentum encoder. The terms are averaged as in
the authors' code: the distance of views over images and dimensions, the variance over both views.
The head is MoCo v2's, without the normalisation to unit length, in the place of the authors'
expander of three wide layers.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, normalize, relu

from trajectories.training.objectives.objective import Objective
from trajectories.training.objectives.whole_batch import WholeBatch

# Weights of the three terms: a 25th of the paper's 25, 25 and 1. The step of SGD depends on their
# size, that of the authors' optimiser (LARS) does not: with the paper's, SGD diverges at its rates.
INVARIANCE, VARIANCE, COVARIANCE = 1.0, 1.0, 0.04
# SD to reach, and what steadies its root.
SD = 1.0
EPSILON = 1e-4


class VICReg(WholeBatch):
    """Variance, invariance and covariance of the embeddings of a batch."""

    unit_length = False
    measured: ClassVar[Mapping[str, Literal["step", "image"]]] = {
        **Objective.measured,
        "invariance": "step",
        "variance": "step",
        "covariance": "step",
    }
    remedy = "lower training.learning_rate"
    _terms: Tensor

    def loss(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted sum of the terms (equation 6).

        Hits are images whose view 0 is nearer to their view 1 than to that of any other image.
        """
        invariance = mse_loss(first, second)
        variance = (spread_lacking(first) + spread_lacking(second)) / 2
        covariance = correlated(first) + correlated(second)
        self._terms = torch.stack([invariance, variance, covariance]).detach()
        total = INVARIANCE * invariance + VARIANCE * variance + COVARIANCE * covariance
        with torch.no_grad():
            # Squared distances, but for what all candidates share.
            distance = second.square().sum(dim=1) - 2 * first @ second.T
            itself = torch.arange(len(first), device=first.device)
            hits = (distance.argmin(dim=1) == itself).sum()
        return total, hits

    def expected(self, step: int) -> dict[str, float | int]:
        """Loss of an encoder to which all images are the same."""
        return {"chance_loss": VARIANCE * (SD - EPSILON**0.5)}

    def measurements(self, loss: Tensor, hits: Tensor, embeddings: Tensor) -> Tensor:
        """As of `Objective`, with the spread of directions, and the terms of the loss."""
        measured = super().measurements(loss, hits, normalize(embeddings, dim=1))
        return torch.cat([measured, self._terms / self.processes.size])


def spread_lacking(embeddings: Tensor) -> Tensor:
    """How far the SD of dimensions of embeddings (n, d) falls short of `SD`, on average (eq. 1)."""
    return relu(SD - (embeddings.var(dim=0) + EPSILON).sqrt()).mean()


def correlated(embeddings: Tensor) -> Tensor:
    """Sum of the squared covariances of different dimensions of embeddings (n, d), by d (eq. 4)."""
    centred = embeddings - embeddings.mean(dim=0)
    covariance = centred.T @ centred / (len(embeddings) - 1)
    apart = ~torch.eye(len(covariance), dtype=torch.bool, device=embeddings.device)
    return covariance[apart].square().sum() / len(covariance)


OBJECTIVE = VICReg
