"""Images as network input, the same for training, test images, probes and recalibration."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)

Channels = Sequence[float]
"""A value for each of red, green and blue."""


def unit_range(images: Tensor) -> Tensor:
    """Contiguous float32 in [0, 1]; bytes are divided by 255."""
    values = images.to(torch.float32, memory_format=torch.contiguous_format)
    return values if images.is_floating_point() else values.div_(255)


def normalise(images: Tensor, mean: Channels = IMAGENET_MEAN, sd: Channels = IMAGENET_SD) -> Tensor:
    """Subtract a mean and divide by a standard deviation, channel by channel.

    Parameters
    ----------
    images : uint8 Tensor, or floating Tensor in [0, 1], of shape (n, 3, height, width)
    mean, sd : sequence of 3 floats
        By default ImageNet's.

    Returns
    -------
    float32 Tensor of shape (n, 3, height, width)
    """
    means, sds = _channels(mean, images.device), _channels(sd, images.device)
    return (unit_range(images) - means).div_(sds)


def unit_range_of(images: Tensor) -> Tensor:
    """Normalised images in [0, 1] again, to rounding."""
    mean, sd = (_channels(values, images.device) for values in (IMAGENET_MEAN, IMAGENET_SD))
    return (images * sd).add_(mean).clamp_(0, 1)


def renormalise(normalised: Tensor, mean: Channels, sd: Channels) -> Tensor:
    """Images that `normalise` normalised by ImageNet's mean and SD, by others instead."""
    if (tuple(mean), tuple(sd)) == (IMAGENET_MEAN, IMAGENET_SD):
        return normalised
    old_mean, old_sd, new_mean, new_sd = (
        _channels(values, normalised.device) for values in (IMAGENET_MEAN, IMAGENET_SD, mean, sd)
    )
    return (normalised * old_sd + (old_mean - new_mean)) / new_sd


def _channels(values: Channels, device: torch.device) -> Tensor:
    """A value for each channel, (3, 1, 1)."""
    return torch.tensor(values, device=device).view(3, 1, 1)


def network_input(
    images: NDArray[np.uint8],
    size: int,
    mean: Channels = IMAGENET_MEAN,
    sd: Channels = IMAGENET_SD,
) -> Tensor:
    """Normalised input of whole images, resized (antialiased bilinear) where need be.

    Parameters
    ----------
    images : uint8 array of shape (n, height, width, 3), RGB
    size : int
        Side of the square input in pixels.
    mean, sd : sequence of 3 floats
        Of each channel, by default ImageNet's.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size)
    """
    pixels = unit_range(torch.from_numpy(images).permute(0, 3, 1, 2))
    if pixels.shape[2:] != (size, size):
        pixels = interpolate(
            pixels, size=(size, size), mode="bilinear", antialias=True, align_corners=False
        )
    return normalise(pixels, mean, sd)
