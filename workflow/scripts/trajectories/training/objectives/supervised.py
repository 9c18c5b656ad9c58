"""Supervised learning: cross-entropy of the class of each training image, from one view of it.

The classifier is one linear layer on the pooled features, as in the networks of torchvision. Groups
of batch normalisation are those of the other objectives, so that the first group alone moves the
running statistics here, too.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from trajectories.errors import UserError
from trajectories.networks.backbone import build_backbone, feature_count
from trajectories.study.recipe import Recipe
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives.objective import Batch, Labels, Objective


class Classifier(nn.Module):
    """Backbone with a linear classifier on its pooled features; the backbone is drawn first."""

    def __init__(self, recipe: Recipe, n_classes: int) -> None:
        super().__init__()
        self.backbone = build_backbone(recipe.architecture, recipe.stem)
        self.head = nn.Linear(feature_count(recipe.architecture), n_classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, d) of images (n, 3, h, w), and a score (n, n_classes) for each class.

        Both are float32 also under autocast.
        """
        features = self.backbone(images)
        return features.float(), self.head(features).float()


class Supervised(Objective):
    """A classifier of the training images; parameters as of `Objective`.

    Attributes
    ----------
    classes : integer Tensor of shape (n_images,)
        The class of each training image, from 0 to the number of classes that occur - 1.

    Raises
    ------
    UserError
        If an image has no class, or all have the same.
    """

    measured: ClassVar[Mapping[str, Literal["step", "image"]]] = {
        "loss": "step",
        "class_top1": "image",
        "embedding_sd": "step",
    }
    remedy = "lower training.learning_rate"

    def __init__(
        self,
        recipe: Recipe,
        init_seed: int,
        processes: Processes = ALONE,
        labels: Labels | None = None,
        images_at_once: int | None = None,
    ) -> None:
        super().__init__(recipe, init_seed, processes, labels, images_at_once)
        found = self.classes_of(numbered(labels, recipe.objective))
        self.classes = torch.from_numpy(found)
        shares = np.bincount(found) / len(found)
        # What the best guess gives that does not look at the image.
        self._chance = {
            "chance_loss": float(-(shares * np.log(shares)).sum()),
            "class_chance": float(shares.max()),
        }
        with self.drawn("init"):
            self.network = Classifier(recipe, len(shares))

    def classes_of(self, labels: Labels) -> Labels:
        """The classes to learn, given those of the images; both of shape (n_images,)."""
        return labels

    @property
    def trained(self) -> Classifier:
        """The network with its classifier."""
        return self.network

    def learn(self, batch: Batch) -> Iterator[Tensor]:
        """Add the gradients of the cross-entropy of the classes."""
        (view,) = batch.views
        targets = self.classes[batch.images].to(view.device)
        first = 0
        for part in self.parts(view, self.network):
            target = targets[first : first + len(part)]
            first += len(part)
            features, scores = self.network(part)
            loss = cross_entropy(scores, target) * (len(part) / self.recipe.batch_size)
            loss.backward()
            hits = (scores.argmax(dim=1) == target).sum()
            yield self.measurements(loss, hits, normalize(features.detach(), dim=1))

    def expected(self, step: int) -> dict[str, float | int]:
        """Entropy of the classes, and the share of the most frequent one."""
        return dict(self._chance)


def numbered(labels: Labels | None, objective: str) -> Labels:
    """Labels (n_images,) without the numbers that do not occur, in the same order.

    Raises
    ------
    UserError
        If an image has none, or all have the same.
    """
    if labels is None or (labels < 0).any():
        raise UserError(
            f"the objective {objective} learns from the classes of the training images, but some"
            " have none: choose other `images`, or another `training.objective`"
        )
    found, number = np.unique(labels, return_inverse=True)
    if len(found) < 2:
        raise UserError(
            f"the objective {objective} learns from the classes of the training images, but all are"
            " of one class: choose other `images`, or another `training.objective`"
        )
    return number.astype(np.int64)


OBJECTIVE = Supervised
