"""Which categories learning sets apart, when, and whether within and between change together."""

import numpy as np
import pandas as pd

from trajectories.analyses.wording import listed, records, side, state, with_interval
from trajectories.plotting.figure_data import names
from trajectories.statistics.verdicts.statement import UNDECIDED

GAINS = {1: "rises above", -1: "falls below", 0: "ends neither reliably above nor reliably below"}


def said(emergence: pd.DataFrame, times: pd.DataFrame, ratios: pd.DataFrame) -> list[str]:
    """Gain of each index at the end, when it changes, and what is simultaneous.

    Parameters
    ----------
    emergence, times, ratios : DataFrame
        Columns `emergence.EMERGENCE`, `TIMES` and `RATIOS`, one condition.
    """
    return [*_gains(emergence), _times(times), *_simultaneous(ratios)]


def _gains(emergence: pd.DataFrame) -> list[str]:
    first, last = emergence["epoch"].min(), emergence["epoch"].max()
    end = emergence[(emergence["quantity"] == "gain") & (emergence["epoch"] == last)]
    found: dict[int, list[str]] = {place: [] for place in GAINS}
    for row in records(end):
        gain = with_interval(row["value"], row["low"], row["high"], 3)
        place = side(row["low"], row["high"])
        found[place].append(f"{row['category']} in {row['layer']}, {gain}")
    return [
        f"The category index {GAINS[place]} that of {state(first)} for {'; '.join(cases)}."
        for place, cases in found.items()
        if cases
    ]


def _times(times: pd.DataFrame) -> str:
    index = times[times["curve"] == "index"]
    known = [
        f"{row['category']} in {row['layer']} at epoch"
        f" {with_interval(row['time'], row['low'], row['high'])}"
        for row in records(index[np.isfinite(index["time"])])
    ]
    none = index[index["time"].isna()]
    lacking = [f"{row['category']} in {row['layer']}" for row in records(none)]
    parts = [f"The index changes, on average over its change, for {'; '.join(known)}"]
    parts = parts if known else []
    if lacking:
        parts.append(f"no time can be given for {listed(lacking)}")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _simultaneous(ratios: pd.DataFrame) -> list[str]:
    """Verdicts on within and between, for these images and for other images too."""
    pairs = ratios[ratios["curve"] == "within"]
    return [
        f"Change of dissimilarity within and between, {images}:"
        f" {'; '.join(_verdicts(pairs[pairs['images'] == images]))}."
        for images in names(pairs, "images")
    ]


def _verdicts(pairs: pd.DataFrame) -> list[str]:
    verdicts = []
    for verdict in names(pairs, "verdict"):
        rows = pairs[pairs["verdict"] == verdict]
        cases = listed([f"{row['category']} in {row['layer']}" for row in records(rows)])
        n_untimed = int(rows["ratio"].isna().sum())
        why = f", {n_untimed} of {len(rows)} because a time is missing" if n_untimed else ""
        verdicts.append(f"{verdict}{why if verdict == UNDECIDED else ''} ({cases})")
    return verdicts
