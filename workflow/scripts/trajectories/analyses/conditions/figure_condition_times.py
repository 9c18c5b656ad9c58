"""Figure of how many times as late categories separate in one condition as in another."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plotting import compared, palette, style
from trajectories.plotting.figure_data import names

TITLE = "Times of change in one condition and another"
MOST_COLUMNS = 4
LINE_HEIGHT = 3.2
"""mm of a line."""
AROUND = "0.85"


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw how much later each condition is than the first, a column for each layer.

    Parameters
    ----------
    table : DataFrame
        With the columns of `conditions.TIMES`.
    confidence : float
        Of the intervals.
    """
    shown = compared.from_first(table)
    conditions, layers = compared.conditions(table), names(shown, "layer")
    columns = min(len(layers), MOST_COLUMNS)
    rows = -(-len(layers) // columns)
    lines = len(shown[["condition", "target"]].drop_duplicates()) + len(conditions) - 1
    with style.paper():
        figure = style.new_figure(
            {1: 100, 2: 140}.get(columns, 183), 14 + (12 + LINE_HEIGHT * lines) * rows
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        panels = list(grid.ravel())
        for axes in panels[len(layers) :]:
            axes.remove()
        for place, (axes, layer) in enumerate(zip(panels, layers, strict=False)):
            _draw_panel(axes, shown[shown["layer"] == layer], conditions)
            axes.set_title(layer)
            axes.tick_params(labelbottom=place + columns >= len(layers))
        figure.supxlabel(f"Times as late as in {compared.first(shown)}", fontsize=6.5)
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    first = compared.first(table)
    return (
        f"How many times as late as in {first} the index of each category, and"
        " the similarity to the last RDM, change, on average over their change; left of 1, earlier."
        f" Symbols, means over seeds, paired; lines, {confidence:.0%} intervals over seeds and test"
        " images; grey bars, what checkpoints leave open. Filled symbols, the order is reliable;"
        " open symbols, it is not, or the times count as equal. Where a curve does not change,"
        " there is no time."
    )


def _draw_panel(axes: Axes, table: pd.DataFrame, conditions: list[str]) -> None:
    colour, marker = palette.colours(conditions, "condition"), palette.markers(conditions)
    axes.axvline(1, color=style.REFERENCE, lw=0.5)
    places, labels, at = [], [], 0
    for name in conditions[1:]:
        for order, row in enumerate(table[table["condition"] == name].to_dict("records")):
            places.append(at)
            what = row["target"] or "whole RDM"
            labels.append(f"{name}: {what}" if order == 0 else what)
            if np.isfinite(row["ratio"]):
                axes.plot(
                    [row["earliest"], row["latest"]], [at, at], color=AROUND, lw=3.5,
                    solid_capstyle="butt",
                )  # fmt: skip
                axes.plot([row["low"], row["high"]], [at, at], color=colour[name], lw=0.8)
                sure = row["verdict"] in ("later", "earlier")
                axes.plot(
                    row["ratio"], at, marker=marker[name], color=colour[name],
                    mfc=colour[name] if sure else "white", mew=0.7, ms=3.2,
                )  # fmt: skip
            else:
                axes.annotate(
                    "no time", (0, at), xycoords=("axes fraction", "data"), xytext=(3, 0),
                    textcoords="offset points", va="center", color=style.REFERENCE, fontsize=5,
                )  # fmt: skip
            at -= 1
        at -= 1
    axes.set_xscale("log")
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(at + 1.2, 0.8)
