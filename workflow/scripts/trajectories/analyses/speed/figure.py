"""Figure of speed: progress to the final RDM, change from epoch to epoch, times of each layer."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.speed import TIMES
from trajectories.plotting import palette, style
from trajectories.plotting.curves import interval_curve
from trajectories.plotting.figure_data import counted, names

TITLE = "Speed of learning, separated from amplitude and noise"
LABELS = {"t50": "50% of the trajectory", "t90": "90% of the trajectory", "tau": "time constant τ"}
FIT: dict[str, Any] = {"lw": 0.8, "ls": (0, (1.2, 1.2))}
# A dot and its bars, mm; and the width of those of checkpoints, points.
LINE, BOUNDS = 3.2, 4


def draw(
    speed: pd.DataFrame,
    summary: pd.DataFrame,
    progress: pd.DataFrame,
    change: pd.DataFrame,
    confidence: float,
) -> Figure:
    """Draw progress, change and times side by side, a row for each condition.

    Parameters
    ----------
    speed, summary, progress, change : DataFrame
        With the columns of `speed.SPEED`, `SUMMARY`, `PROGRESS` and `CHANGE`.
    confidence : float
        Of the intervals in them.
    """
    conditions, layers = names(progress, "condition"), names(progress, "layer")
    height = max(46, 14 + LINE * len(TIMES) * (len(layers) + 1))
    with style.paper():
        figure = style.new_figure(183, 16 + height * len(conditions))
        grid = figure.subplots(len(conditions), 3, squeeze=False, sharex="col", sharey="col")
        for row, condition in zip(grid, conditions, strict=True):
            way, steps, times = row
            _draw_progress(way, _of(progress, condition), layers)
            _draw_change(steps, _of(change, condition), layers)
            _draw_times(times, _of(speed, condition), _of(summary, condition), layers)
            way.set_ylabel("Progress to\nthe final RDM")
            steps.set_ylabel("Change between consecutive\nRDMs, log₁₀(1 − similarity)", labelpad=4)
            if len(conditions) > 1:
                for axes in row:
                    axes.set_title(condition)
        for axes in grid[-1]:
            axes.set_xlabel("Training time (epochs)")
        # A limit ends the fitting of axes that others share, so it comes when all is drawn.
        grid[0, 2].set_xlim(left=min(0, grid[0, 2].get_xlim()[0]))
        colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
        entries = [
            (layer, Line2D([], [], color=colour[layer], marker=marker[layer])) for layer in layers
        ]
        if progress["fit"].notna().any():
            entries.append(("exponential", Line2D([], [], color=style.REFERENCE, **FIT)))
        shown = f"Mean and {confidence:.0%} interval, {counted(progress)}"
        style.legend(figure, entries, shown)
    return figure


def caption(
    speed: pd.DataFrame,
    summary: pd.DataFrame,
    progress: pd.DataFrame,
    change: pd.DataFrame,
    confidence: float,
) -> str:
    """Say what `draw` shows."""
    fewer = summary[(summary["n_seeds"] < progress["n_seeds"].max()) | (summary["n_seeds"] == 0)]
    lacking = (
        " An instance that does not approach its last RDM, or whose curve has no time constant, has"
        " no such time and is left out."
        if len(fewer)
        else ""
    )
    return (
        "Left, progress: similarity of each RDM to the last of its instance, scaled from 0 at the"
        " first checkpoint to 1 at the mean level of the last quarter of training; the last"
        " checkpoint is excluded, as it equals itself whatever the noise. Dotted, mean of the"
        " exponentials fitted to each instance. Middle, decimal logarithm of one minus the"
        " similarity of RDMs of consecutive epochs, at the later one: it mixes speed with amplitude"
        " and noise. Right, epochs to 50% and 90% of the trajectory, and τ of the distance between"
        " RDMs, which decays as exp(−t/τ), from the fit; small points are single instances, pale"
        " bars reach from the checkpoint before to the one after, between which times are"
        " interpolated. Lines and large points, mean over network instances; bands and bars,"
        f" {confidence:.0%} intervals over network instances and test images;"
        f" {counted(progress)}.{lacking}"
    )


def _of(table: pd.DataFrame, condition: str) -> pd.DataFrame:
    return table[table["condition"] == condition]


def _draw_progress(axes: Axes, table: pd.DataFrame, layers: list[str]) -> None:
    colour = palette.colours(layers, "layer")
    for level in (0, 0.5, 0.9, 1):
        axes.axhline(level, color=style.REFERENCE, lw=0.4, ls=":" if 0 < level < 1 else "-")
    for layer in layers:
        curve = table[table["layer"] == layer].sort_values("epoch")
        interval_curve(axes, curve["epoch"], curve, "progress", layer, layers)
        axes.plot(curve["epoch"], curve["fit"], color=colour[layer], **FIT)
    style.epoch_axis(axes)


def _draw_change(axes: Axes, table: pd.DataFrame, layers: list[str]) -> None:
    for layer in layers:
        curve = table[table["layer"] == layer].sort_values("epoch")
        interval_curve(axes, curve["next_epoch"], curve, "log10_change", layer, layers)
    style.epoch_axis(axes)


def _draw_times(axes: Axes, speed: pd.DataFrame, summary: pd.DataFrame, layers: list[str]) -> None:
    """A line for each layer and time, the first on top; groups of layers are apart."""
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    alone = summary[summary["other_layer"] == ""]
    middles = []
    for group, statistic in enumerate(TIMES):
        top = -group * (len(layers) + 1)
        middles.append(top - (len(layers) - 1) / 2)
        for place, layer in enumerate(layers):
            of_layer = alone[(alone["layer"] == layer) & (alone["statistic"] == statistic)]
            each = speed.loc[speed["layer"] == layer, statistic]
            height = top - place
            axes.plot(
                each, np.full(len(each), height + 0.3), color=colour[layer], marker=".", ms=2, ls=""
            )
            bounds = of_layer[["earliest", "latest"]].dropna()
            if len(bounds):
                axes.hlines(
                    height, bounds["earliest"], bounds["latest"],
                    color=colour[layer], lw=BOUNDS, alpha=0.18,
                )  # fmt: skip
            axes.hlines(height, of_layer["low"], of_layer["high"], color=colour[layer], lw=1)
            axes.plot(
                of_layer["estimate"], np.full(len(of_layer), height),
                color=colour[layer], marker=marker[layer], ms=3.5, ls="",
            )  # fmt: skip
    axes.set_yticks(middles, [LABELS[name] for name in TIMES])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(middles[-1] - len(layers) / 2 - 0.5, 1)
