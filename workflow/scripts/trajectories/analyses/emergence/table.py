"""When categories emerge: an index of each over learning, its latency, and how latencies differ.

The index is (between − within) / (between + within), of mean dissimilarities of pairs of images
within a category and between its members and the images that it is compared with. It is 0 where a
category is no more separate than chance, and 1 where all its members are equal. Untrained networks
separate some categories, so the effect of learning is the gain over the first checkpoint.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.emergence import CURVES, DIFFERENCES, EMERGENCE, LATENCIES, QUANTITIES
from trajectories.statistics import condition_curves, crossed_bootstrap, latencies, verdicts
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.latencies import Latency
from trajectories.statistics.verdicts import FAILS, HOLDS, UNDECIDED, Rules

Array = NDArray[np.float64]

VERDICTS = {HOLDS: "simultaneous", FAILS: "not simultaneous", UNDECIDED: UNDECIDED}

LEAST_CHANGE = latencies.LEAST_CHANGE / 2
"""Of the index: that of a dissimilarity where within and between are 1 on average."""

Identity = tuple[str, str, str]


def tabulate(resamples: Sequence[Path], confidence: float, time: float) -> list[pd.DataFrame]:
    """The tables of a study, from the resamples.h5 of its instances."""
    rules = Rules(confidence=confidence, time=time)
    return condition_curves.tabulated(
        resamples, lambda curves: [emergence(curves, confidence), *compared(curves, rules)]
    )


def index(curves: ConditionCurves, layer: str, category: str) -> Array:
    """(between − within) / (between + within), (n_instances, n_rows, n_checkpoints).

    Dimensionless, from -1 to 1. NaN in a resample that draws no pair of the category.
    """
    between, within = curves.between(layer, category), curves.within(layer, category)
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Array = (between - within) / (between + within)
    return value


def emergence(curves: ConditionCurves, confidence: float) -> pd.DataFrame:
    """The index of each category over learning, and its gain over the first checkpoint.

    Parameters
    ----------
    curves : ConditionCurves
    confidence : float
        Of the intervals, which are over instances and images.

    Returns
    -------
    DataFrame with the columns `EMERGENCE`
    """
    parts = []
    for layer in curves.layers:
        for category in curves.categories:
            values = index(curves, layer, category)
            for quantity, shown in zip(QUANTITIES, (values, values - values[..., :1]), strict=True):
                found = crossed_bootstrap.interval(shown, confidence, curves.members[category])
                parts.append(
                    pd.DataFrame(
                        {
                            "condition": curves.condition,
                            "layer": layer,
                            "category": category,
                            "quantity": quantity,
                            "epoch": curves.epoch,
                            "value": found.estimate,
                            "low": found.low,
                            "high": found.high,
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)[list(EMERGENCE)]


def compared(curves: ConditionCurves, rules: Rules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Latency of each curve, and how much latencies differ.

    Compares, for each layer and category, pairs within with pairs between; for each layer, the
    indices of every two categories; for each category, the indices in every two layers.

    Parameters
    ----------
    curves : ConditionCurves
    rules : Rules
        Their confidence, and their margin of times.

    Returns
    -------
    latencies : DataFrame with the columns `LATENCIES`
        Times in epochs; cells without one are empty, and ``reason`` says why. ``earliest`` and
        ``latest`` are means over instances of the checkpoints around it.
    differences : DataFrame with the columns `DIFFERENCES`
        Of the first less the other, paired by instance and resample; positive where the first is
        later.
    """
    found: dict[Identity, Latency] = {}
    rows = []
    for layer in curves.layers:
        for category in curves.categories:
            n_images = curves.members[category]
            values = index(curves, layer, category)
            timed = {
                "index": latencies.half_way(
                    values, curves.epoch, CURVES["index"], rules.confidence, n_images, LEAST_CHANGE
                )
            }
            pairs = latencies.within_between(curves, layer, category, rules.confidence)
            timed["within"], timed["between"] = pairs
            courses = (
                values, curves.within(layer, category), curves.between(layer, category)
            )  # fmt: skip
            for (name, latency), course in zip(timed.items(), courses, strict=True):
                found[layer, category, name] = latency
                rows.append(
                    (
                        curves.condition, layer, category, name,
                        *_interval(latencies.change(course, curves.epoch), rules, n_images),
                        *_latency(latency, curves, rules, n_images),
                    )
                )  # fmt: skip
    differences = [
        (
            curves.condition, *first, *other,
            *_difference(
                _less(found, first, other),
                curves,
                rules,
                min(curves.members[category] for category in (first[1], other[1])),
            ),
        )
        for first, other in _pairs(curves)
    ]  # fmt: skip
    return (
        pd.DataFrame(rows, columns=list(LATENCIES)),
        pd.DataFrame(differences, columns=list(DIFFERENCES)),
    )


def _less(found: dict[Identity, Latency], first: Identity, other: Identity) -> Latency:
    """The difference; where there is none, with the place of the latency that is missing."""
    difference = found[first] - found[other]
    for layer, category, curve in (first, other):
        if missing := found[layer, category, curve].missing:
            return replace(difference, missing=f"in {layer}, {category}: {missing}")
    return difference


def _pairs(curves: ConditionCurves) -> Iterator[tuple[Identity, Identity]]:
    for layer in curves.layers:
        for category in curves.categories:
            yield (layer, category, "within"), (layer, category, "between")
    for layer in curves.layers:
        for one, other in combinations(curves.categories, 2):
            yield (layer, one, "index"), (layer, other, "index")
    for category in curves.categories:
        for early, late in combinations(curves.layers, 2):
            yield (late, category, "index"), (early, category, "index")


def _interval(values: Array, rules: Rules, n_images: float) -> tuple[float, float, float]:
    found = crossed_bootstrap.interval(values, rules.confidence, n_images)
    return float(found.estimate), float(found.low), float(found.high)


def _latency(
    latency: Latency, curves: ConditionCurves, rules: Rules, n_images: float
) -> tuple[object, ...]:
    """Columns of `LATENCIES` from ``latency`` on."""
    n = len(latency.time)
    if latency.missing:
        return (*[np.nan] * 5, 0, n, latency.missing)
    bounds = (latency.earliest, latency.latest)
    found = verdicts.measured(latency.time, rules.confidence, n_images, bounds)
    # No time lies before the first checkpoint or after the last.
    low, high = np.clip([found.low, found.high], curves.epoch[0], curves.epoch[-1])
    return (found.estimate, low, high, found.open_from, found.open_to, found.n, n, "")


def _difference(
    lag: Latency, curves: ConditionCurves, rules: Rules, n_images: float
) -> tuple[object, ...]:
    """Columns of `DIFFERENCES` from ``difference`` on."""
    n, margin = len(lag.time), rules.time * float(np.ptp(curves.epoch))
    if lag.missing:
        return (*[np.nan] * 5, margin, 0, n, UNDECIDED, lag.missing)
    found = verdicts.measured(lag.time, rules.confidence, n_images, (lag.earliest, lag.latest))
    verdict, reason = UNDECIDED, verdicts.unmeasured(found)
    if reason is None:
        limits = f"{found.open_from:.2f} to {found.open_to:.2f}".replace("-", "\u2212")
        verdict, reason = verdicts.alike(found, margin, f"{margin:.2f} epochs", limits)
    return (
        found.estimate, found.low, found.high, found.open_from, found.open_to, margin, found.n, n,
        VERDICTS[verdict], reason.removeprefix("as "),
    )  # fmt: skip
