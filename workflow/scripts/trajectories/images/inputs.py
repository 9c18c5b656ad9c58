"""Images as network input, the same for training, test images, probes and recalibration."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


def unit_range(images: Tensor) -> Tensor:
    """Contiguous float32 in [0, 1]; bytes are divided by 255."""
    values = images.to(torch.float32, memory_format=torch.contiguous_format)
    return values if images.is_floating_point() else values.div_(255)


def normalise(images: Tensor) -> Tensor:
    """Subtract ImageNet's mean and divide by its standard deviation, channel by channel.

    Parameters
    ----------
    images : uint8 Tensor, or floating Tensor in [0, 1], of shape (n, 3, height, width)

    Returns
    -------
    float32 Tensor of shape (n, 3, height, width)
    """
    mean, sd = (
        torch.tensor(values, device=images.device).view(3, 1, 1)
        for values in (IMAGENET_MEAN, IMAGENET_SD)
    )
    return (unit_range(images) - mean).div_(sd)


def network_input(images: NDArray[np.uint8], size: int) -> Tensor:
    """Normalised input of whole images, resized (antialiased bilinear) where need be.

    Parameters
    ----------
    images : uint8 array of shape (n, height, width, 3), RGB
    size : int
        Side of the square input in pixels.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size)
    """
    pixels = unit_range(torch.from_numpy(images).permute(0, 3, 1, 2))
    if pixels.shape[2:] != (size, size):
        pixels = interpolate(
            pixels, size=(size, size), mode="bilinear", antialias=True, align_corners=False
        )
    return normalise(pixels)
