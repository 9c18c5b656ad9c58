"""Where the test images lie in two dimensions, by their dissimilarities, over training.

Classical multidimensional scaling (Torgerson, 1952) of each RDM. It leaves rotation and reflection
free: each checkpoint is turned to fit the next one, from the last backwards, so that images move no
more than their dissimilarities make them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, orthogonal_procrustes
from scipy.spatial.distance import pdist, squareform

from trajectories.report.explorer.rdms import STEPS, Shown

Floats = NDArray[np.float64]

DIMENSIONS = 2
# Eigenvalues below this share of the largest are rounding, not structure.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Placed:
    """Places of the images of a layer at the checkpoints that are shown.

    Attributes
    ----------
    places : float64 array of shape (n_checkpoints, n_images, 2)
        In units of dissimilarity; their mean is 0 at each checkpoint.
    kept : float64 array of shape (n_checkpoints,)
        Pearson correlation of distances between places with dissimilarities; NaN where one of
        them is the same for all pairs.
    """

    places: Floats
    kept: Floats


def of(shown: Sequence[Shown]) -> list[Placed]:
    """Places for each layer of each instance or mean, turned alike.

    The last checkpoint of the first instance of a layer is turned to fit that of the last layer,
    those of other instances to fit it: so that networks, conditions and layers can be compared.

    Parameters
    ----------
    shown : sequence of Shown
        All of the same images; layers in the order of the network.
    """
    alone = [scaled(each.rdms) for each in shown]
    first = {each.layer: place for place, each in reversed(list(enumerate(shown)))}
    deepest = alone[first[shown[-1].layer]][-1]
    anchors = {layer: turned(alone[place][-1], deepest) for layer, place in first.items()}
    found = []
    for each, places in zip(shown, alone, strict=True):
        moving = aligned(places, anchors[each.layer])
        found.append(Placed(moving, kept(each.rdms, moving)))
    return found


def scaled(rdms: Floats) -> Floats:
    """Classical multidimensional scaling of each RDM, to two dimensions.

    Dissimilarities are taken as distances. Dimensions that these do not have, among them all with
    negative eigenvalues, are 0.

    Parameters
    ----------
    rdms : float64 array of shape (n_checkpoints, n_pairs)

    Returns
    -------
    float64 array of shape (n_checkpoints, n_images, 2)
        Along the principal axes; of each, the coordinate that is farthest from 0 is positive.
    """
    return np.array([_scaled(squareform(each, checks=False)) for each in rdms])


def _scaled(square: Floats) -> Floats:
    n = len(square)
    squared = square**2
    by_image = squared.mean(axis=0)
    products = -(squared - by_image - by_image[:, None] + by_image.mean()) / 2
    wanted = min(DIMENSIONS, n)
    values, vectors = (
        each[..., ::-1] for each in eigh(products, subset_by_index=(n - wanted, n - 1))
    )
    known = values > _ROUNDING * max(values[0], 0)
    places = np.zeros((n, DIMENSIONS))
    places[:, :wanted] = vectors * np.sqrt(np.where(known, values, 0))
    farthest = np.abs(places).argmax(axis=0)
    return places * np.where(places[farthest, range(DIMENSIONS)] < 0, -1, 1)


def turned(places: Floats, target: Floats) -> Floats:
    """Places (n_images, 2), rotated and perhaps reflected to lie as near a target as they can."""
    rotation, _ = orthogonal_procrustes(places, target)
    return np.asarray(places @ rotation)


def aligned(places: Floats, target: Floats) -> Floats:
    """Turn the last checkpoint to a target, and each before it to the next.

    Parameters
    ----------
    places : float64 array of shape (n_checkpoints, n_images, 2)
    target : float64 array of shape (n_images, 2)
    """
    found = np.empty_like(places)
    for checkpoint in reversed(range(len(places))):
        found[checkpoint] = target = turned(places[checkpoint], target)
    return found


def kept(rdms: Floats, places: Floats) -> Floats:
    """How much of each RDM its places keep: see `Placed`."""
    distances = np.array([pdist(each) for each in places])
    one, other = (each - each.mean(axis=1, keepdims=True) for each in (rdms, distances))
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    # What is equal for all pairs differs from its mean by rounding.
    scale = np.linalg.norm(rdms, axis=1) * np.linalg.norm(distances, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (one * other).sum(axis=1) / size
    return np.where(size > _ROUNDING * scale, found, np.nan)


def extent(placed: Sequence[Placed]) -> float:
    """Half the side of the square around 0 that all places lie in; 1 if all are 0."""
    return max(float(np.abs(each.places).max()) for each in placed) or 1.0


def steps(places: Floats, half: float) -> NDArray[np.uint8]:
    """The nearest of 256 steps from -half to half of each coordinate."""
    return np.clip(np.round((places / half + 1) / 2 * STEPS), 0, STEPS).astype(np.uint8)
