"""Whether older ages match later epochs."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from trajectories.analyses.wording import listed, number, records, side, with_interval


def said(ages: pd.DataFrame, trends: pd.DataFrame) -> list[str]:
    """A sentence on each layer.

    Parameters
    ----------
    ages, trends : DataFrame
        Columns `ages.AGES` and `ages.TRENDS`, of one condition.
    """
    sentences = []
    for trend in records(trends):
        part = ages[ages["layer"] == trend["layer"]].sort_values("age")
        matches = [
            f"age {row['age']:g} epoch {number(row['match'], 1)} (correlation"
            f" {number(row['similarity'], 2)})"
            for row in records(part)
        ]
        sentences.append(f"In {trend['layer']}, {listed(matches)} match best; {_trend(trend)}.")
    return sentences


def _trend(trend: dict[Hashable, Any]) -> str:
    slope, low, high = (trend[key] for key in ("slope", "low", "high"))
    if np.isnan(slope):
        return "a single age has no order"
    size = with_interval(slope, low, high, 2, "epochs per unit of age")
    if trend["n_seeds"] == 1:
        return f"{size}, of one network, which does not show how much networks differ"
    if sign := side(low, high):
        return f"older ages match {'later' if sign > 0 else 'earlier'} epochs, by {size}"
    return f"no reliable order: {size}; least detectable {number(trend['detectable'], 2)}"
