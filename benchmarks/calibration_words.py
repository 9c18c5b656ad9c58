"""Simulated studies in which statements are true, false, small, reversed or cannot be decided.

Used by `calibration.py`, which counts the words that they get.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trajectories.statistics import (
    change_time,
    crossed_bootstrap,
    resampled_curves,
    resampling,
    times,
)
from trajectories.statistics.verdicts import sample_size
from trajectories.statistics.verdicts.evidence import evidence, judge
from trajectories.statistics.verdicts.statement import (
    FAILS,
    HOLDS,
    REVERSED,
    SMALL,
    VERDICTS,
    Asked,
    Statement,
)

Array = NDArray[np.float64]
Counts = dict[str, int]

# Words that are wrong where the truth is none, at the margin, far above it, and far below 0.
WRONG: Mapping[str, tuple[str, ...]] = {
    "true": (FAILS, REVERSED),
    "at the margin": (SMALL, FAILS, REVERSED),
    "small": (REVERSED,),
    "false": (HOLDS, SMALL, REVERSED),
    "reversed": (HOLDS, SMALL),
    "undecidable": (),
}
# Of an equality: at the margin it neither holds nor does it surely not.
WRONG_EQUAL: Mapping[str, tuple[str, ...]] = {
    "equal": (FAILS,),
    "almost equal": (FAILS,),
    "at the margin": (HOLDS, SMALL, FAILS),
    "apart": (HOLDS, SMALL),
    "undecidable": (),
}


def statement(margin: float, equal: bool = False) -> Statement:
    """A statement of this margin, whose words do not matter."""
    return Statement("claim", "it is so", "{}", "what", "unit", margin, equal=equal)


def words(families: list[list[Asked]], fixed: bool = False) -> list[list[str]]:
    """Verdicts of each study on the statements of a claim."""
    return [
        [found.verdict for found in judge([evidence(a, 0.95, fixed) for a in family], 0.95)]
        for family in families
    ]


def counted(found: list[str]) -> Counts:
    """How often each word is given."""
    return {word: found.count(word) for word in VERDICTS}


def family(
    truths: tuple[float, ...], spread: float, n: int, n_images: int, rng: np.random.Generator
) -> list[Asked]:
    """Statements of margin 1 on means of these truths; `spread` scales all variance."""
    asked = []
    counts = resampling.stimulus_counts(n_images, 200, int(rng.integers(2**31)))
    for truth in truths:
        per_image = 0.1 * rng.standard_normal(n_images)
        values = (per_image + 0.1 * rng.standard_normal((n, n_images))) * np.sqrt(n_images)
        values = truth + spread * (values + 0.3 * rng.standard_normal((n, 1)))
        asked.append(Asked(statement(1.0), values @ counts.T / n_images, n_images))
    return asked


def courses(
    taus: tuple[float, float], n: int, epoch: Array, dips: bool, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Curves within and between, (n_instances, n_rows, n_checkpoints), in a range of 0.1.

    40 images, of an amplitude and a lag of their own, which all networks share; jitter at each
    checkpoint of 1% of the range by network, and of 2% by network and images. Time constants differ
    between networks (SD of the logarithm 0.15), half of that alike in both curves.
    """
    n_images = 40
    counts = resampling.stimulus_counts(n_images, 100, int(rng.integers(2**31))) / n_images
    alike = 0.13 * rng.standard_normal(n)
    found = []
    for tau in taus:
        amplitude, late = 0.2 * rng.standard_normal((2, n_images, 1))
        curves = []
        for network in range(n):
            own = tau * np.exp(alike[network] + 0.075 * rng.standard_normal())
            course = 1 - np.exp(-epoch / own)
            if dips:
                course = 1.2 * course - 0.6 * (1 - np.exp(-4 * epoch / own))
            of_images = (1 + amplitude) * course + late * (1 - np.exp(-epoch / (2 * own)))
            of_images = of_images + 0.02 * rng.standard_normal(of_images.shape) * np.sqrt(n_images)
            of_images = of_images + 0.01 * rng.standard_normal(len(epoch))
            curves.append(0.1 * counts @ of_images)
        found.append(np.array(curves))
    return found[0], found[1]


