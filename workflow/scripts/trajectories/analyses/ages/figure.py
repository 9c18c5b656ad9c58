"""Figure of the epoch that matches the RDM of each age best, and of how similar they are."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.plotting import palette, style
from trajectories.plotting.curves import interval_curve
from trajectories.plotting.figure_data import instances, names

TITLE = "Ages and epochs"
MOST_COLUMNS = 4


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw matches above and similarities below, a column for each condition.

    Parameters
    ----------
    table : DataFrame
        With the columns of `ages.AGES`.
    confidence : float
        Of the bands.
    """
    conditions, layers = names(table, "condition"), names(table, "layer")
    columns = min(len(conditions), MOST_COLUMNS)
    blocks = [conditions[start : start + columns] for start in range(0, len(conditions), columns)]
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    rows = (
        ("match", ("low", "high"), "Best matching\nepoch"),
        ("similarity", ("similarity_low", "similarity_high"), "Correlation at\nthe match"),
    )
    with style.paper():
        figure = style.new_figure(
            {1: 89, 2: 120}.get(columns, 183), 18 + 36 * len(rows) * len(blocks)
        )
        grid = figure.subplots(
            len(rows) * len(blocks), columns, squeeze=False, sharex=True, sharey="row"
        )
        for number, block in enumerate(blocks):
            for order, (value, limits, label) in enumerate(rows):
                panels = grid[number * len(rows) + order]
                for axes in panels[len(block) :]:
                    axes.remove()
                for axes, condition in zip(panels, block, strict=False):
                    for layer in layers:
                        chosen = (table[["condition", "layer"]] == [condition, layer]).all(axis=1)
                        curve = table[chosen].sort_values("age")
                        curve = curve.assign(low=curve[limits[0]], high=curve[limits[1]])
                        interval_curve(axes, curve["age"], curve, value, layer, layers)
                    if order == 0 and len(conditions) > 1:
                        axes.set_title(condition)
                    # sharex hides the labels of a panel that has none below it.
                    last = conditions.index(condition) + columns >= len(conditions)
                    axes.tick_params(labelbottom=last and order == len(rows) - 1)
                panels[0].set_ylabel(label)
        figure.supxlabel("Age of the reference", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        entries = [
            (name, Line2D([], [], color=colour[name], marker=marker[name])) for name in layers
        ]
        style.legend(figure, entries, f"Mean over networks and {confidence:.0%} interval")
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    n = np.asarray(table["n_seeds"], dtype=np.int64)
    return (
        "Above, the epoch at which the RDM of a layer is most similar (Pearson) to the reference of"
        " each age, on the path of each network, straight between checkpoints. Below, the"
        " correlation at that match. Lines, means over network instances,"
        f" {instances(int(n.min()), int(n.max()))}; bands, {confidence:.0%} intervals over network"
        " instances and test images. Networks pass through the ages in turn where the line above"
        " rises."
    )
