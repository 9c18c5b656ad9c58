"""Curves of conditions that are compared with the first, as several figures show them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names

MOST_BANDS = 4
"""Bands of more conditions would hide each other."""


def first(table: pd.DataFrame) -> str:
    """The condition that figures compare the others with."""
    return names(table, "other_condition")[0]


def from_first(table: pd.DataFrame) -> pd.DataFrame:
    """Each condition compared with the first."""
    return table[table["other_condition"] == first(table)]


def conditions(table: pd.DataFrame) -> list[str]:
    """The first condition, which has its looks on the whole page, and those compared with it."""
    return [first(table), *names(from_first(table), "condition")]


def few(conditions: list[str]) -> bool:
    """Whether there is room for a band for each that is compared with the first."""
    return len(conditions) - 1 <= MOST_BANDS


def draw_curves(
    axes: Axes,
    table: pd.DataFrame,
    conditions: list[str],
    columns: tuple[str, str, str, str],
    level: float,
) -> None:
    """Draw a curve for each condition, its interval where they are few, and what is reliable.

    Parameters
    ----------
    axes : Axes
    table : DataFrame
        Columns ``condition``, ``epoch`` and those of `columns`.
    conditions : list of str
        As `conditions` gives them; looks depend on the position, and the first is not drawn.
    columns : tuple of four strings
        Value, lower limit, upper limit, and q.
    level : float
        Marks stand where q is below.
    """
    value, low, high, q = columns
    looks = _looks(conditions)
    for name in conditions[1:]:
        curve = table[table["condition"] == name].sort_values("epoch")
        shade, line, marker = looks[name]
        axes.plot(curve["epoch"], curve[value], color=shade, ls=line)
        if few(conditions) and np.isfinite(curve[low]).any():
            style.band(axes, curve["epoch"], curve[low], curve[high], shade, line)
        sure = curve[curve[q] < level]
        axes.plot(sure["epoch"], sure[value], color=shade, marker=marker, ls="")
    style.epoch_axis(axes)


def legend(
    figure: Figure,
    table: pd.DataFrame,
    conditions: list[str],
    confidence: float,
    less: str = "",
    also: Sequence[tuple[str, Line2D]] = (),
) -> None:
    """Name the conditions above all panels.

    Parameters
    ----------
    figure : Figure
    table : DataFrame
        With a column ``n_seeds``.
    conditions : list of str
        As `conditions` gives them.
    confidence : float
        Of the bands, where there are any.
    less : str
        What is taken off each.
    also : sequence of (str, Line2D)
        Further entries.
    """
    looks = _looks(conditions)
    entries = [
        (
            f"{name} − {less}" if less else name,
            Line2D([], [], color=shade, ls=line, marker=marker),
        )
        for name, (shade, line, marker) in list(looks.items())[1:]
    ]
    entries += also
    level = 1 - confidence
    marked = Line2D([], [], color=style.REFERENCE, marker="o", ls="")
    entries.append((f"marked: reliable (q < {level:.2g})", marked))
    bands = f" and {confidence:.0%} interval" if few(conditions) else ""
    style.legend(figure, entries, f"Mean over seeds{bands}, {counted(table)}")


def _looks(conditions: list[str]) -> dict[str, tuple[str, Any, str]]:
    """Shade, line and marker of each condition."""
    shades, lines = palette.colours(conditions, "condition"), palette.lines(conditions)
    markers = palette.markers(conditions)
    return {name: (shades[name], lines[name], markers[name]) for name in conditions}
