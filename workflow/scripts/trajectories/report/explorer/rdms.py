"""RDMs as the explorer shows them: some images in order, some checkpoints, in 256 steps."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError
from trajectories.rdms.rdm import pairs
from trajectories.statistics.states import Series
from trajectories.statistics.thinning import thin

Floats = NDArray[np.float64]
Flags = Mapping[str, NDArray[np.bool_]]

STEPS = 255
# Colours cover dissimilarities between these percentiles of the pairs of each RDM, at their
# extremes over time: one outlying pair would take the contrast of all others.
PERCENTILES = (1, 99)


@dataclass(frozen=True)
class Shown:
    """RDMs of a layer at the checkpoints that are shown.

    Attributes
    ----------
    seed : int or None
        Of the network instance; None for the mean of all of the condition.
    epoch : float64 array of shape (n_checkpoints,)
    rdms : float64 array of shape (n_checkpoints, n_pairs)
    """

    condition: str
    seed: int | None
    layer: str
    epoch: Floats
    rdms: Floats


def display_order(memberships: Flags, flags: Flags, n_images: int) -> NDArray[np.intp]:
    """Order of the images that groups members of the same categories.

    Within these, those with the same flags; groups, and images in them, keep the order in which
    the table has them.

    Parameters
    ----------
    memberships, flags : mapping of name to bool array of shape (n_images,)

    Returns
    -------
    int array of shape (n_images,)
    """
    return np.lexsort((_groups(flags, n_images), _groups(memberships, n_images)))


def spaced(n: int, most: int) -> NDArray[np.intp]:
    """Places 0 ... n - 1, or `most` of them, evenly spaced, the first and the last included."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))


def pair_places(images: ArrayLike, n_images: int) -> NDArray[np.intp]:
    """Where the pairs of some images are in an RDM of all.

    Parameters
    ----------
    images : int array of shape (n_kept,)
        In any order.
    n_images : int
        Of the RDM.

    Returns
    -------
    int array of shape (n_kept * (n_kept - 1) / 2,)
        For each pair of the images given, in the order of `rdm.pairs`, its place in that order
        for all images.
    """
    kept = np.asarray(images)
    one, other = (kept[each] for each in pairs(len(kept)))
    row, column = np.minimum(one, other), np.maximum(one, other)
    places: NDArray[np.intp] = row * (2 * n_images - row - 1) // 2 + column - row - 1
    return places


def read(
    series: Sequence[Series], places: NDArray[np.intp], most: int, instances: bool
) -> list[Shown]:
    """Read what is shown: for each condition the mean, if there are several instances, then each.

    Parameters
    ----------
    series : sequence of Series
        All layers of all instances.
    places : int array of shape (n_kept_pairs,)
        Pairs to show.
    most : int
        Checkpoints of a series, at most, as `states.thin` chooses them.
    instances : bool
        Whether each instance is shown beside the mean.

    Raises
    ------
    UserError
        If a dissimilarity is not a finite number.
    """
    by_layer: dict[tuple[str, str], list[Series]] = {}
    for each in series:
        by_layer.setdefault((each.condition, each.layer), []).append(each)
    return [shown for own in by_layer.values() for shown in _of_layer(own, places, most, instances)]


def scale(shown: Sequence[Shown]) -> dict[str, Any]:
    """How dissimilarities of a layer become steps and colours, the same at all times.

    Returns
    -------
    dict
        ``low`` and ``step``: step k, of 0 ... 255, is the dissimilarity low + k * step;
        ``limits``: the dissimilarities of the first and the last colour.
    """
    low = min(float(each.rdms.min()) for each in shown)
    high = max(float(each.rdms.max()) for each in shown)
    edges = np.concatenate(
        [np.percentile(each.rdms, PERCENTILES, axis=1) for each in shown], axis=1
    )
    limits = [float(edges[0].min()), float(edges[1].max())]
    if limits[0] == limits[1]:
        limits = [low, high if high > low else low + 1]
    return {"low": low, "step": (high - low) / STEPS, "limits": limits}


def steps(rdms: Floats, low: float, step: float) -> NDArray[np.uint8]:
    """The nearest step of each dissimilarity."""
    if step == 0:
        return np.zeros(rdms.shape, np.uint8)
    return np.clip(np.round((rdms - low) / step), 0, STEPS).astype(np.uint8)


def text(values: NDArray[np.uint8]) -> str:
    """Bytes in base64."""
    return base64.b64encode(values.tobytes()).decode("ascii")


def _of_layer(
    own: Sequence[Series], places: NDArray[np.intp], most: int, instances: bool
) -> list[Shown]:
    """What is shown of one layer in one condition; the mean is over epochs that all have."""
    condition, layer = own[0].condition, own[0].layer
    common = np.array(sorted(set.intersection(*(set(each.epoch.tolist()) for each in own))))
    has_mean = len(own) > 1 and len(common) > 0
    common = common[thin(common, most)] if has_mean else common[:0]
    total = np.zeros((len(common), len(places)))
    found = []
    for each in own:
        epoch = common if has_mean and not instances else each.epoch[thin(each.epoch, most)]
        read_once = sorted({*epoch.tolist(), *common.tolist()})
        rdms = np.array([_finite(each, time)[places] for time in read_once])
        total += rdms[np.searchsorted(read_once, common)]
        values = rdms[np.searchsorted(read_once, epoch)]
        found.append(Shown(condition, each.seed, layer, epoch, values))
    mean = [Shown(condition, None, layer, common, total / len(own))] if has_mean else []
    return mean + (found if instances or not has_mean else [])


def _groups(memberships: Flags, n_images: int) -> list[int]:
    """For each image the number of its group: of those that are in the same sets."""
    rows = list(zip(*memberships.values(), strict=True)) if memberships else [()] * n_images
    place = {row: index for index, row in enumerate(dict.fromkeys(rows))}
    return [place[row] for row in rows]


def _finite(series: Series, epoch: float) -> Floats:
    rdm = series.at(epoch)
    if not np.isfinite(rdm).all():
        raise UserError(
            f"The RDM of {series.layer} at epoch {epoch:g} ({series.condition} seed {series.seed})"
            " contains values that are not finite: compute it again."
        )
    return rdm
