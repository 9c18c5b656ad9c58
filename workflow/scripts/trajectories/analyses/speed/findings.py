"""When layers reach shares of their trajectories, and which is first."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from trajectories.analyses.wording import records, side, with_interval
from trajectories.plotting.figure_data import names

LEVELS = {"t50": "50% of its trajectory", "t90": "90% of its trajectory"}


def said(summary: pd.DataFrame) -> list[str]:
    """Times of each layer, and their order in the first and the last layer.

    Parameters
    ----------
    summary : DataFrame
        Columns `speed.SUMMARY`, one condition.
    """
    layers = names(summary, "layer")
    sentences = [_of_layer(summary, layer) for layer in layers]
    if len(layers) > 1:
        sentences += [_order(summary, layers[0], layers[-1], name) for name in (*LEVELS, "tau")]
    return sentences


def _of_layer(summary: pd.DataFrame, layer: str) -> str:
    half, most, tau = (_row(summary, layer, "", name) for name in (*LEVELS, "tau"))
    return (
        f"{layer} reaches 50% of its trajectory to its late level {_when(half)}, 90% {_when(most)};"
        f" its time constant is {_in_epochs(tau)}."
    )


def _order(summary: pd.DataFrame, early: str, late: str, name: str) -> str:
    row = _row(summary, early, late, name)
    # A time is known no better than the checkpoints around it.
    low = np.fmin(row["low"], row["earliest"])
    high = np.fmax(row["high"], row["latest"])
    first = 0 if np.isnan(row["low"]) else side(low, high)
    earlier, later = (early, late) if first < 0 else (late, early)
    by = _in_epochs(row, sign=1 if first > 0 else -1)
    if name == "tau":
        if first:
            return f"The time constant of {earlier} is shorter than that of {later}, by {by}."
        return f"Which time constant is shorter is open: {late} minus {early}, {by}."
    if first:
        return f"{earlier} reaches {LEVELS[name]} before {later}, by {by}."
    return f"Which layer first reaches {LEVELS[name]} is open: {late} minus {early}, {by}."


def _when(row: dict[Hashable, Any]) -> str:
    if np.isnan(row["estimate"]):
        return "at an unknown time"
    return f"at epoch {with_interval(row['estimate'], row['low'], row['high'])}"


def _in_epochs(row: dict[Hashable, Any], sign: int = 1) -> str:
    if np.isnan(row["estimate"]):
        return "not known"
    return with_interval(row["estimate"], row["low"], row["high"], unit="epochs", sign=sign)


def _row(summary: pd.DataFrame, layer: str, other: str, name: str) -> dict[Hashable, Any]:
    chosen = (summary[["layer", "other_layer", "statistic"]] == [layer, other, name]).all(axis=1)
    return records(summary[chosen])[0]