def true_lag(taus: tuple[float, float], epoch: Array, dips: bool) -> float:
    """Ratio of the times of the mean curves of very many networks, without images and jitter."""
    lag = []
    smoother = change_time.smoothing(epoch)
    quantiles = (np.arange(2000) + 0.5) / 2000
    from scipy import stats

    spread = np.exp(np.hypot(0.13, 0.075) * stats.norm.ppf(quantiles))[:, None]
    for tau in taus:
        course = 1 - np.exp(-epoch / (tau * spread))
        if dips:
            course = 1.2 * course - 0.6 * (1 - np.exp(-4 * epoch / (tau * spread)))
        lag.append(np.log10(change_time.mean_epoch(smoother @ course.mean(axis=0), epoch)))
    return float(lag[0] - lag[1])


def lag(curves: tuple[Array, Array], epoch: Array, margin: float) -> Asked | None:
    """The statement that both change together; None where one has no time."""
    within, between = (change_time.change_time(each, epoch, "it") for each in curves)
    ratio = within - between
    if ratio.missing:
        return None
    return Asked(statement(np.log10(margin), True), ratio.values, 40, bounds=ratio.bounds)


def layer_lag(
    taus: tuple[float, float], spread: float, n: int, epoch: Array, rng: np.random.Generator
) -> Asked:
    """The statement that the late layer reaches 90% of its trajectory later, by RDMs of 40 images.

    Time constants differ between networks (SD of the logarithm: `spread`), patterns of images
    between layers.
    """
    n_images = 40
    counts = resampling.stimulus_counts(n_images, 60, int(rng.integers(2**31)))
    last = len(epoch) - 1
    compared = np.array([(at, last) for at in range(last)], dtype=np.intp)
    first, second = np.triu_indices(n_images, 1)

    def pattern(image: float, pair: float) -> Array:
        of_image = image * rng.standard_normal(n_images)
        of_pair: Array = of_image[first] + of_image[second]
        return of_pair + pair * rng.standard_normal(first.size)

    parts: list[Array] = []
    for tau in taus:
        shared = [pattern(0.03, 0.05) for _ in range(2)]
        reached = []
        for _ in range(n):
            start, end = (each + pattern(0.02, 0.05) for each in shared)
            share = 1 - np.exp(-epoch / (tau * np.exp(spread * rng.standard_normal())))
            rdms = 0.8 + start + (share / share[-1])[:, None] * (end - start)
            similarity = resampled_curves.weighted_similarity(rdms, compared, counts)
            rising = times.rising(times.way(similarity, epoch[:last]))
            with np.errstate(divide="ignore"):
                reached.append(
                    [
                        np.log10(each)
                        for each in (
                            times.crossing(rising, epoch[:last], 0.9),
                            *times.bracket(rising, epoch[:last], 0.9),
                        )
                    ]
                )
        parts.append(np.array(reached))
    early, late = parts
    bounds = late[:, 1] - early[:, 2], late[:, 2] - early[:, 1]
    return Asked(statement(np.log10(1.5)), late[:, 0] - early[:, 0], n_images, bounds=bounds)


def predicted(rng: np.random.Generator, sizes: tuple[float, float, float]) -> tuple[float, float]:
    """Half width for 10 networks and 92 images: predicted from 5 and 46, and that of a study.

    `sizes` are SDs by networks, images and both, of single networks and images.
    """

    def interval(n: int, n_images: int) -> crossed_bootstrap.Interval:
        networks, images, both = sizes
        values = networks * rng.standard_normal((n, 1)) + images * rng.standard_normal(n_images)
        values = values + both * rng.standard_normal((n, n_images))
        counts = resampling.stimulus_counts(n_images, 200, int(rng.integers(2**31)))
        return crossed_bootstrap.interval(values @ counts.T / n_images, 0.95, n_images)

    pilot, study = interval(5, 46), interval(10, 92)
    return sample_size.of(pilot, 46).half_width(10, 92), float(study.high - study.low) / 2
