"""When categories emerge: an index of each over learning, and the mean epoch of its change.

The index is (between − within) / (between + within), of mean dissimilarities of pairs of images
within a category and between its members and the images that it is compared with. It is 0 where a
category is no more separate than chance, and 1 where all its members are equal. Untrained networks
separate some categories, so the effect of learning is the gain over the first checkpoint.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.emergence import CURVES, EMERGENCE, QUANTITIES, RATIOS, TIMES
from trajectories.statistics import condition_curves, crossed_bootstrap
from trajectories.statistics.change_time import ChangeTime, change_time, within_between
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import (
    FAILS,
    HOLDS,
    SMALL,
    UNDECIDED,
    Asked,
    Claim,
    Rules,
    Statement,
)

Array = NDArray[np.float64]

VERDICTS = {
    HOLDS: "simultaneous",
    SMALL: "simultaneous",
    FAILS: "not simultaneous",
    UNDECIDED: UNDECIDED,
}

Identity = tuple[str, str, str]
Pair = tuple[Identity, Identity]


def tabulate(
    resamples: Sequence[Path], recipes: Sequence[Path], confidence: float, time: float
) -> list[pd.DataFrame]:
    """The tables of a study, from the resamples.h5 of its instances."""
    rules = Rules(confidence=confidence, time=time)
    return condition_curves.tabulated(
        resamples, recipes, lambda curves: [emergence(curves, confidence), *compared(curves, rules)]
    )


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
            values = curves.index(layer, category)
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
                            "n_seeds": len(shown),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)[list(EMERGENCE)]


def compared(curves: ConditionCurves, rules: Rules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """When each curve changes, and how many times as late as another.

    Compares, for each layer and category, pairs within with pairs between; for each layer, the
    indices of every two categories; for each category, the indices in every two layers.

    Parameters
    ----------
    curves : ConditionCurves
    rules : Rules
        Their confidence, and their margin of times.

    Returns
    -------
    times : DataFrame with the columns `TIMES`
        Mean epochs of change (`change_time`), over networks and images; cells without one are
        empty, and ``reason`` says why. As far as checkpoints tell, it lies between ``earliest``
        and ``latest``.
    ratios : DataFrame with the columns `RATIOS`
        Of the first to the other, paired by network and resample; above 1 where the first is
        later. Two rows each: for these images, and for other images too.
    """
    found: dict[Identity, ChangeTime] = {}
    for layer in curves.layers:
        for category in curves.categories:
            within, between = within_between(curves, layer, category)
            found[layer, category, "index"] = change_time(
                curves.index(layer, category), curves.epoch, CURVES["index"]
            )
            found[layer, category, "within"], found[layer, category, "between"] = within, between
    times = [
        (curves.condition, *identity, *_time(time, curves, curves.members[identity[1]], rules))
        for identity, time in found.items()
    ]
    ratios = [row for pairs in _families(curves) for row in _ratios(curves, found, pairs, rules)]
    return (
        pd.DataFrame(times, columns=list(TIMES)),
        pd.DataFrame(ratios, columns=list(RATIOS)),
    )


def _time(
    time: ChangeTime, curves: ConditionCurves, n_images: float, rules: Rules
) -> tuple[object, ...]:
    """Columns of `TIMES` from ``time`` on."""
    if time.missing:
        return (*[np.nan] * 5, len(time.values), time.missing)
    found = crossed_bootstrap.interval(time.values, rules.confidence, n_images)
    shown = (found.estimate, found.low, found.high)
    bounds = (found.estimate - time.earliest, found.estimate + time.latest)
    # No time lies before the first checkpoint or after the last.
    ends = curves.epoch[0], curves.epoch[-1]
    limits = [float(np.clip(10**each, *ends)) for each in (*shown, *bounds)]
    return (*limits, len(time.values), "")


def _families(curves: ConditionCurves) -> Iterator[list[Pair]]:
    """Pairs of curves that answer one question, for which tests are corrected together."""
    layers, categories = curves.layers, curves.categories
    yield [
        ((layer, category, "within"), (layer, category, "between"))
        for layer in layers
        for category in categories
    ]
    yield [
        ((layer, one, "index"), (layer, other, "index"))
        for layer in layers
        for one, other in combinations(categories, 2)
    ]
    yield [
        ((late, category, "index"), (early, category, "index"))
        for category in categories
        for early, late in combinations(layers, 2)
    ]


def _ratios(
    curves: ConditionCurves, found: dict[Identity, ChangeTime], pairs: list[Pair], rules: Rules
) -> Iterator[tuple[object, ...]]:
    """Rows of `RATIOS`."""
    asked = [_asked(curves, found, *pair, rules) for pair in pairs]
    decided = iter(sentences.decided(curves.condition, asked, rules))
    for pair in pairs:
        for _ in range(2):
            claim: Claim = next(decided)
            first, other = pair
            yield (
                curves.condition, *first, *other, claim.images, claim.estimate, claim.low,
                claim.high, claim.margin, claim.p, claim.p_margin, VERDICTS[claim.verdict],
                claim.limit, claim.sentence.partition(f": {claim.verdict}, as ")[2].rstrip("."),
            )  # fmt: skip


def _asked(
    curves: ConditionCurves,
    found: dict[Identity, ChangeTime],
    first: Identity,
    other: Identity,
    rules: Rules,
) -> Asked:
    statement = Statement(
        "together", "the same time", "{} times", "mean epoch of change", "ratio",
        np.log10(rules.time), equal=True, ratio=True,
    )  # fmt: skip
    for layer, category, curve in (first, other):
        if missing := found[layer, category, curve].missing:
            return Asked(statement, None, reason=f"in {layer}, {category}: {missing}")
    if short := curves.too_short(rules.time):
        return Asked(statement, None, reason=short)
    lag = found[first] - found[other]
    n_images = min(curves.members[category] for _, category, _ in (first, other))
    return Asked(statement, lag.values, n_images, True, lag.bounds)
