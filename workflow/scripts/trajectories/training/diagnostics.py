"""Signs that a network is learning or has stopped: neighbours, spread of embeddings, history."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from trajectories import seeding
from trajectories.errors import UserError
from trajectories.storage.history import HistoryRow

COLLAPSED_SPREAD = 0.02
"""Spread below which all images have practically one embedding (1: as random directions)."""


class TrainingFailedError(UserError):
    """Training cannot usefully go on; the last good state is kept."""


def spread(embeddings: Tensor) -> Tensor:
    """Spread of unit vectors (n, d): 1 for random directions, 0 when all are the same.

    The standard deviation over images, averaged over dimensions, times √d (Chen & He 2021,
    SimSiam, section 4.1).
    """
    return embeddings.std(dim=0).mean() * math.sqrt(embeddings.shape[1])


@torch.no_grad()
def nearest_neighbour_accuracy(features: Tensor, labels: Tensor) -> float:
    """Share of images whose nearest other image (cosine) has their label.

    Parameters
    ----------
    features : Tensor of shape (n, d)
    labels : integer Tensor of shape (n,)

    Returns
    -------
    float
        Between 0 and 1; `neighbour_chance` is what guessing gives.
    """
    unit = normalize(features.float(), dim=1)
    similarity = (unit @ unit.T).fill_diagonal_(-math.inf)
    return (labels[similarity.argmax(dim=1)] == labels).float().mean().item()


@torch.no_grad()
def matching_accuracy(first: Tensor, second: Tensor) -> float:
    """Share of rows of `first` (n, d) nearest (cosine) to the same row of `second` (n, d)."""
    similarity = normalize(first.float(), dim=1) @ normalize(second.float(), dim=1).T
    matched = similarity.argmax(dim=1) == torch.arange(len(first), device=first.device)
    return matched.float().mean().item()


def neighbour_chance(labels: Tensor) -> float:
    """Expected nearest-neighbour accuracy when the neighbour is any other image at random."""
    n = len(labels)
    counts = torch.bincount(labels).double()
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def probe_sample(labels: NDArray[np.integer[Any]], count: int) -> NDArray[np.intp]:
    """Indices of at most `count` images for the nearest-neighbour diagnostic.

    As many labels as fit, drawn at random but the same for every instance, and of each the same
    number of images: at least two, or there would be no neighbour to find.

    Parameters
    ----------
    labels : int array of shape (n,)
    """
    kinds, sizes = np.unique(labels, return_counts=True)
    each = max(2, count // len(kinds))
    kinds = seeding.generator(0, "sample").permutation(kinds[sizes >= 2])[: max(1, count // each)]
    chosen = [np.flatnonzero(labels == kind)[:each] for kind in kinds]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.intp)


@torch.no_grad()
def features(backbone: nn.Module, images: Tensor, batch: int = 128) -> Tensor:
    """Pooled features (n, d) of normalised images (n, 3, h, w), in evaluation mode."""
    mode = backbone.training
    backbone.eval()
    result = torch.cat([backbone(part) for part in torch.split(images, batch)])
    backbone.train(mode)
    return result


def check_health(
    epoch: int, seed: int, row: HistoryRow, weights: Iterable[Tensor], kept: Path, remedy: str
) -> None:
    """Stop a run that cannot recover, judged by its row of the history and its weights.

    Parameters
    ----------
    kept : Path
        The last good state.
    remedy : str
        What to try, by keys of the config.

    Raises
    ------
    TrainingFailedError
        If the loss or a weight is not finite, or the embeddings have collapsed.
    """
    loss, embedding_sd = row["loss"], row["embedding_sd"]
    ending = f"the last good state is kept in {kept}; {remedy} in the config and start again"
    if loss is None or not math.isfinite(loss):
        raise TrainingFailedError(
            f"training of seed {seed} stopped in epoch {epoch}: the loss is {loss}; {ending}"
        )
    if not all(bool(torch.isfinite(tensor).all()) for tensor in weights):
        raise TrainingFailedError(
            f"training of seed {seed} stopped in epoch {epoch}: some weights are not finite;"
            f" {ending}"
        )
    if embedding_sd is not None and embedding_sd < COLLAPSED_SPREAD:
        raise TrainingFailedError(
            f"training of seed {seed} stopped in epoch {epoch}: all images have collapsed to one"
            f" embedding (spread {embedding_sd:.4f}, and training stops below {COLLAPSED_SPREAD});"
            f" {ending}"
        )
