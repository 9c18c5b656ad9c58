"""How much of the settling is due to the learning rate."""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from trajectories.analyses.wording import records, side, with_interval
from trajectories.plotting.figure_data import names

Row = dict[Hashable, Any]

PER = {
    "fall_change_per_rate": "unit of learning rate",
    "fall_change_per_displacement": "unit of weight displacement",
}
FARTHER = {1: "farther", -1: "less far", 0: "neither reliably farther nor less far"}
SHARE = {
    1: "more than all of it",
    -1: "less than all of it",
    0: "all of it, within the interval",
}


def said(summary: pd.DataFrame) -> list[str]:
    """Fall of change from the first step to the last quarter, and what is left without the rate.

    Parameters
    ----------
    summary : DataFrame
        Columns `schedule.SUMMARY`, one condition.
    """
    sentences = []
    for layer in names(summary, "layer"):
        known = summary[summary["layer"] == layer].dropna(subset=["estimate"])
        rows = {row["statistic"]: row for row in records(known)}
        if "fall_change" not in rows:
            sentences.append(f"{layer}: the steps between checkpoints are too few or unequal.")
            continue
        sentences.append(_falls(layer, rows))
        for name in (each for each in PER if each in rows):
            word = FARTHER[side(rows[name]["low"], rows[name]["high"], 1)]
            sentences.append(
                f"Per {PER[name]}, {layer} moves {word} in the first epoch than in the last"
                f" quarter: ratio {_limits(rows[name])}."
            )
    return sentences


def _falls(layer: str, rows: dict[str, Row]) -> str:
    sentence = (
        f"In {layer}, the RDM turns {_limits(rows['fall_change'])} times as far in the first epoch"
        " as in one of the last quarter"
    )
    if "share_of_rate" not in rows:
        return f"{sentence}."
    rate, share = rows["fall_learning_rate"]["estimate"], rows["share_of_rate"]
    word = SHARE[side(share["low"], share["high"], 1)]
    return (
        f"{sentence}; the learning rate is {rate:.1f} times as high. If change is in proportion to"
        f" it, the rate accounts for {_limits(share)} of the fall on a log scale: {word}."
    )


def _limits(row: Row) -> str:
    return with_interval(row["estimate"], row["low"], row["high"])
