"""MoCo v2's augmentation (Chen et al. 2020), on whole batches and on any device.

Each image has parameters of its own, all drawn beforehand with numpy, and no result depends on
what else is in the batch. On CPU an image comes out the same to the last bit in any batch and
with any number of threads; on a GPU the matrix products may take another kernel for another
batch size and differ by rounding.
On a GPU, `torch.backends.cuda.matmul.allow_tf32` must be off, as it is by default, for products
to be float32.

Values follow torchvision's functions on float tensors. The published code works on 8-bit PIL
images, which round after each step and blur with three boxes in place of a Gaussian.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trajectories.images.crops import crop_resize, float_tensor, separable
from trajectories.images.inputs import normalise, unit_range
from trajectories.training.augment_parameters import AugmentationSettings, Parameters, draw

__all__ = [
    "AugmentationSettings",
    "Parameters",
    "apply",
    "distort",
    "draw",
]

GREY_WEIGHTS = (0.2989, 0.587, 0.114)


def apply(images: Tensor, parameters: Parameters, size: int) -> Tensor:
    """Augmented views of `images`: crop, resize and augment.

    Parameters
    ----------
    images : uint8 Tensor, or floating Tensor in [0, 1], of shape (n, 3, height, width)
    parameters : Parameters of n images
    size : int
        Side of the square views, px.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size), normalised
    """
    return distort(crop_resize(images, parameters.boxes, size), parameters)


def distort(
    images: Tensor, parameters: Parameters, change: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Everything after the crop: jitter, greyscale, blur, flip and normalisation.

    Parameters
    ----------
    images : Tensor of shape (n, 3, size, size), in [0, 1]
        Left as it is.
    parameters : Parameters of n images
    change : callable, optional
        What else happens to the views, in their order and in [0, 1], before they are normalised.

    Returns
    -------
    float32 Tensor of shape (n, 3, size, size), normalised
    """
    # Factors that change nothing are left out: a turn through hue would still round.
    acts = parameters.jitter[:, None] & (parameters.factors != [1, 1, 1, 0])
    turns = np.where(np.take_along_axis(acts, parameters.order, axis=1), parameters.order, -1)
    line = _Line(unit_range(images))
    for two_turns in np.split(turns.T, 2):
        line.arrange(two_turns)
        for turn in two_turns:
            for number, operation in enumerate((brightness, contrast, saturation, _hue)):
                line.change(turn == number, operation, parameters.factors[:, number])
    line.arrange(np.stack([parameters.grayscale, parameters.blur, parameters.flip]))
    line.change(parameters.grayscale, _greyscale)
    line.change(parameters.blur, _blur, gaussian_kernels(parameters.sigma, images.shape[2]))
    line.change(parameters.flip, _flip)
    views = line.in_order()
    return normalise(views if change is None else change(views))


class _Line:
    """Views in a row, arranged so that those with the same operations are adjacent.

    They are changed where they lie: to take some out, make new ones and put these back takes a CPU
    longer than most operations. To arrange them makes a copy, so that has to come first.

    Parameters
    ----------
    views : Tensor of shape (n, 3, size, size)
    """

    def __init__(self, views: Tensor) -> None:
        self._views = views
        # Which view stands at each place.
        self._who = np.arange(len(views))

    def arrange(self, keys: NDArray[Any]) -> None:
        """Sort by the first of the keys, an array of shape (keys, n), then by the second, …."""
        self._rearrange(np.lexsort(keys[::-1, self._who]))

    def change(
        self,
        chosen: NDArray[np.bool_],
        operation: Callable[..., None],
        *values: NDArray[np.float64],
    ) -> None:
        """Call operation(views, *values) with the `chosen` views; values are of shape (n, …)."""
        stands = np.concatenate([[False], chosen[self._who], [False]])
        runs = np.flatnonzero(stands[1:] != stands[:-1]).reshape(-1, 2).tolist()
        own = [float_tensor(value[self._who], self._views.device) for value in values]
        for first, end in runs:
            operation(self._views[first:end], *(value[first:end] for value in own))

    def in_order(self) -> Tensor:
        """The views in the order in which they came."""
        self._rearrange(self._who.argsort())
        return self._views

    def _rearrange(self, places: NDArray[np.intp]) -> None:
        index = torch.from_numpy(places).to(self._views.device)
        self._views, self._who = self._views.index_select(0, index), self._who[places]


