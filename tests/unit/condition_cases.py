"""Simulated studies of several conditions, whose paths through RDMs are planted; no tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms.trajectory import Trajectory

Array = NDArray[np.float64]
EPOCH = np.arange(17.0)
DEFINITIONS = {"faces": {"within": "face", "between": "~face"}}


@dataclass(frozen=True)
class Path:
    """How a condition moves from a start that all share.

    Attributes
    ----------
    pace : of time: with 0.5 it takes twice as long
    away : from 0, the end that others have, to 1, another end
    effect : between − within at the end
    own : SD of what is the condition's own at the end, in all its networks
    """

    pace: float = 1.0
    away: float = 0.0
    effect: float = 0.15
    own: float = 0.0


def study(
    paths: Mapping[str, Path],
    seeds: Sequence[int] = (1, 2, 3, 4),
    n_images: int = 30,
    epoch: Array = EPOCH,
    layers: Sequence[str] = ("early", "late"),
    networks: float = 0.25,
    noise: float = 0.1,
    draw: int = 0,
) -> list[Trajectory]:
    """Network instances of all conditions.

    The path is curved: it begins at one pattern, passes beside a second and approaches a third.

    Parameters
    ----------
    networks : float
        SD of what is an instance's own at the end, as a share of that of a pattern; half of it is
        shared by the conditions of a seed.
    noise : float
        The same of what is new at each checkpoint but the first.
    """
    flags = {"face": np.arange(n_images) < n_images // 2}
    first, second = np.triu_indices(n_images, 1)
    within = flags["face"][first] & flags["face"][second]
    between = flags["face"][first] != flags["face"][second]

    def pattern(*key: int) -> Array:
        rng = np.random.default_rng([draw, *key])
        image = rng.standard_normal(n_images)
        pair: Array = 0.03 * (image[first] + image[second])
        return pair + 0.05 * rng.standard_normal(first.size)

    found = []
    for number, (condition, path) in enumerate(paths.items()):
        for seed in seeds:
            rdms = {}
            for place, layer in enumerate(layers):
                start, beside, end, elsewhere = (pattern(place, 0, kind) for kind in range(4))
                start = start + networks * pattern(place, 1, seed)
                own = (pattern(place, 2, seed) + pattern(place, 3, seed, number)) / np.sqrt(2)
                end = np.sqrt(1 - path.away**2) * end + path.away * elsewhere + networks * own
                share = (1 - np.exp(-path.pace * epoch / 4))[:, None]
                end = end + path.own * pattern(place, 5, number)
                rdm = 0.8 + start + share * (end - start) + 2 * share * (1 - share) * beside
                rdm = rdm + path.effect * share * (0.5 * between - 0.5 * within)
                fresh = [
                    noise * pattern(place, 4, seed, number, at) if at else np.zeros(first.size)
                    for at in range(len(epoch))
                ]
                rdms[layer] = rdm + np.array(fresh)
            names = tuple(f"image{i}" for i in range(n_images))
            identity = {"condition": condition, "seed": seed}
            found.append(Trajectory(rdms, epoch, names, dict(flags), identity))
    return found
