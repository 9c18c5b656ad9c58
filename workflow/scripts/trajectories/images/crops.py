"""Crops of images, resized as torchvision and Pillow do, on whole batches and on any device."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trajectories.images.inputs import unit_range


def crop_resize(images: Tensor, boxes: NDArray[np.int64], size: int) -> Tensor:
    """Crops resized with antialiased bilinear interpolation, one box an image.

    Parameters
    ----------
    images : uint8 Tensor, or floating Tensor in [0, 1], of shape (n, 3, height, width)
    boxes : int64 array of shape (n, 4)
        Top, left, height and width, px.
    size : int
        Side of the result, px.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size), in [0, 1]
    """
    top, left, box_height, box_width = boxes.T
    rows = resize_weights(top, box_height, images.shape[2], size, images.device)
    columns = resize_weights(left, box_width, images.shape[3], size, images.device)
    return separable(unit_range(images), rows, columns)


def resize_weights(
    start: NDArray[np.int64],
    length: NDArray[np.int64],
    source: int,
    size: int,
    device: torch.device,
) -> Tensor:
    """Weights (n, size, source) that resize pixels start … start + length - 1 to `size`.

    A triangle about each output pixel's centre, one source pixel wide on each side or, when
    downsampling, one output pixel, cut at the ends of the crop and normalised.
    """
    scale = length / size
    centre = scale[:, None] * (np.arange(size) + 0.5)
    pixel = start[:, None] + np.floor(centre)
    taps = np.arange(source)
    # Whole and fractional part go separately, so that float32 keeps the fraction's digits.
    distance = float_tensor(taps, device) - float_tensor(pixel[..., None], device)
    distance += float_tensor((0.5 - centre % 1)[..., None], device)
    widest = float_tensor(np.maximum(scale, 1)[:, None, None], device)
    weights = distance.abs_().div_(-widest).add_(1).clamp_(min=0)
    inside = (start[:, None] <= taps) & (taps < (start + length)[:, None])
    weights *= float_tensor(inside[:, None], device)
    return weights.div_(weights.sum(2, keepdim=True))


def separable(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Products rows @ channel @ columnsᵀ, (n, 3, h, w) → (n, 3, h', w'), in float32."""
    n, channels, height, width = images.shape
    with torch.autocast(images.device.type, enabled=False):
        across = images.reshape(n, channels * height, width) @ columns.mT
        return rows[:, None] @ across.view(n, channels, height, -1)


def float_tensor(values: NDArray[Any], device: torch.device) -> Tensor:
    """Values of any type as float32 on a device."""
    return torch.from_numpy(values).to(device, torch.float32)
