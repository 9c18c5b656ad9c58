"""Convolution as one matrix product, for feature maps so small that its weights are what costs.

Libraries of convolutions for CPUs are made for large images. Where the output has a few pixels and
the kernel hundreds of channels, as late in a ResNet on images of 32 or 64 px, laying out the input
and multiplying matrices is up to 20 times as fast (`benchmarks/convolution.py`).
"""

from itertools import product
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

# Up to so many output pixels of an image, the gradient of the weights is faster by a product; and
# where the values of a kernel on all of them are at most so many (3 × 3 on 2 × 2), all the rest.
WEIGHTS_BY_PRODUCT = 16
ALL_BY_PRODUCT = 36

Part = tuple[slice, slice]


class Grid(NamedTuple):
    """Where a kernel lies on images: its places on each, and its sides, step and border in px."""

    height: int
    width: int
    rows: int
    columns: int
    stride: int
    padding: int

    @property
    def places(self) -> int:
        """Output pixels of an image."""
        return self.height * self.width

    @property
    def all_by_product(self) -> bool:
        """Whether a product is the faster way for all of the convolution."""
        return self.places * self.rows * self.columns <= ALL_BY_PRODUCT


def convolve(images: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Convolve without bias: large images as torch does, small ones by a matrix product.

    Parameters
    ----------
    images : floating Tensor of shape (n, channels, height, width)
    weight : floating Tensor of shape (filters, channels, rows, columns)
    stride, padding : int

    Returns
    -------
    Tensor of shape (n, filters, height', width')
        Of the type of `images`; under autocast, of its type.
    """
    met = (slice(None), slice(None))
    grid = _grid(images.shape, weight.shape, stride, padding)
    if grid.places > WEIGHTS_BY_PRODUCT:
        return functional.conv2d(images, weight, None, stride, padding)
    if padding and grid.places == 1:
        # The kernel lies on each image once: what of it only meets padding is left out.
        rows, columns = (
            min(side, kernel - padding)
            for side, kernel in zip(images.shape[2:], weight.shape[2:], strict=True)
        )
        images = images[:, :, :rows, :columns]
        met = (slice(padding, padding + rows), slice(padding, padding + columns))
        padding = 0
    return cast(Tensor, _Convolution.apply(images, weight, met, stride, padding))


def _grid(images: torch.Size, weight: torch.Size, stride: int, padding: int) -> Grid:
    height, width = (
        (side + 2 * padding - kernel) // stride + 1
        for side, kernel in zip(images[2:], weight[2:], strict=True)
    )
    return Grid(height, width, weight[2], weight[3], stride, padding)


class _Convolution(torch.autograd.Function):
    """Images, weight, the part of it that is used, stride and padding → convolved images."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, met: Part, stride: int, padding: int
    ) -> Tensor:
        kind = images.dtype
        if torch.is_autocast_enabled(images.device.type):
            kind = torch.get_autocast_dtype(images.device.type)
        images, used = images.to(kind), weight[:, :, *met].to(kind)
        grid = _grid(images.shape, used.shape, stride, padding)
        ctx.save_for_backward(images, used)
        ctx.grid, ctx.met, ctx.weight = grid, met, (weight.shape, weight.dtype)
        if not grid.all_by_product:
            return functional.conv2d(images, used, None, stride, padding)
        convolved = _seen(images, grid) @ _filters(used).mT
        return convolved.view(len(images), grid.height, grid.width, -1).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        images, used = ctx.saved_tensors
        grid, (shape, kind) = ctx.grid, ctx.weight
        of_images, of_weight = None, None
        if ctx.needs_input_grad[1]:
            flat = _pixels(gradient).mT @ _seen(images, grid)
            of_weight = flat.view(len(used), grid.rows, grid.columns, -1).permute(0, 3, 1, 2)
            if used.shape != shape:
                whole = torch.empty(shape, dtype=kind, memory_format=torch.channels_last).zero_()
                whole[:, :, *ctx.met] = of_weight
                of_weight = whole
        if ctx.needs_input_grad[0] and not grid.all_by_product:
            of_images = torch.ops.aten.convolution_backward(
                gradient, images, used, None, [grid.stride] * 2, [grid.padding] * 2, [1, 1],
                False, [0, 0], 1, [True, False, False],
            )[0]  # fmt: skip
        elif ctx.needs_input_grad[0]:
            of_images = _gathered(_pixels(gradient) @ _filters(used), images, grid)
        return of_images, of_weight, None, None, None


def _pixels(images: Tensor) -> Tensor:
    """(n, channels, height, width) → (n · height · width, channels)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def _filters(weight: Tensor) -> Tensor:
    """(filters, channels, rows, columns) → (filters, rows · columns · channels)."""
    return weight.permute(0, 2, 3, 1).reshape(len(weight), -1)


def _seen(images: Tensor, grid: Grid) -> Tensor:
    """What the kernel sees at each place, (n · height · width, rows · columns · channels)."""
    border = [grid.padding] * 4
    padded = functional.pad(images.permute(0, 2, 3, 1), (0, 0, *border)).contiguous()
    image, row, column, channel = padded.stride()
    seen = padded.as_strided(
        (len(images), grid.height, grid.width, grid.rows, grid.columns, images.shape[1]),
        (image, row * grid.stride, column * grid.stride, row, column, channel),
    )
    return seen.reshape(len(images) * grid.places, -1)


def _gathered(seen: Tensor, images: Tensor, grid: Grid) -> Tensor:
    """Sum over all places at which a pixel was seen: `_seen` transposed, in the shape of `images`.

    Up to rows · columns numbers are added, in float32 or better.
    """
    n, channels, height, width = images.shape
    border = grid.padding
    seen = seen.view(n, grid.height, grid.width, grid.rows, grid.columns, channels)
    if seen.numel() == images.numel():
        return seen.view(n, height, width, channels).permute(0, 3, 1, 2)
    total = torch.zeros(
        (n, height + 2 * border, width + 2 * border, channels),
        dtype=torch.promote_types(images.dtype, torch.float32),
    )
    for row, column in product(range(grid.rows), range(grid.columns)):
        down = slice(row, row + grid.stride * (grid.height - 1) + 1, grid.stride)
        across = slice(column, column + grid.stride * (grid.width - 1) + 1, grid.stride)
        total[:, down, across] += seen[:, :, :, row, column]
    inside = total[:, border : border + height, border : border + width]
    return inside.to(images.dtype).permute(0, 3, 1, 2)
