"""How a test image becomes the input of a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# Here again, as planning does without torch; a test compares them with those of `images/inputs.py`.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)

WHOLE = "whole"
"""In the place of `resize`: the whole picture is squeezed into the square."""


@dataclass(frozen=True)
class Preprocessing:
    """How a picture is brought to the network's input.

    Attributes
    ----------
    size : int
        Side of the square input in px.
    resize : int or None
        Length in px of the picture's shorter side before the central square is cut; None if the
        whole picture is squeezed into the square.
    interpolation : str
        Of resizing.
    mean, sd : tuple of 3 floats
        Of each channel, for values between 0 and 1.
    """

    size: int
    resize: int | None = None
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = IMAGENET_MEAN
    sd: tuple[float, ...] = IMAGENET_SD

    @classmethod
    def of(cls, described: Mapping[str, Any], changes: Mapping[str, Any] | None) -> Self:
        """What a network's library describes, with the user's changes.

        Parameters
        ----------
        described : mapping
            `size`, `resize`, `interpolation`, `mean` and `sd`, as in `Built`.
        changes : mapping or None
            `network.preprocessing` of the config, None or null for what stays.
        """
        given = {key: value for key, value in (changes or {}).items() if value is not None}
        chosen = {**described, **given}
        resize = chosen["resize"]
        if resize != WHOLE and "resize" not in given:
            # The same part of the picture at another size.
            resize = round(resize * chosen["size"] / described["size"])
        return cls(
            size=int(chosen["size"]),
            resize=None if resize == WHOLE else int(resize),
            interpolation=str(chosen["interpolation"]),
            mean=tuple(chosen["mean"]),
            sd=tuple(chosen["sd"]),
        )

    @property
    def pixels(self) -> str:
        """Name of what is done to pixels: "224-of-256-bilinear", "224-whole-bicubic"."""
        part = WHOLE if self.resize is None else f"of-{self.resize}"
        return f"{self.size}-{part}-{self.interpolation}"

    @property
    def imagenet_colours(self) -> bool:
        """Whether channels are normalised by ImageNet's mean and SD."""
        return self.mean == IMAGENET_MEAN and self.sd == IMAGENET_SD

    @property
    def words(self) -> str:
        """For a reader."""
        part = (
            "whole picture"
            if self.resize is None
            else f"shorter side {self.resize} pixels, central square"
        )
        mean, sd = (", ".join(f"{value:.4g}" for value in each) for each in (self.mean, self.sd))
        colours = "ImageNet's mean and SD" if self.imagenet_colours else f"mean {mean}, SD {sd}"
        return f"{self.size} × {self.size} pixels, {part}, {self.interpolation}; {colours}"
