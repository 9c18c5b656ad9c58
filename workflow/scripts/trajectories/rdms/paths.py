"""The point of a path through RDMs that is most similar to an RDM: when, and how similar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Of a share of a step; and RDMs whose squared correlation is so near to 1 span no plane."""


@dataclass(frozen=True)
class Match:
    """Where on a path RDMs are matched; all arrays have the shape (..., n_rdms).

    Attributes
    ----------
    time : float64 array
        In the unit of the path's times. NaN where a similarity is.
    similarity : float64 array
        To the point of the path at that time.
    at_end : bool array
        Whether that is the last point of the path, beyond which nothing is known.
    """

    time: Floats
    similarity: Floats
    at_end: NDArray[np.bool_]


def nearest(similarity: Floats, consecutive: Floats, time: Floats) -> Match:
    """The most similar point of a path that runs straight from each checkpoint to the next.

    Between two standardised RDMs x and y lie all α x + β y with α, β ≥ 0. The correlation of such a
    point with an RDM is largest at the RDM's projection onto their plane, if it lies between them:
    with a and b the similarities of the RDM to x and y, and c that of these, α = (a − bc)/(1 − c²),
    β = (b − ac)/(1 − c²), and the similarity is √(αa + βb). Else it is largest at x or y.

    Parameters
    ----------
    similarity : float64 array of shape (..., n_checkpoints, n_rdms)
        Correlation of each RDM of the path with each that is looked for.
    consecutive : float64 array of shape (..., n_checkpoints - 1)
        Correlation of each RDM of the path with the next.
    time : float64 array of shape (n_checkpoints,)
        Increasing.
    """
    if len(time) == 1:
        there = np.broadcast_to(time[0], similarity.shape[:-2] + similarity.shape[-1:])
        found = similarity[..., 0, :]
        return Match(np.where(np.isfinite(found), there, np.nan), found, np.isfinite(found))
    a, b = similarity[..., :-1, :], similarity[..., 1:, :]
    c = consecutive[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha, beta = (a - b * c) / (1 - c**2), (b - a * c) / (1 - c**2)
        between = (alpha > 0) & (beta > 0) & (1 - c**2 > ROUNDING)
        share = np.where(between, beta / (alpha + beta), (b > a).astype(np.float64))
        inner = np.sqrt(np.maximum(alpha * a + beta * b, 0))
    best = np.where(between, inner, np.maximum(a, b))
    known = np.isfinite(best).all(axis=-2)
    place = np.where(np.isfinite(best), best, -np.inf).argmax(axis=-2)[..., None, :]
    share, best = (np.take_along_axis(each, place, axis=-2)[..., 0, :] for each in (share, best))
    place = place[..., 0, :]
    when = time[place] + share * (time[place + 1] - time[place])
    at_end = known & (place == len(time) - 2) & (share > 1 - ROUNDING)
    return Match(np.where(known, when, np.nan), np.where(known, best, np.nan), at_end)
