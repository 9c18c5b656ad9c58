"""The path of learning: coordinates of all networks in one common space, joined by epoch."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from trajectories.analyses.geometry import AXES
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import instances, names
from trajectories.statistics.thinning import thin

TITLE = "Path of learning in one common space"
PLANES = (("x", "y"), ("x", "z"))
# Epochs whose numbers stand along a mean path, the first and last included.
NUMBERED = 5

Place = NDArray[np.float64]


def draw(path: pd.DataFrame, axes: pd.DataFrame) -> Figure:
    """Draw the path in two planes of the space: first and second, first and third axis.

    Parameters
    ----------
    path : DataFrame
        Columns `geometry.PATH`.
    axes : DataFrame
        Columns `geometry.PATH_AXES`.
    """
    conditions, layers = names(path, "condition"), names(path, "layer")
    share = dict(zip(axes["axis"], axes["share"], strict=True))
    with style.paper():
        figure = style.new_figure(183, 98)
        panels = figure.subplots(1, len(PLANES))
        limits = _limits(path)
        for panel, (x, y) in zip(panels, PLANES, strict=True):
            panel.set(xlim=limits[x], ylim=limits[y], box_aspect=1)
            panel.set_xlabel(_label(x, share[x]))
            panel.set_ylabel(_label(y, share[y]))
            for condition in conditions:
                for layer in layers:
                    chosen = (path["condition"] == condition) & (path["layer"] == layer)
                    _draw_paths(
                        panel,
                        path[chosen],
                        (x, y),
                        palette.colours(layers, "layer")[layer],
                        palette.lines(conditions)[condition],
                    )
            _number(panel, path, (x, y), layers)
        _legend(figure, path, conditions, layers)
    return figure


def caption(path: pd.DataFrame, axes: pd.DataFrame) -> str:
    """Say what `draw` shows: distance, space, marks and number of instances."""
    shown = axes["share"].sum()
    return (
        "Classical multidimensional scaling of the RDMs of all network instances, layers and"
        " checkpoints in one common space. The distance between two RDMs is √(2(1 − r)), with"
        f" Pearson's r; the three axes hold {shown:.0%} of the variance; the rest is not shown."
        " Thin lines, network instances; thick lines, their mean; open circles, first checkpoint;"
        " filled circles, last; numbers, epochs of the mean. Signs are chosen so that learning on"
        f" average moves to the right and up. Checkpoints of {_counted(path)}."
    )


def mean_path(path: pd.DataFrame) -> pd.DataFrame:
    """Mean place at each epoch that all instances of one layer and condition have.

    Epochs that only some instances have are left out: the mean would jump between instances.
    """
    by_epoch = path.groupby("epoch")
    mean = by_epoch[list(AXES)].mean()[by_epoch["seed"].count() == path["seed"].nunique()]
    return mean.reset_index()


def _limits(path: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Limits of each axis, all of one length: a distance looks the same in all directions."""
    low, high = path[list(AXES)].min(), path[list(AXES)].max()
    half = 0.55 * max(float((high - low).max()), 1e-3)
    middle = (low + high) / 2
    return {axis: (middle[axis] - half, middle[axis] + half) for axis in AXES}


def _label(axis: str, share: float) -> str:
    return f"Axis {AXES.index(axis) + 1} ({share:.0%} of variance)"


def _draw_paths(
    panel: Axes, path: pd.DataFrame, plane: tuple[str, str], colour: str, line: Any
) -> None:
    """The instances of a layer and condition, and their mean."""
    x, y = plane
    for _, own in path.groupby("seed"):
        panel.plot(own[x], own[y], color=colour, lw=0.4, ls=line, alpha=0.6)
        panel.plot(own[x].iloc[:1], own[y].iloc[:1], "o", ms=2.2, mfc="white", mec=colour, mew=0.4)
        panel.plot(own[x].iloc[-1:], own[y].iloc[-1:], "o", ms=2.2, color=colour, alpha=0.6)
    mean = mean_path(path)
    if mean.empty:
        return
    panel.plot(mean[x], mean[y], color=colour, lw=1.4, ls=line, marker="o", ms=1.8)
    ends: dict[str, Any] = {"ms": 5, "zorder": 4}
    panel.plot(mean[x].iloc[:1], mean[y].iloc[:1], "o", mfc="white", mec=colour, mew=1.1, **ends)
    panel.plot(mean[x].iloc[-1:], mean[y].iloc[-1:], "o", color=colour, **ends)


def _number(panel: Axes, path: pd.DataFrame, plane: tuple[str, str], layers: list[str]) -> None:
    """Write epochs along the mean paths, the ends of all first; none upon another."""
    wanted: list[tuple[int, Place, Place, str, str]] = []
    for (_, layer), own in path.groupby(["condition", "layer"], sort=False):
        mean = mean_path(own)
        if mean.empty:
            continue
        places = mean[list(plane)].to_numpy()
        shown = thin(mean["epoch"], NUMBERED)
        for rank, at in enumerate(shown):
            away = places[at] - places.mean(axis=0)
            away = away / max(float(np.linalg.norm(away)), 1e-12)
            end = rank in (0, len(shown) - 1)
            text, colour = f"{mean['epoch'][at]:g}", palette.colours(layers, "layer")[str(layer)]
            wanted.append((0 if end else 1, places[at], away, text, colour))
    low, high = panel.get_xlim()
    taken: list[Place] = []
    for _, place, away, text, colour in sorted(wanted, key=lambda each: each[0]):
        centre = place + 0.028 * (high - low) * away
        room = np.array([0.07, 0.035]) * (high - low)
        if any(bool((np.abs(centre - other) < room).all()) for other in taken):
            continue
        taken.append(centre)
        panel.text(
            centre[0],
            centre[1],
            text,
            ha="center",
            va="center",
            fontsize=5.5,
            color=colour,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
            zorder=5,
        )


def _counted(path: pd.DataFrame) -> str:
    n = path.groupby(["condition", "layer"])["seed"].nunique()
    return instances(int(n.min()), int(n.max()))


def _legend(figure: Figure, path: pd.DataFrame, conditions: list[str], layers: list[str]) -> None:
    colour = palette.colours(layers, "layer")
    entries = [(layer, Line2D([], [], color=colour[layer], lw=1.4)) for layer in layers]
    if len(conditions) > 1:
        entries += [
            (name, Line2D([], [], color=style.REFERENCE, ls=line))
            for name, line in palette.lines(conditions).items()
        ]
    grey = style.REFERENCE
    circle: dict[str, Any] = {"color": grey, "marker": "o", "ms": 4, "ls": ""}
    entries += [
        ("first checkpoint", Line2D([], [], mfc="white", mew=1, **circle)),
        ("last", Line2D([], [], **circle)),
        ("one instance", Line2D([], [], color=grey, lw=0.4)),
        ("mean", Line2D([], [], color=grey, lw=1.4)),
    ]
    style.legend(figure, entries, _counted(path))
