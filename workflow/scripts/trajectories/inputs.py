"""Whole images as network input, the same for test images, probes and recalibration."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


def normalise(images: Tensor) -> Tensor:
    """ImageNet normalisation of images (n, 3, height, width) with values in [0, 1]."""
    mean = torch.tensor(IMAGENET_MEAN, device=images.device).view(3, 1, 1)
    sd = torch.tensor(IMAGENET_SD, device=images.device).view(3, 1, 1)
    return (images - mean) / sd


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
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    if pixels.shape[2:] != (size, size):
        pixels = interpolate(
            pixels, size=(size, size), mode="bilinear", antialias=True, align_corners=False
        )
    return normalise(pixels)
