"""How wide an interval would be with other numbers of networks and test images.

The variance of a mean over networks has three parts (`crossed_bootstrap`): networks, which falls
with their number; test images, which falls with theirs; and their interaction, which falls with
both. Half of the width of the interval follows, as that of the study itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trajectories.statistics.crossed_bootstrap import Interval, TwoVariances

MOST = 1000
"""Networks, or times as many images, beyond which none are looked for."""


@dataclass(frozen=True)
class Variance:
    """Parts of the variance of a statistic.

    Attributes
    ----------
    networks, interaction, images : float
        Variances for one network, and for the images of the study.
    n_images : float
        Of the study.
    """

    networks: float
    interaction: float
    images: float
    n_images: float

    def half_width(self, n: float, n_images: float, confidence: float = 0.95) -> float:
        """Half the width of the interval of n networks, perhaps infinite, and so many images."""
        share = self.n_images / n_images
        networks = (self.networks + self.interaction * share) / n
        images = self.images * share
        total = networks + images
        if n < 2 or not np.isfinite(total):
            return np.nan
        if total == 0:
            return 0.0
        df = (np.asarray(n - 1.0), np.asarray(max(n_images, 2) - 1.0))
        error = TwoVariances(np.asarray(networks / total), df)
        return float(error.quantile((1 + confidence) / 2) * np.sqrt(total))

    def networks_for(self, width: float, confidence: float = 0.95) -> int | None:
        """Fewest networks, with these images, whose half width is at most `width`."""
        return _least(lambda n: self.half_width(n, self.n_images, confidence), width)

    def images_for(self, n: int, width: float, confidence: float = 0.95) -> int | None:
        """Fewest images, with n networks, whose half width is at most `width`."""
        least = int(self.n_images)
        found = _least(lambda times: self.half_width(n, least * times / 10, confidence), width, 10)
        return None if found is None else int(np.ceil(least * found / 10))


def of(found: Interval, n_images: float) -> Variance:
    """Parts of the variance, from the interval of a study."""
    n = int(found.n_instances)
    return Variance(
        networks=float(found.networks - found.interaction) * n,
        interaction=float(found.interaction) * n,
        images=float(found.images),
        n_images=n_images,
    )


def _least(width_of: Callable[[int], float], width: float, start: int = 2) -> int | None:
    """Smallest number with at most this width, by bisection; widths fall with the number."""
    if not width_of(MOST * start) <= width:
        return None
    low, high = start - 1, MOST * start
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if width_of(middle) <= width else (middle, high)
    return high
