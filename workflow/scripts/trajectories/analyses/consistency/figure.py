"""How similar network instances are, and the noise ceiling that they set, over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity
from trajectories.plotting.measures import MEASURES

TITLE = "Consistency of network instances"


def draw(table: pd.DataFrame, measure: str = "pearson") -> Figure:
    """Draw the mean similarity of instances to each other, and their noise ceiling.

    Parameters
    ----------
    table : DataFrame
        Columns `consistency.CONSISTENCY`.
    measure : {"pearson", "spearman", "kendall", "cosine"}
        What the table holds.
    """
    measured = MEASURES[measure].label
    ceiling = table.assign(
        mean=(table["upper"] + table["lower"]) / 2, sd=(table["upper"] - table["lower"]) / 2
    )
    return figure_curves.draw(
        [
            Quantity(f"Similarity of\ninstances ({measured})", table),
            Quantity(f"Noise ceiling\n({measured})", ceiling, line=False),
        ]
    )


def caption(table: pd.DataFrame, measure: str = "pearson") -> str:
    """Say what `draw` shows: quantity, mean, SD, ceiling and number of instances."""
    alone = (
        " A single instance cannot be compared with others." if table["mean"].isna().any() else ""
    )
    return (
        f"Upper panels: mean {MEASURES[measure].words} between the RDM of a network instance and"
        f" those of all others of its condition at the same epoch. {figure_curves.explained(table)}"
        " Lower panels: noise ceiling, from its lower to its upper bound (Nili et al., 2014): the"
        " mean similarity to all instances that a true model of them could reach lies between the"
        " two. The upper bound is that of the mean RDM; for the lower, each instance is compared"
        f" with the mean of the others.{alone}"
    )
