"""Convolution by im2col, for feature maps so small that the weights are what costs.

Libraries of convolutions for CPUs are made for large images. Where the output has a few pixels and
the kernel hundreds of channels, as late in a ResNet on images of 32 or 64 px, laying out the input
(im2col) and multiplying matrices is up to 20 times as fast (`benchmarks/convolution.py`).
"""

from itertools import product
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function

# Up to so many output pixels, im2col is faster for the gradient of the weights; and where output
# pixels times kernel size are at most so many (3 × 3 on 2 × 2), for everything else as well.
WEIGHT_GRADIENT_BY_IM2COL = 16
ALL_BY_IM2COL = 36

Window = tuple[slice, slice]


class Geometry(NamedTuple):
    """Sides of a convolution's output and kernel, its stride and its padding, all in px."""

    height: int
    width: int
    kernel_height: int
    kernel_width: int
    stride: int
    padding: int

    @classmethod
    def of(cls, images: torch.Size, weight: torch.Size, stride: int, padding: int) -> "Geometry":
        """Of a convolution of images (n, c, h, w) with a weight (filters, c, rows, columns)."""
        height, width = (
            (side + 2 * padding - kernel) // stride + 1
            for side, kernel in zip(images[2:], weight[2:], strict=True)
        )
        return cls(height, width, weight[2], weight[3], stride, padding)

    @property
    def pixels(self) -> int:
        """Output pixels of an image."""
        return self.height * self.width

    @property
    def all_by_im2col(self) -> bool:
        """Whether im2col is the faster way for all of the convolution."""
        return self.pixels * self.kernel_height * self.kernel_width <= ALL_BY_IM2COL


def convolve(
    images: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
) -> Tensor:
    """Convolve: large images as torch does, small ones by im2col.

    Parameters
    ----------
    images : floating Tensor of shape (n, channels, height, width)
    weight : floating Tensor of shape (filters, channels, rows, columns)
    bias : floating Tensor of shape (filters,), optional
    stride, padding : int

    Returns
    -------
    Tensor of shape (n, filters, height', width')
        Of the type of `images`; under autocast, of its type.
    """
    if has_torch_function((images, weight)):
        # A mode may take the place of it, as of torch's own convolution.
        inputs = (images, weight)
        return handle_torch_function(convolve, inputs, *inputs, bias, stride, padding)
    geometry = Geometry.of(images.shape, weight.shape, stride, padding)
    if geometry.pixels > WEIGHT_GRADIENT_BY_IM2COL:
        return functional.conv2d(images, weight, bias, stride, padding)
    window = (slice(None), slice(None))
    if padding and geometry.pixels == 1:
        # The kernel lies on each image once: what of it only meets padding is left out.
        rows, columns = (
            min(side, kernel - padding)
            for side, kernel in zip(images.shape[2:], weight.shape[2:], strict=True)
        )
        images = images[:, :, :rows, :columns]
        window = (slice(padding, padding + rows), slice(padding, padding + columns))
        padding = 0
    convolved = cast(Tensor, _Convolution.apply(images, weight, window, stride, padding))
    return convolved if bias is None else convolved + bias.to(convolved.dtype).view(-1, 1, 1)


