"""What is stated, by which rules it is decided, and what came out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HOLDS, SMALL, FAILS, REVERSED, UNDECIDED = (
    "holds", "holds, small", "does not hold", "reversed", "undecided"
)  # fmt: skip
VERDICTS = (HOLDS, SMALL, FAILS, REVERSED, UNDECIDED)
FIXED, RANDOM = "these images", "other images too"
IMAGES = (FIXED, RANDOM)
"""For what a verdict is given: other networks that see the same images, or other images as well."""
NETWORKS_LIMIT, IMAGES_LIMIT, CHECKPOINTS_LIMIT = "networks", "images", "checkpoints"


@dataclass(frozen=True)
class Rules:
    """The rules by which statements are decided.

    Attributes
    ----------
    confidence : float
        Of the intervals; tests are at one minus it.
    effect, time, factor : float
        Margins: of differences of mean dissimilarities, in SD of the dissimilarities of all pairs
        of the RDM; of times, as a ratio; of other ratios.
    """

    confidence: float = 0.95
    effect: float = 0.2
    time: float = 1.25
    factor: float = 1.5


@dataclass(frozen=True)
class Statement:
    """What is stated, and in which words and numbers.

    Attributes
    ----------
    claim : str
        A key of `claims.TITLES`.
    text : str
    measured : str
        A sentence with {} for the estimate.
    statistic, unit : str
    margin : float
        The smallest difference that counts, as a base-10 logarithm for a ratio.
    equal : bool
        Whether it states that there is no difference, up to the margin, instead of one above 0.
    ratio : bool
        Whether values are base-10 logarithms of ratios.
    digits : int
        Decimal places.
    """

    claim: str
    text: str
    measured: str
    statistic: str
    unit: str
    margin: float
    equal: bool = False
    ratio: bool = False
    digits: int = 2


@dataclass(frozen=True)
class Asked:
    """A statement with the values that decide it.

    Attributes
    ----------
    statement : Statement
    values : float64 array of shape (n_instances, n_rows), or None
        In the units of the statement; row 0 is of the data, further rows are of resampled test
        images. None where the study cannot answer.
    n_images : int
        On which the statistic rests.
    in_category : bool
        Whether these are the images of one category.
    bounds : pair of float64 arrays of that shape, optional
        For a time: the least and the largest value that fits the checkpoints.
    reason : str
        Why there are no values.
    """

    statement: Statement
    values: Array | None
    n_images: int = 0
    in_category: bool = False
    bounds: tuple[Array, Array] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Claim:
    """A statement, and whether it holds.

    Attributes
    ----------
    condition, claim, statement : str
    images : str
        One of `IMAGES`.
    statistic, unit : str
    estimate, low, high : float
        Mean over instances and confidence limits in that unit; NaN where there are none.
    margin : float
        In that unit.
    p : float
        Of the truth being 0 (a ratio of 1); corrected for the statements of the claim.
    p_margin : float
        Of the truth being as large as the margin, or larger; corrected in the same way.
    verdict : str
        One of `VERDICTS`.
    limit : str
        What it is undecided for: ``networks``, ``images`` or ``checkpoints``; else empty.
    sentence : str
        Statement, numbers, verdict and its reason in one sentence.
    """

    condition: str
    claim: str
    statement: str
    images: str
    statistic: str
    unit: str
    estimate: float
    low: float
    high: float
    margin: float
    p: float
    p_margin: float
    verdict: str
    limit: str
    sentence: str
