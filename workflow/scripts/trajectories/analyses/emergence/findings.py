"""Which categories learning sets apart, when, and whether within and between change together."""

import numpy as np
import pandas as pd

from trajectories.analyses.wording import listed, records, side, state, with_interval
from trajectories.plotting.figure_data import names
from trajectories.statistics.verdicts import UNDECIDED

GAINS = {1: "rises above", -1: "falls below", 0: "ends neither reliably above nor reliably below"}


def said(emergence: pd.DataFrame, latencies: pd.DataFrame, differences: pd.DataFrame) -> list[str]:
    """Gain of each index at the end, its latency, and what is simultaneous.

    Parameters
    ----------
    emergence, latencies, differences : DataFrame
        Columns `emergence.EMERGENCE`, `LATENCIES` and `DIFFERENCES`, one condition.
    """
    return [*_gains(emergence), _latencies(latencies), _simultaneous(differences)]


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


def _latencies(latencies: pd.DataFrame) -> str:
    index = latencies[latencies["curve"] == "index"]
    known = [
        f"{row['category']} in {row['layer']} at epoch"
        f" {with_interval(row['latency'], row['low'], row['high'])}"
        f", {row['n_timed']} of {row['n_networks']} networks"
        for row in records(index[np.isfinite(index["latency"])])
    ]
    none = index[index["latency"].isna()]
    lacking = [f"{row['category']} in {row['layer']}" for row in records(none)]
    parts = [f"The index reaches its midpoint for {'; '.join(known)}"] if known else []
    if lacking:
        parts.append(f"no latency can be given for {listed(lacking)}")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _simultaneous(differences: pd.DataFrame) -> str:
    """Verdicts on within and between."""
    pairs = differences[differences["curve"] == "within"]
    verdicts = []
    for verdict in names(pairs, "verdict"):
        rows = pairs[pairs["verdict"] == verdict]
        cases = listed([f"{row['category']} in {row['layer']}" for row in records(rows)])
        n_untimed = int(rows["difference"].isna().sum())
        why = f", {n_untimed} of {len(rows)} because a latency is missing" if n_untimed else ""
        verdicts.append(f"{verdict}{why if verdict == UNDECIDED else ''} ({cases})")
    return f"Midpoints of dissimilarity within and between: {'; '.join(verdicts)}."
