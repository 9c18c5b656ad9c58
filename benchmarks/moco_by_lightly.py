"""MoCo v2 put together from lightly's parts, as in its own example. A peer to measure against."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import MoCoProjectionHead
from lightly.models.utils import (
    batch_shuffle,
    batch_unshuffle,
    deactivate_requires_grad,
    update_momentum,
)
from lightly.transforms import MoCoV2Transform
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


def transform(size: int) -> Any:
    """Lightly's augmentation of MoCo v2."""
    return MoCoV2Transform(input_size=size)


class MoCo(nn.Module):
    """Backbone and head, each with a copy that follows."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        features = network.fc.in_features
        self.backbone = nn.Sequential(*list(network.children())[:-1])
        self.projection_head = MoCoProjectionHead(features, features, 128)
        self.backbone_momentum = copy.deepcopy(self.backbone)
        self.projection_head_momentum = copy.deepcopy(self.projection_head)
        deactivate_requires_grad(self.backbone_momentum)
        deactivate_requires_grad(self.projection_head_momentum)

    def forward(self, images: Tensor) -> Tensor:
        queries: Tensor = self.projection_head(self.backbone(images).flatten(start_dim=1))
        return queries

    def forward_momentum(self, images: Tensor) -> Tensor:
        features = self.backbone_momentum(images).flatten(start_dim=1)
        keys: Tensor = self.projection_head_momentum(features)
        return keys.detach()


def steps(
    images: Dataset[Any], network: nn.Module, batch_size: int, queue_size: int, workers: int
) -> Iterator[None]:
    """Train forever; one step per request."""
    loader = DataLoader(
        images,
        batch_size,
        shuffle=True,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
    )
    model = MoCo(network)
    criterion = NTXentLoss(temperature=0.2, memory_bank_size=(queue_size, 128))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
    while True:
        for (first, second), _ in loader:
            update_momentum(model.backbone, model.backbone_momentum, m=0.999)
            update_momentum(model.projection_head, model.projection_head_momentum, m=0.999)
            queries = model(first)
            with torch.no_grad():
                shuffled, order = batch_shuffle(second)
                keys = batch_unshuffle(model.forward_momentum(shuffled), order)
            loss = criterion(queries, keys)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            yield
