"""Layers with torch's parameters and results, cut to the needs of this study.

They replace torch's layers by their class alone, so that weights, their names and their
random initialisation are those of the torchvision network.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from trajectories.networks import convolution


class GroupedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation of the equal groups of a batch, each by its own statistics.

    Only the first group moves the running statistics, and only where `moving` is true. In
    evaluation it is torch's layer.

    Attributes
    ----------
    groups : int
        Number of groups; 1 makes it torch's layer.
    moving : bool
    """

    groups = 1
    moving = True

    def forward(self, images: Tensor) -> Tensor:
        """Normalise `images` (n, channels, height, width); n is a multiple of `groups`."""
        if not self.training or (self.groups == 1 and self.moving):
            return super().forward(images)
        first, *rest = images.chunk(self.groups)
        normalised = [super().forward(first) if self.moving else self._by_itself(first)]
        return torch.cat([*normalised, *map(self._by_itself, rest)])

    def _by_itself(self, group: Tensor) -> Tensor:
        return functional.batch_norm(
            group, None, None, self.weight, self.bias, training=True, eps=self.eps
        )


class Im2colConv2d(nn.Conv2d):
    """A convolution by im2col on a CPU, where that is the faster way."""

    def forward(self, images: Tensor) -> Tensor:
        """Convolve `images` (n, channels, height, width)."""
        if images.device.type != "cpu":
            return super().forward(images)
        stride, padding = self.stride[0], int(self.padding[0])
        return convolution.convolve(images, self.weight, self.bias, stride, padding)


def replace_layers(network: nn.Module) -> None:
    """Put these layers in the place of torch's, weights untouched."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GroupedBatchNorm2d
        elif type(module) is nn.Conv2d and _replaceable(module):
            module.__class__ = Im2colConv2d


def _replaceable(layer: nn.Conv2d) -> bool:
    """Whether it is square and dense, without dilation."""
    square = all(len(set(of)) == 1 for of in (layer.kernel_size, layer.stride, layer.padding))
    dense = layer.groups == 1 and set(layer.dilation) == {1} and layer.padding_mode == "zeros"
    return square and dense


@contextmanager
def normalised_in_groups(network: nn.Module, groups: int, moving: bool) -> Iterator[None]:
    """Normalise the batches of a network in groups; the first may move running statistics."""
    layers = [layer for layer in network.modules() if isinstance(layer, GroupedBatchNorm2d)]
    for layer in layers:
        layer.groups, layer.moving = groups, moving
    try:
        yield
    finally:
        for layer in layers:
            layer.groups, layer.moving = 1, True
