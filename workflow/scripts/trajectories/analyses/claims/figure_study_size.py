"""Figure of the precision of each claim with more networks, and with more images."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.claims import TITLES
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import names

TITLE = "How large the study must be"
COLUMNS = 3
SHOWN = (3, 5, 10, 20, 50)
STYLES = {1: "-", 2: "--", 4: ":"}
"""Of lines, by how many times as many images."""
LABELS = ("these images", "twice as many images", "four times as many")
SHORT = {
    "rapid_change": "Change rapid at first",
    "per_rate": "Per learning rate (control)",
    "early_layer_first": "Early layer first",
    "together": "Together",
    "general_push": "After the general change",
    "late_layer_apart": "Late layer apart",
    "early_layer_hardly": "Early layer hardly",
}


def draw(sizes: pd.DataFrame, confidence: float) -> Figure:
    """Draw half widths of intervals over the number of networks, a panel for each claim.

    Parameters
    ----------
    sizes : DataFrame
        With the columns of `claims.SIZES`.
    confidence : float
        Of the intervals.
    """
    claims = [claim for claim in TITLES if claim in names(sizes, "claim")]
    n_rows = max(1, math.ceil(len(claims) / COLUMNS))
    conditions = names(sizes, "condition")
    colour = palette.colours(conditions, "condition")
    with style.paper():
        figure = style.new_figure(183, 22 + 42 * n_rows)
        grid = figure.subplots(n_rows, COLUMNS, squeeze=False, sharex=True, sharey=True)
        for axes, claim in zip(grid.flat, claims, strict=False):
            part = sizes[sizes["claim"] == claim]
            for condition in conditions:
                _draw(axes, part[part["condition"] == condition], colour[condition])
            axes.axhline(1, color=style.REFERENCE, lw=0.5)
            axes.set_title(SHORT[claim])
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xticks(SHOWN, [f"{n:g}" for n in SHOWN])
            axes.xaxis.minorticks_off()
            # sharex hides the labels of a panel that has none below it.
            axes.tick_params(labelbottom=claims.index(claim) + COLUMNS >= len(claims))
        for axes in grid.flat[len(claims) :]:
            axes.remove()
        figure.supxlabel("Networks", fontsize=6.5)
        figure.supylabel("Half of the interval / margin", fontsize=6.5)
        entries = [
            (label, Line2D([], [], color="k", ls=ls))
            for label, ls in zip(LABELS, STYLES.values(), strict=True)
        ]
        if len(conditions) > 1:
            entries += [(name, Line2D([], [], color=colour[name])) for name in conditions]
        style.legend(figure, entries, f"{confidence:.0%} intervals, expected")
    return figure


def caption(sizes: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    return (
        f"Half of the width of {confidence:.0%} intervals over network instances and test images"
        " that is expected with other numbers of networks, for each statement of each claim, in"
        " units of its margin (for ratios, on a log scale). Below 1, a difference of the margin can"
        " be told from none. Lines: with these images, and with two and four times as many. Where a"
        " line is flat, more networks do not help."
    )


def _draw(axes: Axes, part: pd.DataFrame, colour: str) -> None:
    for statement in names(part, "statement"):
        of = part[(part["statement"] == statement) & np.isfinite(part["with_networks"])]
        for times, ls in STYLES.items():
            line = of[of["with_images"] == times * of["n_images"]]
            axes.plot(
                line["with_networks"], line["half_width"] / line["margin"], color=colour, ls=ls,
                lw=0.7,
            )  # fmt: skip
