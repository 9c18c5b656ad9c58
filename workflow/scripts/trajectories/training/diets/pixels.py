"""What a diet does to pixels: on whole batches, where they lie, on any device.

Each image is changed by itself. On a CPU it comes out the same to the last bit in any batch.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trajectories import seeding
from trajectories.images.crops import float_tensor, resize_weights, separable
from trajectories.images.inputs import IMAGENET_MEAN
from trajectories.training import augment
from trajectories.training.diets.changes import KINDS, few_pixels
from trajectories.training.diets.draws import Drawn

# Standard normal numbers from which the noise of each view is cut, at a place drawn for it. Fresh
# ones for each pixel would cost more than a training step on a GPU, or differ between devices.
_NOISE = 1 << 22

Operation = Callable[[Tensor, Drawn, float], None]


def apply(images: Tensor, drawn: Sequence[Drawn], side: float) -> Tensor:
    """Make the changes of a diet, one after another.

    Parameters
    ----------
    images : float32 Tensor of shape (n, 3, size, size), in [0, 1]
        May be changed.
    drawn : sequence of Drawn
        Each for n images.
    side : float
        What the side of an image measures in the unit of the blur.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size), in [0, 1]
    """
    for each in drawn:
        acts = np.flatnonzero(each.strength != KINDS[each.change].neutral)
        if len(acts) == 0:
            continue
        if len(acts) == len(images):
            _OPERATIONS[each.change](images, each, side)
            continue
        index = torch.from_numpy(acts).to(images.device)
        some = images.index_select(0, index)
        chosen = Drawn(each.change, each.strength[acts], each.place[acts])
        _OPERATIONS[each.change](some, chosen, side)
        images.index_copy_(0, index, some)
    return images


def _factor(operation: Callable[[Tensor, Tensor], None]) -> Operation:
    def change(images: Tensor, drawn: Drawn, side: float) -> None:
        operation(images, float_tensor(drawn.strength, images.device))

    return change


def _blur(images: Tensor, drawn: Drawn, side: float) -> None:
    size = images.shape[2]
    sigma, of_image = np.unique(drawn.strength * (size / side), return_inverse=True)
    kernels = float_tensor(augment.gaussian_kernels(sigma, size), images.device)
    _multiply(images, augment.blur_weights(kernels), of_image)


def _resolution(images: Tensor, drawn: Drawn, side: float) -> None:
    size = images.shape[2]
    few, of_image = np.unique(few_pixels(drawn.strength, size), return_inverse=True)
    whole, none = np.array([size]), np.array([0])
    weights = [
        resize_weights(none, np.array([each]), int(each), size, images.device)
        @ resize_weights(none, whole, size, int(each), images.device)
        for each in few
    ]
    _multiply(images, torch.cat(weights), of_image)


def _multiply(images: Tensor, weights: Tensor, of_image: NDArray[np.intp]) -> None:
    """Rows and columns of each image by its matrix, one of `weights` (k, size, size)."""
    if len(weights) > 1:
        weights = weights.index_select(0, torch.from_numpy(of_image).to(images.device))
    images.copy_(separable(images, weights, weights))


def _spectrum(images: Tensor, drawn: Drawn, side: float) -> None:
    """Leave out parts of the Fourier plane that are weaker than a share of the strongest."""
    parts = torch.fft.rfft2(images)
    amplitude = parts.abs()
    least = amplitude.amax((1, 2, 3)).mul_(float_tensor(drawn.strength, images.device))
    parts.mul_(amplitude >= least[:, None, None, None])
    images.copy_(torch.fft.irfft2(parts, s=images.shape[2:])).clamp_(0, 1)


def _field(images: Tensor, drawn: Drawn, side: float) -> None:
    """Show a central square alone; around it the network's input is 0 (ImageNet's mean colour)."""
    size = images.shape[2]
    wide = few_pixels(drawn.strength, size)
    first = ((size - wide) // 2)[:, None]
    inside = (first <= np.arange(size)) & (np.arange(size) < first + wide[:, None])
    line = torch.from_numpy(inside).to(images.device)
    shown = line[:, None, :, None] & line[:, None, None, :]
    around = torch.tensor(IMAGENET_MEAN, device=images.device).view(1, 3, 1, 1)
    images.copy_(torch.where(shown, images, around))


def _noise(images: Tensor, drawn: Drawn, side: float) -> None:
    count = images[0].numel()
    table = _noise_table(images.device)
    rows = table.as_strided((len(table) - count + 1, count), (1, 1))
    places = torch.from_numpy((drawn.place * len(rows)).astype(np.int64)).to(images.device)
    noise = rows.index_select(0, places).view_as(images)
    strength = float_tensor(drawn.strength, images.device)[:, None, None, None]
    images.add_(noise.mul_(strength)).clamp_(0, 1)


@cache
def _noise_table(device: torch.device) -> Tensor:
    values = seeding.generator(0, "diet").standard_normal(_NOISE, dtype=np.float32)
    return torch.from_numpy(values).to(device)


def _flip(images: Tensor, drawn: Drawn, side: float) -> None:
    images.copy_(images.flip(2))


_OPERATIONS: dict[str, Operation] = {
    "blur": _blur,
    "saturation": _factor(augment.saturation),
    "contrast": _factor(augment.contrast),
    "brightness": _factor(augment.brightness),
    "resolution": _resolution,
    "spectrum": _spectrum,
    "field": _field,
    "noise": _noise,
    "flip": _flip,
}
