"""Curves of networks with planted times of categories; no tests."""

import numpy as np

from trajectories.statistics import condition_curves
from trajectories.storage.resamples_file import Curves

LAYERS = ("early", "late")
EPOCH = np.arange(81.0) / 4
N_IMAGES, N_ROWS = 40, 101
# Of within and of between, for each category: level at the first checkpoint, change, time constant.
Planted = dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]
TOGETHER: Planted = {"faces": ((0.8, -0.2, 2.0), (0.8, 0.05, 2.0))}


def instance(
    planted: Planted,
    seed: int,
    epoch: np.ndarray = EPOCH,
    noise: float = 0.0,
    condition: str = "moco",
    layers: tuple[str, ...] = LAYERS,
) -> Curves:
    """Curves of a network whose time constants, levels and images are its own by a little."""
    rng = np.random.default_rng(seed)
    images = np.random.default_rng(0)
    kinds: dict[str, dict[str, dict[str, np.ndarray]]] = {"within": {}, "between": {}}
    for layer in layers:
        for place, kind in enumerate(kinds):
            kinds[kind][layer] = {}
            for category, both in planted.items():
                level, change, tau = both[place]
                of_images = 0.005 * images.standard_normal((N_ROWS, 1))
                of_images[0] = 0
                of_network = tau * np.exp(0.03 * rng.standard_normal())
                share = 1 - np.exp(-epoch / of_network)
                course = level + 0.005 * rng.standard_normal() + change * share
                course = course + noise * rng.standard_normal(len(epoch))
                kinds[kind][layer][category] = course + of_images * (1 + share)
    flat = {layer: np.ones((N_ROWS, len(epoch))) for layer in layers}
    steps = {layer: np.ones((N_ROWS, 0)) for layer in layers}
    return Curves(
        epoch, np.zeros((0, 2)), flat, flat, steps, **kinds,
        attributes={"condition": condition, "seed": seed, "n_stimuli": N_IMAGES, "measure": "r"},
        members=dict.fromkeys(planted, 20),
    )  # fmt: skip


def study(planted: Planted, n: int = 5, **given) -> condition_curves.ConditionCurves:
    [curves] = condition_curves.by_condition([instance(planted, s, **given) for s in range(n)])
    return curves
