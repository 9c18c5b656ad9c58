"""Random parameters of MoCo v2's augmentation (Chen et al. 2020), one set an image.

All are drawn beforehand with a numpy generator, so that they can be sliced by micro-batch and
depend on no device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError

CROP_TRIES = 10


@dataclass(frozen=True)
class AugmentationSettings:
    """How strongly views are augmented.

    Attributes
    ----------
    crop_scale : (float, float)
        Range of the crop's area as a fraction of the image's.
    jitter : float
        Probability of colour jitter.
    brightness, contrast, saturation : float
        Factors are uniform in [max(0, 1 - value), 1 + value].
    hue : float
        Shifts are uniform in [-hue, hue], in turns of the colour circle; at most 0.5.
    grayscale, blur, flip : float
        Probabilities.
    sigma : (float, float)
        Range of the blur's standard deviation, px of the view.
    crop_ratio : (float, float)
        Range of the crop's width divided by its height.

    Raises
    ------
    UserError
        If a range runs backwards or begins at 0, or `hue` is beyond half a turn.
    """

    crop_scale: tuple[float, float]
    jitter: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    grayscale: float
    blur: float
    sigma: tuple[float, float]
    flip: float
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        for key, (low, high) in (("crop_scale", self.crop_scale), ("blur.sigma", self.sigma)):
            if not 0 < low <= high:
                raise UserError(
                    f"training.augmentation.{key} is [{low}, {high}]:"
                    " give two numbers above 0, the smaller first"
                )
        if not 0 <= self.hue <= 0.5:
            raise UserError(
                f"training.augmentation.jitter.hue is {self.hue}: give a number from 0 to 0.5"
            )

    @classmethod
    def from_mapping(cls, augmentation: Mapping[str, Any]) -> Self:
        """Settings from the config's `augmentation` mapping."""
        jitter, blur = augmentation["jitter"], augmentation["blur"]
        low_scale, high_scale = augmentation["crop_scale"]
        low_sigma, high_sigma = blur["sigma"]
        return cls(
            crop_scale=(low_scale, high_scale),
            jitter=jitter["probability"],
            brightness=jitter["brightness"],
            contrast=jitter["contrast"],
            saturation=jitter["saturation"],
            hue=jitter["hue"],
            grayscale=augmentation["grayscale"],
            blur=blur["probability"],
            sigma=(low_sigma, high_sigma),
            flip=augmentation["flip"],
        )


@dataclass(frozen=True)
class Parameters:
    """What happens to each of n images; a slice holds the parameters of those images.

    Attributes
    ----------
    boxes : int64 array of shape (n, 4)
        Top, left, height and width of the crop, px of the source image.
    jitter : bool array of shape (n,)
        Whether colours are jittered.
    factors : float64 array of shape (n, 4)
        Factors of brightness, contrast and saturation, and shift of hue, in this order.
    order : int64 array of shape (n, 4)
        Which of the four is done first, second, third and last.
    grayscale, blur, flip : bool arrays of shape (n,)
    sigma : float64 array of shape (n,)
        Standard deviation of the blur, px of the view.
    """

    boxes: NDArray[np.int64]
    jitter: NDArray[np.bool_]
    factors: NDArray[np.float64]
    order: NDArray[np.int64]
    grayscale: NDArray[np.bool_]
    blur: NDArray[np.bool_]
    sigma: NDArray[np.float64]
    flip: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, images: slice | NDArray[np.intp]) -> "Parameters":
        return Parameters(**{f.name: getattr(self, f.name)[images] for f in fields(self)})


def joined(parts: Sequence[Parameters]) -> Parameters:
    """Parameters of the images of all parts, one part after another."""
    return Parameters(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Parameters)
        }
    )


def draw(
    generator: np.random.Generator,
    n: int,
    height: ArrayLike,
    width: ArrayLike,
    settings: AugmentationSettings,
) -> Parameters:
    """Draw the parameters of n images.

    Each image takes the same count of numbers from `generator`, so what is drawn for an image
    depends neither on n nor on the crops that others had to try again.

    Parameters
    ----------
    height, width : int, or int array of shape (n,)
        Size of the source images, px.
    """
    # Tries of area and aspect ratio, corner, jitter, factors, order, and a number for each rest.
    counts = (CROP_TRIES, CROP_TRIES, 2, 1, 4, 4, 1, 1, 1, 1)
    uniform = generator.random((n, sum(counts)))
    area, aspect, corner, jitter, factors, order, grayscale, blur, sigma, flip = np.split(
        uniform, np.cumsum(counts)[:-1], axis=1
    )
    strength = np.array([settings.brightness, settings.contrast, settings.saturation])
    low = np.append(np.maximum(0, 1 - strength), -settings.hue)
    high = np.append(1 + strength, settings.hue)
    return Parameters(
        boxes=_crop_boxes(area, aspect, corner, height, width, settings),
        jitter=jitter[:, 0] < settings.jitter,
        factors=low + factors * (high - low),
        order=order.argsort(axis=1),
        grayscale=grayscale[:, 0] < settings.grayscale,
        blur=blur[:, 0] < settings.blur,
        sigma=_within(settings.sigma, sigma[:, 0]),
        flip=flip[:, 0] < settings.flip,
    )


def _within(limits: tuple[float, float], uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    return limits[0] + uniform * (limits[1] - limits[0])


def _crop_boxes(
    area: NDArray[np.float64],
    aspect: NDArray[np.float64],
    corner: NDArray[np.float64],
    height: ArrayLike,
    width: ArrayLike,
    settings: AugmentationSettings,
) -> NDArray[np.int64]:
    """Boxes (n, 4) from uniform numbers, as torchvision's `RandomResizedCrop.get_params`.

    The first of the tries (n, CROP_TRIES) that fits is taken; where none does, the largest
    central crop whose aspect ratio is allowed.
    """
    size = np.stack([np.broadcast_to(side, len(area)) for side in (height, width)], axis=1)
    target = size.prod(axis=1, keepdims=True) * _within(settings.crop_scale, area)
    low_ratio, high_ratio = settings.crop_ratio
    ratio = np.exp(_within((np.log(low_ratio), np.log(high_ratio)), aspect))
    tries = np.rint(np.sqrt(np.stack([target / ratio, target * ratio], axis=2)))
    fits = ((tries > 0) & (tries <= size[:, None])).all(axis=2)
    first = tries[np.arange(len(tries)), fits.argmax(axis=1)]
    found = fits.any(axis=1, keepdims=True)
    central = np.minimum(size, np.rint(size[:, ::-1] * [1 / low_ratio, high_ratio]))
    box = np.where(found, first, central).astype(np.int64)
    start = np.where(found, np.floor(corner * (size - box + 1)), (size - box) // 2)
    return np.concatenate([start.astype(np.int64), box], axis=1)