class _Convolution(torch.autograd.Function):
    """Images, weight, the window of it that is used, stride and padding → convolved images."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, window: Window, stride: int, padding: int
    ) -> Tensor:
        dtype = images.dtype
        if dtype != torch.float64 and torch.is_autocast_enabled(images.device.type):
            dtype = torch.get_autocast_dtype(images.device.type)
        images, kernel = images.to(dtype), weight[:, :, *window].to(dtype)
        geometry = Geometry.of(images.shape, kernel.shape, stride, padding)
        ctx.save_for_backward(images, kernel)
        ctx.geometry, ctx.window, ctx.weight = geometry, window, (weight.shape, weight.dtype)
        if not geometry.all_by_im2col:
            return functional.conv2d(images, kernel, None, stride, padding)
        convolved = im2col(images, geometry) @ _filter_matrix(kernel).mT
        return convolved.view(len(images), geometry.height, geometry.width, -1).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        # The forward pass has chosen the types; it may have been exempt from autocast.
        with torch.autocast("cpu", enabled=False):
            of_images = _gradient_of_images(ctx, gradient) if ctx.needs_input_grad[0] else None
            of_weight = _gradient_of_weight(ctx, gradient) if ctx.needs_input_grad[1] else None
        return of_images, of_weight, None, None, None


def _gradient_of_images(ctx: Any, gradient: Tensor) -> Tensor:
    images, kernel = ctx.saved_tensors
    geometry = ctx.geometry
    if geometry.all_by_im2col:
        columns = _pixel_matrix(gradient) @ _filter_matrix(kernel)
        return col2im(columns, images, geometry)
    of_images: Tensor = torch.ops.aten.convolution_backward(
        gradient, images, kernel, None, [geometry.stride] * 2, [geometry.padding] * 2,
        [1, 1], False, [0, 0], 1, [True, False, False],
    )[0]  # fmt: skip
    return of_images


def _gradient_of_weight(ctx: Any, gradient: Tensor) -> Tensor:
    images, kernel = ctx.saved_tensors
    geometry, (shape, dtype) = ctx.geometry, ctx.weight
    flat = _pixel_matrix(gradient).mT @ im2col(images, geometry)
    inside = flat.view(len(kernel), geometry.kernel_height, geometry.kernel_width, -1)
    inside = inside.permute(0, 3, 1, 2)
    if kernel.shape == shape:
        return inside
    whole = torch.empty(shape, dtype=dtype, memory_format=torch.channels_last).zero_()
    whole[:, :, *ctx.window] = inside
    return whole


def _pixel_matrix(images: Tensor) -> Tensor:
    """(n, channels, height, width) → (n · height · width, channels)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def _filter_matrix(weight: Tensor) -> Tensor:
    """(filters, channels, rows, columns) → (filters, rows · columns · channels)."""
    return weight.permute(0, 2, 3, 1).reshape(len(weight), -1)


def im2col(images: Tensor, geometry: Geometry) -> Tensor:
    """Patch of the padded images under the kernel at each output pixel.

    As `torch.nn.functional.unfold`, with channels last.

    Returns
    -------
    Tensor of shape (n · height · width, kernel_height · kernel_width · channels)
    """
    border = [geometry.padding] * 4
    padded = functional.pad(images.permute(0, 2, 3, 1), (0, 0, *border)).contiguous()
    image, row, column, channel = padded.stride()
    stride = geometry.stride
    patches = padded.as_strided(
        (len(images), *geometry[:4], images.shape[1]),
        (image, row * stride, column * stride, row, column, channel),
    )
    return patches.reshape(len(images) * geometry.pixels, -1)


def col2im(columns: Tensor, images: Tensor, geometry: Geometry) -> Tensor:
    """Sum of overlapping patches, in the shape of `images`: `im2col` transposed.

    Up to kernel_height · kernel_width numbers are added, in float32 or better.
    """
    n, channels, height, width = images.shape
    border, stride = geometry.padding, geometry.stride
    patches = columns.view(n, *geometry[:4], channels)
    if patches.numel() == images.numel():
        return patches.view(n, height, width, channels).permute(0, 3, 1, 2)
    total = torch.zeros(
        (n, height + 2 * border, width + 2 * border, channels),
        dtype=torch.promote_types(images.dtype, torch.float32),
    )
    for row, column in product(range(geometry.kernel_height), range(geometry.kernel_width)):
        down = slice(row, row + stride * (geometry.height - 1) + 1, stride)
        across = slice(column, column + stride * (geometry.width - 1) + 1, stride)
        total[:, down, across] += patches[:, :, :, row, column]
    inside = total[:, border : border + height, border : border + width]
    return inside.to(images.dtype).permute(0, 3, 1, 2)
