"""MoCo v2 as written by hand: torchvision transforms on PIL images, a DataLoader, a queue.

After the public code (github.com/facebookresearch/moco), on one device. A peer to measure against.
"""

import copy
import random
from collections.abc import Iterator
from typing import Any

import torch
from PIL import Image, ImageFilter
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class GaussianBlur:
    """Blur of a random width, as in the public code."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, image: Image.Image) -> Image.Image:
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(self.low, self.high)))


class TwoCrops:
    """Two views of one image."""

    def __init__(self, transform: Any) -> None:
        self.transform = transform

    def __call__(self, image: Image.Image) -> list[Tensor]:
        return [self.transform(image), self.transform(image)]


def transform(size: int) -> TwoCrops:
    """The augmentation of MoCo v2."""
    jitter = transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)
    return TwoCrops(
        transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
                transforms.RandomApply([jitter], p=0.8),
                transforms.RandomGrayscale(p=0.2),
                transforms.RandomApply([GaussianBlur(0.1, 2.0)], p=0.5),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )
    )


class Encoder(nn.Module):
    """A torchvision ResNet with a head of two layers."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        features = network.fc.in_features
        network.fc = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(), nn.Linear(features, 128)
        )

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.normalize(self.network(images), dim=1)


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
    query = Encoder(network)
    key = copy.deepcopy(query).requires_grad_(False)
    queue, pointer = nn.functional.normalize(torch.randn(128, queue_size), dim=0), 0
    optimiser = torch.optim.SGD(query.parameters(), 0.03, momentum=0.9, weight_decay=1e-4)
    loss_of = nn.CrossEntropyLoss()
    while True:
        for (first, second), _ in loader:
            queries = query(first)
            with torch.no_grad():
                for own, followed in zip(key.parameters(), query.parameters(), strict=True):
                    own.data = own.data * 0.999 + followed.data * 0.001
                order = torch.randperm(batch_size)
                keys = key(second[order])[order.argsort()]
            positive = (queries * keys).sum(1, keepdim=True)
            logits = torch.cat([positive, queries @ queue.clone().detach()], dim=1) / 0.2
            loss = loss_of(logits, torch.zeros(batch_size, dtype=torch.long))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            queue[:, pointer : pointer + batch_size] = keys.T
            pointer = (pointer + batch_size) % queue_size
            yield
