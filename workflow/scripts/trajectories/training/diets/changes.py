"""The changes that a diet can make to images, and what their strengths mean."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Kind:
    """A change of images, as far as its strength goes.

    Attributes
    ----------
    neutral : float
        The strength at which it leaves images as they are, to the last bit.
    least, most : float
        Strengths that it can have.
    unit : str
        What a strength is, for axes and messages.
    whole : bool
        Whether there is nothing between 0 and 1.
    """

    neutral: float
    least: float
    most: float
    unit: str
    whole: bool = False

    def allowed(self) -> str:
        """Its strengths, in words."""
        if self.most == math.inf:
            return "0 or more"
        return "0 or 1" if self.whole else f"from {self.least:g} to {self.most:g}"

    def fits(self, strength: float) -> bool:
        """Whether it can have this strength."""
        return self.least <= strength <= self.most and (not self.whole or strength in (0, 1))


SMALLEST_SHARE = 0.001  # of a side; none at all would leave nothing to see

KINDS = {
    "blur": Kind(0, 0, math.inf, "σ of a Gaussian"),
    "saturation": Kind(1, 0, math.inf, "factor; 0 is grey"),
    "contrast": Kind(1, 0, math.inf, "factor; 0 is the mean luma"),
    "brightness": Kind(1, 0, math.inf, "factor; 0 is black"),
    "resolution": Kind(1, SMALLEST_SHARE, 1, "share of the side's pixels"),
    "spectrum": Kind(0, 0, 1, "least amplitude / largest"),
    "field": Kind(1, SMALLEST_SHARE, 1, "share of the side that is seen"),
    "noise": Kind(0, 0, math.inf, "SD, share of white"),
    "flip": Kind(0, 0, 1, "1 is upside down", whole=True),
}


def few_pixels(share: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Pixels of a share of a side of `size` pixels, at least one."""
    return np.maximum(1, np.rint(share * size)).astype(np.int64)
