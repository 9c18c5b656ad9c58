"""A trend over all layers, of which the difference of two is the simplest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def trend(values: Sequence[Array]) -> Array:
    """Rise from the first to the last layer, along the straight line that fits all best.

    Of two layers, their difference. A monotone order of many layers is seen with more power in a
    linear contrast of them than in the first and the last alone.

    Parameters
    ----------
    values : sequence of arrays of one shape
        Of the layers, early to late.
    """
    rise, _ = trend_bounds(values, values)
    return rise


def trend_bounds(least: Sequence[Array], most: Sequence[Array]) -> tuple[Array, Array]:
    """Least and largest rise, where values of layers are known between bounds."""
    weights = _weights(len(least))
    # Times that may be 0 have infinite logarithms.
    with np.errstate(invalid="ignore"):
        ends = [
            sum(
                weight * (low if (weight > 0) == lowest else high)
                for weight, low, high in zip(weights, least, most, strict=True)
                if weight
            )
            for lowest in (True, False)
        ]
    return np.asarray(ends[0]), np.asarray(ends[1])


def over(layers: Sequence[str]) -> str:
    """What a statement is about, beside the first and the last layer."""
    return "" if len(layers) == 2 else f", by the trend over {len(layers)} layers"


def _weights(n: int) -> Array:
    centred = np.arange(n) - (n - 1) / 2
    weights: Array = centred / np.square(centred).sum() * (n - 1)
    return weights
