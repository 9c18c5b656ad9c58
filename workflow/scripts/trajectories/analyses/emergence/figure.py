"""Figure of the emergence of categories: an index over learning, and when it changes."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.emergence import CURVES, QUANTITIES
from trajectories.plotting import palette, style
from trajectories.plotting.curves import interval_curve
from trajectories.plotting.figure_data import counted, names
from trajectories.statistics.verdicts.statement import RANDOM

TITLE = "Emergence of categories"
MOST_COLUMNS = 4
CURVE_HEIGHT, LINE_HEIGHT = 32, 2.9
"""mm: of a panel of curves, and of a line of times."""
SPANS = ("time", "low", "high", "earliest", "latest")
AROUND = "0.85"
QUIET: dict[str, Any] = {"color": style.REFERENCE, "fontsize": 5}


def draw(
    table: pd.DataFrame, times: pd.DataFrame, ratios: pd.DataFrame, confidence: float
) -> Figure:
    """Draw index, gain and times in rows, a column for each layer, a block for a condition.

    Parameters
    ----------
    table, times, ratios : DataFrame
        With the columns `emergence.EMERGENCE`, `emergence.TIMES`, `emergence.RATIOS`.
    confidence : float
        Of the intervals.
    """
    conditions, layers = names(table, "condition"), names(table, "layer")
    categories = names(table, "category")
    columns = min(len(layers), MOST_COLUMNS)
    blocks = [layers[start : start + columns] for start in range(0, len(layers), columns)]
    rows = list(product(conditions, blocks))
    lines = LINE_HEIGHT * (len(CURVES) + 1) * len(categories)
    with style.paper():
        figure = style.new_figure(
            {1: 89, 2: 140}.get(columns, 183), 24 + (2 * CURVE_HEIGHT + lines + 8) * len(rows)
        )
        grid = figure.subplots(
            3 * len(rows), columns, squeeze=False, sharex=True, sharey="row",
            height_ratios=[CURVE_HEIGHT, CURVE_HEIGHT, lines] * len(rows),
        )  # fmt: skip
        first = table["epoch"].min()
        baseline = "untrained network" if first == 0 else f"epoch {first:g}"
        of_baseline = f"the {baseline}" if first == 0 else baseline
        for place, (condition, block) in enumerate(rows):
            panels = grid[3 * place : 3 * place + 3]
            for axes in panels[:, len(block) :].flat:
                axes.remove()
            for column, layer in enumerate(block):
                curves, timed, compared = (
                    each[(each[["condition", "layer"]] == [condition, layer]).all(axis=1)]
                    for each in (table, times, ratios)
                )
                for axes, quantity in zip(panels[:, column], QUANTITIES, strict=False):
                    _draw_curves(axes, curves[curves["quantity"] == quantity], categories)
                _draw_times(panels[-1, column], timed, compared, categories)
                # sharex hides the labels of a panel that has none below it.
                lowest = layers.index(layer) + columns >= len(layers)
                panels[-1, column].tick_params(labelbottom=lowest)
                title = f"{condition}, {layer}" if len(conditions) > 1 else layer
                panels[0, column].set_title(title)
            labels = (
                "Category index", f"Index less that of\n{of_baseline}", "Mean epoch\nof change"
            )  # fmt: skip
            for axes, label in zip(panels[:, 0], labels, strict=True):
                axes.set_ylabel(label)
        # Conditions are compared with each other.
        for order in range(len(QUANTITIES)):
            style.share_limits(grid[order::3, 0])
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        colour, marker = palette.colours(categories, "category"), palette.markers(categories)
        entries = [
            (name, Line2D([], [], color=colour[name], marker=marker[name])) for name in categories
        ]
        entries.append((baseline, Line2D([], [], color=style.REFERENCE, ls=":", lw=0.8)))
        entries.append(
            ("open between checkpoints", Line2D([], [], color=AROUND, lw=3.5, marker=""))
        )
        shown_by = f"Mean over networks and {confidence:.0%} interval, {counted(table)}"
        style.legend(figure, entries, shown_by)
    return figure


def caption(
    table: pd.DataFrame, times: pd.DataFrame, ratios: pd.DataFrame, confidence: float
) -> str:
    """Say what `draw` shows."""
    first = table["epoch"].min()
    baseline = "the untrained network" if first == 0 else f"the network of epoch {first:g}"
    margins = sorted({f"{margin:.3g}" for margin in ratios["margin"]})
    return (
        "Upper panels: category index, (between − within) / (between + within), from the mean"
        " dissimilarity between a category and the images it is compared with and the mean"
        f" dissimilarity within it, for each layer; dotted, its value in {baseline}. Middle panels:"
        f" the same minus that value. Lines, mean over network instances; bands, {confidence:.0%}"
        " intervals of single epochs over network instances and test images, both treated as"
        " samples. Lower panels: the mean epoch of a curve's change, up and down, and its"
        f" {confidence:.0%} interval; for the index, for dissimilarity within (open symbols) and"
        " for dissimilarity between. Grey bars: what checkpoints leave open. Where a curve has no"
        " such time, for example because it does not change by more than it wavers,"
        " tables/change_times.csv gives the reason. Text on the right says whether within and"
        " between change simultaneously, for other images too, up to a factor of"
        f" {' or '.join(margins)}."
    )


def _draw_curves(axes: Axes, table: pd.DataFrame, categories: list[str]) -> None:
    colour = palette.colours(categories, "category")
    axes.axhline(0, color=style.REFERENCE, lw=0.5)
    for category in categories:
        curve = table[table["category"] == category].sort_values("epoch")
        # The gain begins at the line that is there.
        if curve["value"].iloc[0] != 0:
            axes.axhline(curve["value"].iloc[0], color=colour[category], ls=":", lw=0.8)
        interval_curve(axes, curve["epoch"], curve, "value", category, categories, "category")
    style.epoch_axis(axes)


def _draw_times(
    axes: Axes, times: pd.DataFrame, ratios: pd.DataFrame, categories: list[str]
) -> None:
    """A line for each category and curve, from top to bottom."""
    colour, marker = palette.colours(categories, "category"), palette.markers(categories)
    places, labels = [], []
    for number, category in enumerate(categories):
        for order, curve in enumerate(CURVES):
            at = -(number * (len(CURVES) + 1) + order)
            places.append(at)
            labels.append(f"{category}: {curve}" if order == 0 else curve)
            chosen = (times[["category", "curve"]] == [category, curve]).all(axis=1)
            row = times.loc[chosen, list(SPANS)].iloc[0]
            time, low, high, earliest, latest = map(float, row)
            if not np.isfinite(time):
                axes.annotate(
                    "no time", (0, at), xycoords=("axes fraction", "data"), xytext=(3, 0),
                    textcoords="offset points", va="center", **QUIET,
                )  # fmt: skip
                continue
            axes.plot([earliest, latest], [at, at], color=AROUND, lw=3.5, solid_capstyle="butt")
            axes.plot([low, high], [at, at], color=colour[category], lw=0.8)
            face = "white" if curve == "within" else colour[category]
            axes.plot(
                time, at, marker=marker[category], color=colour[category], mfc=face,
                mew=0.7, ms=3.2,
            )  # fmt: skip
        _write_verdict(axes, ratios, category, at + 0.5)
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(min(places) - 0.8, 0.8)


def _write_verdict(axes: Axes, ratios: pd.DataFrame, category: str, at: float) -> None:
    """Beside the lines of within and between, if both have a time."""
    identity = [category, category, "within", "between", RANDOM]
    which = ["category", "other_category", "curve", "other_curve", "images"]
    row = ratios[(ratios[which] == identity).all(axis=1)].iloc[0]
    if np.isfinite(float(row["ratio"])):
        axes.plot(
            [1.01, 1.01], [at - 0.6, at + 0.6], color=style.REFERENCE, lw=0.6, clip_on=False,
            transform=axes.get_yaxis_transform(), scalex=False,
        )  # fmt: skip
        axes.annotate(
            str(row["verdict"]).replace("not ", "not\n"), (1, at),
            xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
            va="center", linespacing=0.9, **QUIET,
        )  # fmt: skip
