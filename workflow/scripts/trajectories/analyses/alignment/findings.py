"""Whether conditions take the same path, and which of two is behind on it."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from trajectories.analyses.alignment import ANOTHER, SAME
from trajectories.analyses.wording import count, number, records, side, with_interval

Row = dict[Hashable, Any]


def said(paths: pd.DataFrame, matches: pd.DataFrame, confidence: float) -> list[str]:
    """A sentence or two on each pair of conditions and layer.

    Parameters
    ----------
    paths, matches : DataFrame
        Columns `alignment.PATHS` and `alignment.MATCHES`, of one condition.
    confidence : float
        One less it is the rate of false discoveries over epochs.
    """
    sentences, told = [], set()
    for row in records(paths):
        pair = (row["layer"], *sorted((row["condition"], row["other_condition"])))
        if pair in told:
            continue
        told.add(pair)
        sentences.append(_path(row, matches, 1 - confidence))
    return sentences


def _path(row: Row, matches: pd.DataFrame, level: float) -> str:
    name, other, layer = (row[key] for key in ("condition", "other_condition", "layer"))
    where = f"In {layer}, {name} and {other}"
    short = with_interval(row["shortfall"], row["low"], row["high"], 3)
    if row["verdict"] == ANOTHER:
        which = ["condition", "other_condition", "layer"]
        part = matches[(matches[which] == [name, other, layer]).all(axis=1)]
        below = part.loc[(part["q"] < level) & (part["shortfall"] < 0), "epoch"]
        among = part["shortfall"].notna().sum()
        return (
            f"{where} take different paths: at its best match the similarity of {name} to the path"
            f" of {other} differs by {short} from that of networks of {other}; reliably lower at"
            f" {count(below, f' of {among} epochs')}."
        )
    if row["verdict"] != SAME:
        given = "" if np.isnan(row["shortfall"]) else f"; difference {short}"
        return f"{where} may take the same path or not: {row['reason']}{given}."
    return f"{where} take the same path (difference of similarity {short}); {_lag(row)}."


def _lag(row: Row) -> str:
    name, other = row["condition"], row["other_condition"]
    lag, low, high = (float(row[key]) for key in ("lag", "lag_low", "lag_high"))
    if np.isnan(lag):
        return f"{name} is at the end of that of {other} from the first epochs on"
    sign = side(low, high)
    if sign:
        size = with_interval(lag, low, high, 1, "epochs", sign)
        return f"{name} is {'behind' if sign > 0 else 'ahead'} by {size} on average"
    size = with_interval(lag, low, high, 1, "epochs")
    least = number(float(row["lag_detectable"]), 1)
    return f"neither is reliably behind: {size}; least detectable lag {least}"
