"""What differs between conditions, when, and how small a difference would have been found."""

import numpy as np
import pandas as pd

from trajectories.analyses.conditions import SIMULTANEOUS
from trajectories.analyses.conditions.labels import NAMES, drawn
from trajectories.analyses.wording import count, listed, number, records, with_interval

PAIR = ["condition", "other_condition"]


def said(differences: pd.DataFrame, times: pd.DataFrame, confidence: float) -> list[str]:
    """Sentences on each pair of conditions and layer.

    Parameters
    ----------
    differences, times : DataFrame
        Columns `conditions.DIFFERENCES` and `conditions.TIMES`, of one condition.
    confidence : float
        One less it is the rate of false discoveries.
    """
    sentences = []
    for (condition, other), pair in differences.groupby(PAIR, sort=False):
        timed = times[(times[PAIR] == [condition, other]).all(axis=1)]
        if pair["epoch"].isna().all():
            sentences.append(f"{condition} and {other} have no epoch in common.")
            continue
        if pair["n_seeds"].max() < 2:
            sentences.append(
                f"{condition} and {other} have one seed in common: two networks do not show how"
                " conditions differ."
            )
            continue
        under = f"under {condition} than under {other}"
        both = f"{condition} and {other}"
        for layer, of_layer in pair.groupby("layer", sort=False):
            rows = timed[timed["layer"] == layer]
            said = [*_times(rows, under, both), *_curves(of_layer, under, both, 1 - confidence)]
            sentences += [f"In {layer}, {each}." for each in said]
    return sentences


def _times(times: pd.DataFrame, under: str, both: str) -> list[str]:
    said, alike, open_, lacking = [], [], [], []
    for row in records(times):
        what = f"{row['target']} separate" if row["target"] else "the RDM approaches its last"
        limits = row["ratio"], row["low"], row["high"]
        early = row["verdict"] == "earlier"
        if early:
            limits = 1 / row["ratio"], 1 / row["high"], 1 / row["low"]
        lag = f"{with_interval(*limits, 2)} times as {'early' if early else 'late'}"
        if row["verdict"] in ("later", "earlier"):
            said.append(f"{what} {row['verdict']} {under}: {lag}")
        elif row["verdict"] == SIMULTANEOUS:
            alike.append(f"{what} at the same time under {both}: {lag} counts as equal")
        elif np.isnan(row["ratio"]):
            lacking.append(f"{what}, as {row['reason']}")
        else:
            least = f"least detectable ratio {number(row['detectable'], 2)}"
            checkpoints = f"; {row['reason']}" if "checkpoints" in row["reason"] else ""
            open_.append(f"{what} earlier or later {under}: {lag}; {least}{checkpoints}")
    said += alike
    said += [f"it is undecided whether {each}" for each in open_]
    if lacking:
        said.append(f"under {both} no times can be compared at which {'; '.join(lacking)}")
    return said


def _curves(differences: pd.DataFrame, under: str, both: str, level: float) -> list[str]:
    said, none = [], []
    for measure, target in drawn(differences):
        part = differences[(differences[["measure", "target"]] == [measure, target]).all(axis=1)]
        # Where networks are the same by construction, as before training, there is nothing to test.
        tested = part[part["detectable"] > 0]
        if tested.empty:
            continue
        name = NAMES[measure].format(target)
        sure = tested[tested["q"] < level]
        if sure.empty:
            none.append(f"{name} ({number(float(tested['detectable'].median()), 3)})")
            continue
        largest = records(sure)[int(sure["difference"].abs().to_numpy().argmax())]
        of, sides = f" of {len(tested)} epochs", []
        for sign, word in ((1, "larger"), (-1, "smaller")):
            epochs = sure.loc[sign * sure["difference"] > 0, "epoch"]
            if len(epochs):
                sides.append(f"{word} at {count(epochs, of)}")
                of = ""
        size = with_interval(largest["difference"], largest["low"], largest["high"], 3)
        said.append(
            f"{name} is {listed(sides)} {under}; the largest difference is {size}, at epoch"
            f" {largest['epoch']:g}"
        )
    if none:
        said.append(
            f"{both} do not differ reliably at any epoch in {listed(none)}; in brackets, the"
            " difference that would have been found four times in five at the median epoch"
        )
    return said
