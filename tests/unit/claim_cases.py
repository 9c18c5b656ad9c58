"""Simulated studies in which claims are true or false: trajectories of known course."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trajectories.analyses.claims import table as claims
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, resampled_curves, resampling, verdicts

LAYERS = ("early", "late")
EPOCH = np.arange(21.0)
# Times are no better known than the checkpoints around them.
FINE = np.arange(81.0) / 4
CONSTANT = dict.fromkeys(EPOCH[1:].tolist(), 0.1)
COSINE = {t: 0.05 * (1 + np.cos(np.pi * (t - 1) / 20)) for t in EPOCH[1:].tolist()}


@dataclass(frozen=True)
class Study:
    """What is planted; pairs of values are of the early and the late layer.

    Attributes
    ----------
    tau : time constants of the change of the RDM, epochs; None for change as the rates go
    start, end : between − within at the first and, all but reached, the last checkpoint
    tau_within, tau_between : time constants of these changes
    networks : SD between networks of the logarithms of time constants
    effects : SD between networks of start and end
    epoch : of the checkpoints, the last of them 20
    """

    n: int = 5
    tau: tuple[float | None, float | None] = (1.0, 4.0)
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 0.3)
    tau_within: float = 2.0
    tau_between: float = 2.0
    networks: float = 0.03
    effects: float = 0.005
    n_images: int = 30
    rates: Mapping[float, float] = field(default_factory=lambda: CONSTANT)
    seed: int = 0
    epoch: NDArray[np.float64] = field(default_factory=lambda: EPOCH)


def trajectories(study: Study) -> list[Trajectory]:
    """Network instances of a study; images, and how networks see them, are drawn at random."""
    rng = np.random.default_rng(study.seed)
    flags = {"face": np.arange(study.n_images) < study.n_images // 2}
    first, second = np.triu_indices(study.n_images, 1)
    within = flags["face"][first] & flags["face"][second]
    between = flags["face"][first] != flags["face"][second]

    def pattern() -> NDArray[np.float64]:
        image = rng.standard_normal(study.n_images)
        pair: NDArray[np.float64] = 0.01 * (image[first] + image[second])
        return pair + 0.05 * rng.standard_normal(first.size)

    def constant(tau: float) -> float:
        return float(tau * np.exp(study.networks * rng.standard_normal()))

    shared = {layer: (pattern(), pattern()) for layer in LAYERS}
    found = []
    for seed in range(1, study.n + 1):
        rdms = {}
        for place, layer in enumerate(LAYERS):
            begin, finish = (each + pattern() / 4 for each in shared[layer])
            share = course(study.tau[place], study, constant)
            start, end = (
                each[place] + study.effects * rng.standard_normal()
                for each in (study.start, study.end)
            )
            rdm = 0.8 + begin + share[:, None] * (finish - begin)
            for pairs, sign, tau in (
                (within, -0.5, study.tau_within),
                (between, 0.5, study.tau_between),
            ):
                of_pairs = start + course(tau, study, constant) * (end - start)
                rdm = rdm + sign * of_pairs[:, None] * pairs
            rdms[layer] = rdm
        names = tuple(f"image{i}" for i in range(study.n_images))
        identity = {"condition": "moco", "seed": seed}
        found.append(Trajectory(rdms, study.epoch, names, flags, identity))
    return found


def course(tau: float | None, study: Study, constant) -> NDArray[np.float64]:
    """Share of a change at each checkpoint, 0 at the first and 1 at the last."""
    if tau is None:
        rates = [study.rates[t] for t in study.epoch[1:].tolist()]
        share = np.concatenate([[0.0], np.cumsum(rates)])
    else:
        share = 1 - np.exp(-study.epoch / constant(tau))
    course: NDArray[np.float64] = share / share[-1]
    return course


def curves(study: Study, n_resamples: int = 100) -> condition_curves.ConditionCurves:
    counts = resampling.stimulus_counts(study.n_images, n_resamples, study.seed)
    definitions = {"faces": {"within": "face", "between": "~face"}}
    instances = [
        resampled_curves.resample(each, definitions, counts) for each in trajectories(study)
    ]
    [together] = condition_curves.by_condition(instances)
    return together


def decided(study: Study, rules: verdicts.Rules | None = None) -> list[verdicts.Claim]:
    return claims.decide(curves(study), study.rates, rules or verdicts.Rules())
