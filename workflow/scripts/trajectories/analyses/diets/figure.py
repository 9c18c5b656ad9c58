"""Figure of diets: strength of each change over training, a line for each condition."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import diets
from trajectories.plotting.diets import Line, Panel
from trajectories.plotting.figure_data import names

TITLE = "What the input looked like over training"


def draw(table: pd.DataFrame) -> Figure:
    """Draw a panel for each change, and for each unit in which it is measured.

    Parameters
    ----------
    table : DataFrame
        With the columns of `diets.DIETS`.
    """
    conditions = names(table, "condition")
    panels = []
    for change in names(table, "change"):
        of_change = table[table["change"] == change]
        for unit, own in of_change.groupby("unit", sort=False):
            lines = [Line(name, part) for name, part in own.groupby("condition", sort=False)]
            panels.append(Panel(change, str(unit), lines))
    return diets.draw(panels, conditions)


def caption(table: pd.DataFrame) -> str:
    """Say what `draw` shows."""
    shuffled = names(table[table["order"] == "shuffled"], "condition")
    each = (
        f" Epochs of {' and '.join(shuffled)} are in an order of its own in each network; that of"
        " the first is shown."
        if shuffled
        else ""
    )
    return (
        "Strength of each change of the input, as training had it: lines, mean over images; bands,"
        " from the least to the largest strength of any image. Conditions that are not in a panel"
        f" leave the images as they are.{each}"
    )
