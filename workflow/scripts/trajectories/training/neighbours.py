"""Weighted k-nearest-neighbour accuracy, by which self-supervised networks are usually compared."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.optim.swa_utils import update_bn

from trajectories.errors import UserError
from trajectories.images.training_images import TrainingImages
from trajectories.training import diagnostics

K, TEMPERATURE = 200, 0.1  # as Wu et al. 2018
_QUERIES_AT_ONCE = 512
_LARGEST = 2**26  # similarities at once
_IMAGES_AT_ONCE = 256


@torch.no_grad()
def weighted_accuracy(
    bank: Tensor,
    bank_labels: Tensor,
    queries: Tensor,
    labels: Tensor,
    k: int = K,
    temperature: float = TEMPERATURE,
) -> float:
    """Share of queries whose label their nearest neighbours tell (Wu et al. 2018, section 3.4).

    Each of the k images of the bank with the largest cosine similarity s votes for its label with
    the weight exp(s / temperature). Ties between labels go to the one that comes first.

    Parameters
    ----------
    bank : floating Tensor of shape (n, d)
        Features of the images whose labels are known.
    bank_labels : integer Tensor of shape (n,)
        From 0.
    queries : floating Tensor of shape (m, d)
    labels : integer Tensor of shape (m,)
    k : int
        Of a smaller bank all images vote.
    temperature : float

    Returns
    -------
    float
        Between 0 and 1.
    """
    bank = normalize(bank.float(), dim=1)
    count = int(torch.cat([bank_labels, labels]).max()) + 1
    right = 0
    at_once = max(1, min(_QUERIES_AT_ONCE, _LARGEST // len(bank)))
    for part, truth in zip(queries.split(at_once), labels.split(at_once), strict=True):
        similarity, nearest = (normalize(part.float(), dim=1) @ bank.T).topk(min(k, len(bank)))
        votes = torch.zeros(len(part), count, dtype=similarity.dtype, device=bank.device)
        # Relative to the nearest, so that low temperatures do not overflow.
        weights = ((similarity - similarity[:, :1]) / temperature).exp()
        votes.scatter_add_(1, bank_labels[nearest], weights)
        right += int((votes.argmax(dim=1) == truth).sum())
    return right / len(queries)


def chance(bank_labels: Tensor, labels: Tensor) -> float:
    """Accuracy of naming each query after an image of the bank at random.

    Parameters
    ----------
    bank_labels, labels : integer Tensors of shape (n,) and (m,)
        From 0.
    """
    count = int(torch.cat([bank_labels, labels]).max()) + 1
    shares = [each.bincount(minlength=count).double() / len(each) for each in (bank_labels, labels)]
    return float(shares[0] @ shares[1])


def matched(names: Sequence[str], bank: Sequence[str]) -> NDArray[np.intp]:
    """For each name of a class of the queries, its place among those of the bank.

    Raises
    ------
    UserError
        If the bank has none of that name.
    """
    places = {name: place for place, name in enumerate(bank)}
    if lacking := [name for name in names if name not in places]:
        raise UserError(
            f"held-out images are of the class {lacking[0]}, of which no network learns an image:"
            " name a folder with the same classes in config key `knn.folder`"
        )
    return np.array([places[name] for name in names], dtype=np.intp)


class Labelled(NamedTuple):
    """Images, and the label (n,) of each; -1 without one."""

    images: TrainingImages
    label: NDArray[np.integer[Any]]


class Neighbours:
    """Held-out images and the bank that they are compared with, for the weights of any checkpoint.

    Parameters
    ----------
    bank, queries : Labelled
        Training images and held-out ones; those without a label are left out.
    backbone : nn.Module
        On its device: images (n, 3, s, s) → pooled features (n, d).
    recalibration : Tensor of shape (n, 3, s, s) or None
        Normalised images on which statistics of batch normalisation are estimated again, as for
        activations; None keeps those of training.
    size : int
        Side of the input, px.

    Raises
    ------
    UserError
        If no image of either has a label.
    """

    def __init__(
        self,
        bank: Labelled,
        queries: Labelled,
        backbone: nn.Module,
        recalibration: Tensor | None,
        size: int,
    ) -> None:
        self.backbone, self.recalibration, self.size = backbone, recalibration, size
        self._parts = [(part.images, np.flatnonzero(part.label >= 0)) for part in (bank, queries)]
        if not all(len(chosen) for _, chosen in self._parts):
            raise UserError(
                "the images have no labels that neighbours could tell: delete config key `knn`"
            )
        self._labels = [
            torch.from_numpy(part.label[part.label >= 0].astype(np.int64))
            for part in (bank, queries)
        ]

    @property
    def chance(self) -> float:
        """Accuracy of guessing."""
        return chance(*self._labels)

    def __call__(self, weights: Mapping[str, Tensor], k: int, temperature: float) -> float:
        """Weighted accuracy with the weights of a checkpoint."""
        self.backbone.load_state_dict(dict(weights))
        if self.recalibration is not None:
            device = next(self.backbone.parameters()).device
            parts = math.ceil(len(self.recalibration) / _IMAGES_AT_ONCE)
            update_bn(self.recalibration.tensor_split(parts), self.backbone, device)
        bank, queries = (self._features(*part) for part in self._parts)
        bank_labels, labels = (each.to(bank.device) for each in self._labels)
        return weighted_accuracy(bank, bank_labels, queries, labels, k, temperature)

    def _features(self, images: TrainingImages, chosen: NDArray[np.intp]) -> Tensor:
        """Pooled features (n, d) of whole images, in evaluation mode."""
        device = next(self.backbone.parameters()).device
        count = math.ceil(len(chosen) / _IMAGES_AT_ONCE)
        return torch.cat(
            [
                diagnostics.features(self.backbone, images.whole(part, self.size).to(device))
                for part in np.array_split(chosen, count)
            ]
        )
