"""What windows of another diet leave behind, and whether it matters when they begin."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from trajectories.analyses.critical_period import CLOCKS
from trajectories.analyses.critical_period.labels import NAMES
from trajectories.analyses.wording import listed, number, records, side, with_interval

KEYS = ["sweep", "layer", "clock", "measure", "target"]


def said(period: pd.DataFrame, contrasts: pd.DataFrame, confidence: float) -> list[str]:
    """A sentence on each outcome, by both clocks.

    Parameters
    ----------
    period, contrasts : DataFrame
        Columns `critical_period.PERIOD` and `critical_period.CONTRASTS`.
    confidence : float
        One less it is the rate of false discoveries over onsets.
    """
    sentences = []
    for identity, part in period.groupby(KEYS, sort=False):
        sweep, layer, clock, measure, target = map(str, identity)
        contrast = contrasts[(contrasts[KEYS] == list(identity)).all(axis=1)]
        [row] = records(contrast)
        name = NAMES[measure].format(target)
        where = f"{sweep} in {layer}, {name} {CLOCKS[clock]}"
        if part["n_seeds"].max() < 2:
            sentences.append(f"{where}: one seed does not show how much networks differ.")
            continue
        against = "undisturbed"
        if measure == "similarity":
            against = f"that of networks of {target} of different seeds"
        effects = _effects(part, against, 1 - confidence)
        sentences.append(f"{where}: {effects}{_order(row)}.")
    return sentences


def _effects(part: pd.DataFrame, against: str, level: float) -> str:
    if part["difference"].isna().all():
        return "no condition is undisturbed, so there is nothing to compare with"
    known = part.dropna(subset=["difference"])
    largest = records(known)[int(known["difference"].abs().to_numpy().argmax())]
    size = with_interval(
        largest["difference"], largest["difference_low"], largest["difference_high"], 3
    )
    sides: list[str] = []
    for sign, word in ((-1, "lower"), (1, "higher")):
        sure = known[(known["q"] < level) & (sign * known["difference"] > 0)]
        if len(sure):
            onsets = listed([f"{onset:g}" for onset in sure["onset"]])
            than = "" if sides else f" than {against}"
            sides.append(f"{word}{than} for the onset{'s' * (len(sure) > 1)} {onsets}")
    if not sides:
        least = number(float(known["detectable"].median()), 3)
        return f"no onset differs reliably from {against} (least detectable difference {least})"
    where = f"for onset {largest['onset']:g}"
    return f"{' and '.join(sides)}; the largest difference is {size}, {where}"


def _order(contrast: dict[Hashable, Any]) -> str:
    low, high, size = contrast["low"], contrast["high"], contrast["difference"]
    if np.isnan(size):
        return ""
    between = f"between the onsets {contrast['first_onset']:g} and {contrast['last_onset']:g}"
    if side(low, high):
        return f"; the difference {between} is {with_interval(size, low, high, 3)}"
    least = number(contrast["detectable"], 3)
    return (
        f"; there is no reliable difference {between}: {with_interval(size, low, high, 3)}, least"
        f" detectable {least}"
    )
