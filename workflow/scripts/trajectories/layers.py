"""Layers with torch's parameters and results, cut to the needs of this study.

They are put in the place of torch's by their class alone, so that weights, their names and their
random start are those of the torchvision network.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional


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


class CutConv2d(nn.Conv2d):
    """A convolution that leaves out the part of its kernel that only meets padding.

    Where the output is a single pixel, as in the last stages of a ResNet on images of 32 px, a
    padded kernel lies on the image once: of 3 × 3 weights, one or four meet anything but zeros.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Convolve `images` (n, channels, height, width)."""
        height, width = images.shape[2:]
        if not (self._single(height, 0) and self._single(width, 1)):
            return super().forward(images)
        rows, columns = self._met(height, 0), self._met(width, 1)
        weight = self.weight[:, :, rows, columns]
        seen = images[:, :, : weight.shape[2], : weight.shape[3]]
        return functional.conv2d(seen, weight, self.bias)

    def _single(self, length: int, axis: int) -> bool:
        """Whether an image of this length has one pixel of output, and a kernel on padding."""
        padding = int(self.padding[axis])
        beyond = length + 2 * padding - self.kernel_size[axis]
        return padding > 0 and 0 <= beyond < self.stride[axis]

    def _met(self, length: int, axis: int) -> slice:
        """Weights that lie on an image of this length."""
        padding = int(self.padding[axis])
        return slice(padding, min(padding + length, self.kernel_size[axis]))


def refine(network: nn.Module) -> None:
    """Put these layers in the place of torch's."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GroupedBatchNorm2d
        elif type(module) is nn.Conv2d and module.groups == 1 and set(module.dilation) == {1}:
            module.__class__ = CutConv2d


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
