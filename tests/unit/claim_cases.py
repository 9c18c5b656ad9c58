"""Simulated studies in which claims are true or false: trajectories of known course."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trajectories.analyses.claims import table as claims
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, overall, resampled_curves, resampling
from trajectories.statistics.verdicts.statement import RANDOM, Claim, Rules

LAYERS = ("early", "late")
DEFINITIONS = {"faces": {"within": "face", "between": "~face"}}
EPOCH = np.arange(21.0)
# Times are no better known than the checkpoints around them: as fine for 20 epochs as for 200.
FINE = {20: np.arange(201.0) / 10, 200: np.arange(201.0)}
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
    push, tau_push : rise of all dissimilarities, and its time constant
    networks : SD between networks of the logarithms of time constants
    effects : SD between networks of start and end
    epoch : of the checkpoints
    jitter : SD of what is new at each checkpoint, for each pair
    """

    n: int = 5
    tau: tuple[float | None, float | None] = (1.0, 4.0)
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 0.3)
    tau_within: float = 2.0
    tau_between: float = 2.0
    push: float = 0.0
    tau_push: float = 2.0
    networks: float = 0.03
    effects: float = 0.005
    n_images: int = 30
    rates: Mapping[float, float] = field(default_factory=lambda: CONSTANT)
    seed: int = 0
    epoch: NDArray[np.float64] = field(default_factory=lambda: EPOCH)
    jitter: float = 0.0


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
            if study.push:
                rdm = rdm + study.push * course(study.tau_push, study, constant)[:, None]
            if study.jitter:
                rdm = rdm + study.jitter * rng.standard_normal(rdm.shape)
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
    return with_overall(study, n_resamples)[0]


def with_overall(
    study: Study, n_resamples: int = 100
) -> tuple[condition_curves.ConditionCurves, overall.Overall]:
    counts = resampling.stimulus_counts(study.n_images, n_resamples, study.seed)
    found = trajectories(study)
    instances = [resampled_curves.resample(each, DEFINITIONS, counts) for each in found]
    [together] = condition_curves.by_condition(instances)
    moments = {
        layer: [overall.moments(each.rdms[layer], counts) for each in found] for layer in LAYERS
    }
    mean, sd = (
        {layer: np.stack([each[part] for each in of]) for layer, of in moments.items()}
        for part in (0, 1)
    )
    return together, overall.Overall(mean, sd)


def decided(study: Study, rules: Rules | None = None) -> list[Claim]:
    rules = rules or Rules()
    families = claims.asked(*with_overall(study), study.rates, rules, DEFINITIONS)
    return claims.decided("moco", families, rules)


UNTRAINED = "changes more from the untrained network"
FIRST = "changes more from epoch 1 to epoch 2"
PER_RATE = "per unit of learning rate"
HALF, NINETY = "50% of its trajectory", "90% of its trajectory"
STEADIER = "late changes more than early"
TOGETHER = "late, faces: dissimilarities within and between change at the same time"
PUSH = "late, faces: between − within changes later than the mean of all pairs"
APART = "late, faces: between ends above within"
LEARNT = "learning raises between above within"
LESS = "ends less far above within than in late"
# Wide enough for what is small to be told from none with few networks.
RULES = Rules(effect=0.8, time=1.5, factor=4)


def planted(given: dict, epochs: int) -> Study:
    """A study of so many epochs; given time constants are shares of them."""
    scaled = dict(given)
    for name in ("tau_within", "tau_between", "tau_push"):
        scaled[name] = given.get(name, 0.1) * epochs
    if "tau" in given:
        scaled["tau"] = tuple(tau * epochs for tau in given["tau"])
    if "tau_push" in given:
        scaled["push"] = 0.3
    rates = dict.fromkeys(np.arange(1.0, epochs + 1).tolist(), 0.1)
    return Study(**{"tau": (epochs / 20, epochs / 5), **scaled}, epoch=FINE[epochs], rates=rates)


def of(found: list[Claim], statement: str, images: str = RANDOM) -> list[Claim]:
    return [each for each in found if statement in each.statement and each.images == images]
