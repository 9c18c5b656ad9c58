"""Curves over learning, as many figures of analyses show them: a row of panels for a quantity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names, sd_band, shown_as

# More conditions share panels no wider than a thumb: they go on in further rows.
MOST_COLUMNS = 4
REFERENCE: dict[str, Any] = {"lw": 0.6, "ls": ":", "alpha": 0.8}


@dataclass(frozen=True)
class Quantity:
    """What a row of panels shows.

    Attributes
    ----------
    label : str
        With unit, for the vertical axis.
    summary : DataFrame
        Columns ``condition``, ``epoch``, ``mean``, ``n_seeds``, that of the curves, and ``sd`` or
        the limits ``low`` and ``high`` of an interval.
    levels : dict of curve to float, optional
        Where a horizontal line is drawn in the colour of a curve, such as chance.
    line : bool
        False draws the band alone.
    log : bool
        Whether the vertical axis is logarithmic.
    lacking : str
        What to say in the panel of a condition that has no such quantity.
    """

    label: str
    summary: pd.DataFrame
    levels: dict[str, float] | None = None
    line: bool = True
    log: bool = False
    lacking: str = "not known"


def summary(table: pd.DataFrame, value: str, by: Sequence[str] = ("layer",)) -> pd.DataFrame:
    """Mean and SD of a value over instances, for each condition, epoch and group.

    Parameters
    ----------
    table : DataFrame
        Columns ``condition``, ``seed``, ``epoch``, the value, and those of `by`.
    value : str
    by : sequence of str

    Returns
    -------
    DataFrame
        Columns ``condition``, those of `by`, ``epoch``, ``mean``, ``sd``, ``n_seeds``, in the order
        of the table; rows without a value are left out.
    """
    known = table.dropna(subset=[value]).groupby(["condition", *by, "epoch"], sort=False)[value]
    return known.agg(mean="mean", sd="std", n_seeds="count").reset_index()


def by_layer(table: pd.DataFrame) -> pd.DataFrame:
    """A summary whose panels are layers: named as conditions are, where there are several, both."""
    several = table["condition"].nunique() > 1
    panel = table["condition"] + ", " + table["layer"] if several else table["layer"]
    return table.assign(condition=panel).drop(columns="layer")


def draw(
    quantities: Sequence[Quantity],
    curves: str = "layer",
    title: str = "",
    width: float | None = None,
    row_height: float = 42,
    titled: bool = False,
) -> Figure:
    """Draw a row of panels for each quantity, a column for each condition.

    Parameters
    ----------
    quantities : sequence of Quantity
    curves : str
        The column that distinguishes the curves of a panel.
    title : str, optional
        What the legend begins with; by default what the lines and bands are.
    width : float, optional
        mm; by default by the number of conditions.
    row_height : float
        mm.
    titled : bool
        Name the condition above its panels even where there is only one.
    """
    first = quantities[0].summary
    conditions, labels = names(first, "condition"), names(first, curves)
    colour, marker = palette.colours(labels, curves), palette.markers(labels)
    columns = min(len(conditions), MOST_COLUMNS)
    blocks = -(-len(conditions) // columns)
    rows = blocks * len(quantities)
    with style.paper():
        figure = style.new_figure(
            width or {1: 89, 2: 120}.get(columns, 183), 16 + row_height * rows
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        for number, quantity in enumerate(quantities):
            panels = [
                grid[block * len(quantities) + number, column]
                for block in range(blocks)
                for column in range(columns)
            ]
            for panel in panels[len(conditions) :]:
                panel.remove()
            shown = list(zip(panels, conditions, strict=False))
            for place, (panel, condition) in enumerate(shown):
                if place:
                    panel.sharey(panels[0])
                of_condition = quantity.summary[quantity.summary["condition"] == condition]
                if quantity.log:
                    panel.set_yscale("log")
                if of_condition.empty:
                    panel.text(
                        0.5, 0.5, quantity.lacking,
                        transform=panel.transAxes, ha="center", color=style.REFERENCE,
                    )  # fmt: skip
                for order, label in enumerate(labels):
                    curve = of_condition[of_condition[curves] == label].sort_values("epoch")
                    if "low" in curve:
                        interval_curve(panel, curve["epoch"], curve, "mean", label, labels, curves)
                        continue
                    style.curve_with_band(
                        panel,
                        curve["epoch"],
                        curve["mean"],
                        curve["sd"],
                        colour[label],
                        lw=1.0 if quantity.line else 0,
                        marker=marker[label] if quantity.line else "",
                        markevery=style.every(len(curve), order, len(labels)),
                    )
                    if quantity.levels and label in quantity.levels:
                        panel.axhline(quantity.levels[label], color=colour[label], **REFERENCE)
                style.epoch_axis(panel)
                if quantity.log:
                    log_axis(panel)
                if place % columns == 0:
                    panel.set_ylabel(quantity.label)
                if (titled or len(conditions) > 1) and number == 0:
                    panel.set_title(condition)
                # sharex hides the labels of a panel that has none below it.
                last = number == len(quantities) - 1 and place + columns >= len(conditions)
                panel.tick_params(labelbottom=last, labelleft=place % columns == 0)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels([axes for axes in figure.axes if axes.get_ylabel()])
        entries = [
            (label, Line2D([], [], color=colour[label], marker=marker[label])) for label in labels
        ]
        style.legend(figure, entries, title or f"{shown_as(first)}, {counted(first)}")
    return figure


def interval_curve(
    axes: Axes,
    x: ArrayLike,
    table: pd.DataFrame,
    value: str,
    name: str,
    among: Sequence[str],
    of: str = "layer",
) -> None:
    """Draw a curve of a table with the interval of each point as a band, where there is one.

    Parameters
    ----------
    axes : Axes
    x : array of shape (n_points,)
    table : DataFrame
        Its rows are the points, its columns `value`, ``low`` and ``high``.
    name : str
        Which of the curves it is,
    among : sequence of str
        of these: colours and markers depend on the position.
    of : str
        What they are names of, as `palette.colours` takes it.
    """
    colour = palette.colours(among, of)[name]
    axes.plot(
        x,
        table[value],
        color=colour,
        marker=palette.markers(among)[name],
        markevery=style.every(len(table), list(among).index(name), len(among)),
    )
    if np.isfinite(table["low"]).any():
        style.band(axes, x, table["low"], table["high"], colour)


def log_axis(axes: Axes) -> None:
    """Plain numbers on a logarithmic vertical axis, each decade or, of few decades, 1, 2 and 5."""
    low, high = axes.get_ylim()
    subdivided = (1,) if high > 200 * low else (1, 2, 5)
    axes.yaxis.set_major_locator(LogLocator(subs=subdivided))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def explained(table: pd.DataFrame) -> str:
    """What lines and bands are, and over how many instances, for a caption."""
    return f"Lines, mean over network instances{sd_band(table)}; {counted(table)}."
