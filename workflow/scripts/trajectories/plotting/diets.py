"""Panels of strength over training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.plotting import palette, style

COLUMNS = 4
MILLIMETRES = 45


@dataclass(frozen=True)
class Line:
    """A curve: its name, and a table with the columns ``epoch``, ``mean``, ``low``, ``high``."""

    name: Any
    table: pd.DataFrame


@dataclass(frozen=True)
class Panel:
    """A panel with its title, the label of its vertical axis, and its curves."""

    title: str
    label: str
    lines: Sequence[Line]


def draw(panels: Sequence[Panel], names: Sequence[str]) -> Figure:
    """Draw panels in rows of four.

    Parameters
    ----------
    panels : sequence of Panel
    names : sequence of str
        Of all curves, for their colours and the legend; a single one needs no legend.
    """
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    colours, lines = palette.colours(names, "condition"), palette.lines(names)
    looks: dict[Any, dict[str, Any]] = {
        name: {"color": colours[name], "ls": lines[name], "lw": 1.0} for name in names
    }
    with style.paper():
        figure = style.new_figure(MILLIMETRES * max(columns, 2), MILLIMETRES * 0.85 * rows + 8)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        for panel, axes in zip(panels, grid, strict=False):
            for line in panel.lines:
                look, table = looks[line.name], line.table
                axes.plot(table["epoch"], table["mean"], **look)
                if (table["low"] < table["high"]).any():
                    colour = look["color"]
                    axes.fill_between(
                        table["epoch"], table["low"], table["high"], color=colour, alpha=0.15, lw=0
                    )
            axes.set_title(panel.title)
            axes.set_ylabel(panel.label)
            top = max(float(line.table["high"].max()) for line in panel.lines)
            axes.set_ylim(0, 1.08 * top if top > 0 else 1)
            # Linear also where there are checkpoints within epoch 1: a diet lasts.
            style.whole_epochs(axes)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        if len(names) > 1:
            entries = [(name, Line2D([], [], **looks[name])) for name in names]
            style.legend(figure, entries, "Mean over images; bands, least to largest strength")
    return figure