def brightness(images: Tensor, factor: Tensor) -> None:
    """Multiply each image (n, 3, height, width) by its factor (n,)."""
    images.mul_(_by_image(factor)).clamp_(0, 1)


def contrast(images: Tensor, factor: Tensor) -> None:
    """Move each image away from its mean luma, or towards it, by its factor (n,)."""
    # Rows, then columns: the sum over a whole image would be split among threads when alone.
    _blend(images, _grey(images).mean(3, keepdim=True).mean(2, keepdim=True), factor)


def saturation(images: Tensor, factor: Tensor) -> None:
    """Move each image away from its grey version, or towards it, by its factor (n,)."""
    _blend(images, _grey(images), factor)


def _greyscale(images: Tensor) -> None:
    images.copy_(_grey(images))


def _flip(images: Tensor) -> None:
    images.copy_(images.flip(3))


def _blend(images: Tensor, others: Tensor, factor: Tensor) -> None:
    share = _by_image(factor)
    images.mul_(share).add_(others.mul_(1 - share)).clamp_(0, 1)


def _by_image(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _grey(images: Tensor) -> Tensor:
    """Luma (n, 1, height, width)."""
    red, green, blue = (images[:, i : i + 1] * weight for i, weight in enumerate(GREY_WEIGHTS))
    return red.add_(green).add_(blue)


def _hue(images: Tensor, shift: Tensor) -> None:
    """Move the hue of HSV by `shift` turns; value (the maximum) and chroma stay.

    Same numbers as torchvision's, which looks them up by sextant, in closed form: with channels
    scaled to r, g, b in [0, 1], hue is ±(1 + g + b - r) sixths of a turn, + where g ≥ b. A
    channel whose own hue lies d sixths away is value - chroma · min(max(d - 1, 0), 1).
    """
    red, green, blue = images.unbind(1)
    value = torch.maximum(red, green)
    torch.maximum(value, blue, out=value)
    least = torch.minimum(red, green)
    torch.minimum(least, blue, out=least)
    hue = (green - least).add_(blue - red)
    chroma = torch.sub(value, least, out=least)
    # A grey pixel has no hue, and whatever stands for it is multiplied by a chroma of 0.
    hue.div_(chroma.clamp(min=1e-30)).add_(1).div_(6)
    hue.copysign_(green - blue).add_(shift[:, None, None])
    own = torch.tensor([0, 1 / 3, 2 / 3], dtype=images.dtype, device=images.device)
    away = hue[:, None] - own[:, None, None]
    away -= away.round()
    weight = away.abs_().mul_(6).sub_(1).clamp_(0, 1)
    torch.sub(value[:, None], weight.mul_(chroma[:, None]), out=images)


def gaussian_kernels(sigma: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Gaussians at 0, 1, …, size px, (n, size + 1); with both sides they sum to 1.

    The last column is 0: the kernel reaches as far as reflection at the border can.
    """
    kernels = np.exp(-0.5 * (np.arange(size + 1) / sigma[:, None]) ** 2)
    kernels[:, -1] = 0
    kernels /= 2 * kernels.sum(axis=1, keepdims=True) - 1
    # Far below float32's resolution, and subnormal numbers are slow to multiply.
    kernels[kernels < 1e-12] = 0
    return kernels


def _blur(images: Tensor, kernels: Tensor) -> None:
    weights = blur_weights(kernels)
    images.copy_(separable(images, weights, weights))


def blur_weights(kernels: Tensor) -> Tensor:
    """Matrices (n, size, size) that blur a line of pixels by each kernel (n, size + 1).

    The line is reflected at its ends without repeating the last pixel.
    """
    size = kernels.shape[1] - 1
    out, source = np.ogrid[:size, :size]
    # Each pixel is seen at its place and mirrored at the first and at the last pixel.
    before = np.where(source > 0, out + source, size)
    after = np.where(source < size - 1, 2 * (size - 1) - out - source, size)
    distances = np.minimum(np.stack([np.abs(out - source), before, after]), size)
    index = torch.from_numpy(distances.reshape(3, -1)).to(kernels.device)
    weights = kernels.index_select(1, index[0])
    weights += kernels.index_select(1, index[1])
    weights += kernels.index_select(1, index[2])
    return weights.view(-1, size, size)
