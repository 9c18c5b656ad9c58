"""Named curves of strength over age: those of the developmental visual diet (DVD).

Formulas and constants are those of KietzmannLab/DVD, `dvd/dvd/development.py` (Lu et al. 2025,
arXiv:2507.03168), fitted there to psychophysics from birth to 25 years. A curve has a strength at
every age, in months, and needs the clock `months`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

# Contrast: half of adult sensitivity at 4.8 years, and full at 25.
_HALF_AGE, _STEEPNESS, _ADULT = 57.6, 2.1633375920569247, 300.0
# The largest power that is cut at birth, as a share of the image's largest power.
_POWER = 0.001 * 0.2


@dataclass(frozen=True)
class Curve:
    """Strength of a change over age.

    Attributes
    ----------
    change : str
        The change whose strength it is.
    strength : callable
        From age in months to strength.
    """

    change: str
    strength: Callable[[float], float]


def acuity(month: float) -> float:
    """σ of the blur, px at 224."""
    return 18.035945052640425 * math.exp(
        -0.7933899743217134 * month
    ) + 1.6012490927401029 * math.exp(-0.027054604551482078 * month)


def colour(month: float) -> float:
    """Share of the colour that is left: the least threshold of all ages, divided by that of this.

    The threshold at an age in years is a·age^(−α) + b·age^α; 0 at birth.
    """
    return _threshold((21.2 + 21.1 + 18.8) / 3) / _threshold(month / 12) if month > 0 else 0.0


def _threshold(years: float) -> float:
    a, b, alpha = 0.008604133954779169, 4.380740053287391e-05, 0.8807610802743646
    return float(a * years**-alpha + b * years**alpha)


def contrast(month: float) -> float:
    """Amplitude below which parts of the spectrum are cut, as a share of the largest.

    The source cuts below a power, which is the amplitude squared.
    """
    return math.sqrt(_POWER * max(0.0, 1 - _logistic(month) / _logistic(_ADULT)))


def _logistic(month: float) -> float:
    return float(month**_STEEPNESS / (month**_STEEPNESS + _HALF_AGE**_STEEPNESS))


CURVES = {
    "dvd_acuity": Curve("blur", acuity),
    "dvd_colour": Curve("saturation", colour),
    "dvd_contrast": Curve("spectrum", contrast),
}
