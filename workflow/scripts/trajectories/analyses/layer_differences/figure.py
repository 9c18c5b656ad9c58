"""Figure of differences between layers over learning, with their intervals."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names

LABELS = {
    "log10_change": "Change between consecutive RDMs:\ndifference of log₁₀(1 − similarity)",
    "progress": "Progress to the last RDM:\ndifference",
}
TITLE = "Differences between layers over learning"


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw the differences of the first layer from each other, a row for each condition.

    Parameters
    ----------
    table : DataFrame
        With the columns of `layer_differences.COLUMNS`.
    confidence : float
        Filled marks stand where ``q`` is below one minus it.
    """
    shown = _from_first(table)
    conditions, measures = names(shown, "condition"), names(shown, "measure")
    others = names(shown, "other_layer")
    # As in figures of all layers.
    layers = [names(shown, "layer")[0], *others]
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    with style.paper():
        figure = style.new_figure({1: 89}.get(len(measures), 150), 22 + 45 * len(conditions))
        grid = figure.subplots(
            len(conditions), len(measures), squeeze=False, sharex=True, sharey="col"
        )
        for row, condition in enumerate(conditions):
            for axes, measure in zip(grid[row], measures, strict=True):
                axes.axhline(0, color=style.REFERENCE, lw=0.5)
                for other in others:
                    identity = [condition, measure, other]
                    chosen = (shown[["condition", "measure", "other_layer"]] == identity).all(
                        axis=1
                    )
                    curve = shown[chosen].sort_values("epoch")
                    axes.plot(curve["epoch"], curve["difference"], color=colour[other])
                    if np.isfinite(curve["low"]).any():
                        style.band(axes, curve["epoch"], curve["low"], curve["high"], colour[other])
                    beyond = curve[curve["q"] < 1 - confidence]
                    axes.plot(
                        beyond["epoch"], beyond["difference"],
                        color=colour[other], marker=marker[other], ls="",
                    )  # fmt: skip
                axes.set_ylabel(LABELS[measure])
                style.epoch_axis(axes)
                if len(conditions) > 1:
                    axes.set_title(condition)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        first = layers[0]
        entries = [
            (f"{first} − {other}", Line2D([], [], color=colour[other], marker=marker[other]))
            for other in others
        ]
        entries.append(
            (
                f"marked: not 0 (q < {1 - confidence:.2g})",
                Line2D([], [], color=style.REFERENCE, marker="o", ls=""),
            )
        )
        shown_by = f"Mean over networks and {confidence:.0%} interval, {counted(table)}"
        style.legend(figure, entries, shown_by)
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    first = names(_from_first(table), "layer")[0]
    return (
        f"{first} minus each other layer. Left, log₁₀(1 − similarity of consecutive RDMs): below 0,"
        " the first layer changes less; −0.3 means half as much. Right, progress to the last RDM,"
        " (s − s₀)/(1 − s₀), where s is the similarity to the last RDM and s₀ that of the first:"
        " above 0, the first layer is further along its own trajectory. Lines, mean over network"
        f" instances; bands, {confidence:.0%} intervals of single epochs over network instances and"
        " test images. Marks, epochs at which the paired test is significant after correction over"
        f" epochs (false discovery rate {1 - confidence:.2g})."
    )


def _from_first(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["layer"] == names(table, "layer")[0]]
