"""Figure of category effects over learning, with their intervals and the epochs beyond chance."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.plotting import palette, style
from trajectories.plotting.curves import interval_curve
from trajectories.plotting.figure_data import counted, names

LABELS = {
    "effect": "Between − within",
    "gain": "Between − within,\nless the first checkpoint's",
}
MOST_COLUMNS = 4
TITLE = "Category effects over learning"


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw effects above and their gain below, a column for each layer and block for a condition.

    Parameters
    ----------
    table : DataFrame
        With the columns of `category_effects.COLUMNS`.
    confidence : float
        Epochs are marked where ``p_max`` is below one minus it.
    """
    conditions, layers = names(table, "condition"), names(table, "layer")
    categories, contrasts = names(table, "category"), names(table, "contrast")
    columns = min(len(layers), MOST_COLUMNS)
    blocks = [layers[start : start + columns] for start in range(0, len(layers), columns)]
    rows = list(product(conditions, blocks, contrasts))
    with style.paper():
        figure = style.new_figure({1: 89, 2: 120}.get(columns, 183), 22 + 36 * len(rows))
        grid = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey="row")
        for panels, (condition, block, contrast) in zip(grid, rows, strict=True):
            for axes in panels[len(block) :]:
                axes.remove()
            for axes, layer in zip(panels, block, strict=False):
                chosen = table[["condition", "layer", "contrast"]] == [condition, layer, contrast]
                _draw_panel(axes, table[chosen.all(axis=1)], categories)
                # sharex hides the labels of a panel that has none below it.
                lowest = contrast == contrasts[-1] and layers.index(layer) + columns >= len(layers)
                axes.tick_params(labelbottom=lowest)
                if contrast == contrasts[0]:
                    axes.set_title(f"{condition}, {layer}" if len(conditions) > 1 else layer)
            panels[0].set_ylabel(LABELS[contrast])
        # Conditions are compared with each other.
        for contrast in contrasts:
            of_contrast = [row for row, each in zip(grid, rows, strict=True) if each[2] == contrast]
            style.share_limits([panels[0] for panels in of_contrast])
        for panels, (condition, block, contrast) in zip(grid, rows, strict=True):
            _mark(panels, table, (condition, contrast), block, 1 - confidence)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        colour, marker = palette.colours(categories, "category"), palette.markers(categories)
        entries = [
            (name, Line2D([], [], color=colour[name], marker=marker[name])) for name in categories
        ]
        entries.append(
            (
                f"beyond chance (p < {1 - confidence:.2g})",
                Line2D([], [], color=style.REFERENCE, marker="s", ls="", ms=2),
            )
        )
        shown_by = f"Mean over networks and {confidence:.0%} interval, {counted(table)}"
        style.legend(figure, entries, shown_by)
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    first = table["epoch"].min()
    baseline = "the untrained network" if first == 0 else f"epoch {first:g}"
    return (
        "Mean dissimilarity (1 − Pearson r) between a category and the images it is compared with,"
        f" minus that within it (above), and the same minus that of {baseline} (below), for each"
        f" layer. Lines, mean over network instances; bands, {confidence:.0%} intervals of single"
        " epochs over network instances and test images, both treated as samples. Squares along the"
        " bottom mark epochs at which the effect lies beyond that of permuted image labels,"
        f" corrected over epochs (maximum statistic, family-wise p < {1 - confidence:.2g}); they"
        " apply to these networks and images."
    )


def _draw_panel(axes: Axes, table: pd.DataFrame, categories: list[str]) -> None:
    axes.axhline(0, color=style.REFERENCE, lw=0.5)
    for category in categories:
        curve = table[table["category"] == category].sort_values("epoch")
        interval_curve(axes, curve["epoch"], curve, "effect", category, categories, "category")
    style.epoch_axis(axes)


def _mark(
    row: np.ndarray, table: pd.DataFrame, which: tuple[str, str], layers: list[str], alpha: float
) -> None:
    """Squares below the curves at epochs beyond chance, a line of them for each category."""
    categories = names(table, "category")
    colour = palette.colours(categories, "category")
    low, high = row[0].get_ylim()
    step = 0.05 * (high - low)
    for axes, layer in zip(row, layers, strict=False):
        for place, category in enumerate(categories):
            identity = [which[0], layer, which[1], category]
            chosen = (table[["condition", "layer", "contrast", "category"]] == identity).all(axis=1)
            beyond = table[chosen & (table["p_max"] < alpha)]
            axes.plot(
                beyond["epoch"],
                np.full(len(beyond), low - (place + 0.5) * step),
                color=colour[category],
                marker="s",
                ms=2,
                ls="",
            )
    row[0].set_ylim(low - (len(categories) + 0.5) * step, high)
