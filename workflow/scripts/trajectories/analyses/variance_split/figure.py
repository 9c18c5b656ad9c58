"""How much of the variance between networks comes from initialisation and from the data."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity
from trajectories.plotting.figure_data import names

TITLE = "Variance between network instances by its source"
WORDS = {"init": "initial weights", "order": "order", "augmentation": "augmentation"}


def draw(table: pd.DataFrame) -> Figure:
    """Draw variance with and without shared sources, and the share of each, for every layer.

    Parameters
    ----------
    table : DataFrame
        Columns `variance_split.VARIANCE_SPLIT`, with rows.
    """
    shared = table.assign(curve=[f"same {in_words(fixed)}" for fixed in table["fixed"]])
    several = shared["free_condition"].nunique() > 1
    if several:
        shared["curve"] += " (" + shared["free_condition"] + ")"
    free = shared.assign(
        curve="all different" + (" (" + shared["free_condition"] + ")" if several else ""),
        variance=shared["free_variance"],
        sd=shared["free_sd"],
        n_seeds=shared["free_n_seeds"],
        share=float("nan"),
    ).drop_duplicates(["curve", "layer", "epoch"])
    rows = pd.concat([free, shared], ignore_index=True).rename(columns={"variance": "mean"})
    # A column of panels is a layer here.
    panels = rows[["curve", "epoch", "mean", "sd", "n_seeds", "share"]].assign(
        condition=rows["layer"]
    )
    share = panels.assign(mean=panels["share"], sd=float("nan"))
    return figure_curves.draw(
        [
            Quantity("Variance between\ninstances ($1 - r$)", panels),
            Quantity("Share of variance due\nto the shared source", share),
        ],
        curves="curve",
        titled=True,
    )


def caption(table: pd.DataFrame) -> str:
    """Say what `draw` shows."""
    compared = table.drop_duplicates(["condition", "free_condition"])
    pairs = "; ".join(
        f"{condition} (same {in_words(fixed)}) against {free}"
        for condition, fixed, free in zip(
            compared["condition"], compared["fixed"], compared["free_condition"], strict=True
        )
    )
    return (
        "Upper panels: mean 1 − r (Pearson) between the RDMs of instances that share a source of"
        " randomness and of instances that share none, at the same epoch. Lower panels: the share"
        " by which the variance is smaller if the source is shared. A source was shared at one"
        f" value only. {figure_curves.explained(table.assign(mean=0))} Conditions: {pairs}. Layers:"
        f" {', '.join(names(table, 'layer'))}."
    )


def in_words(fixed: str) -> str:
    """Sources as the table names them, for a reader: "order and augmentation"."""
    return " and ".join(WORDS[source] for source in fixed.split("+"))
