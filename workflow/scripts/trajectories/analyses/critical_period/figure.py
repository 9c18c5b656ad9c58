"""Figure of outcomes against the onset of a window, with both clocks."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.critical_period import CLOCKS
from trajectories.analyses.critical_period.labels import LABELS
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import names

TITLE = "What a window leaves behind, by its onset"
MOST_COLUMNS = 4
BASELINES = {"end": ":", "after": (0, (4, 2))}


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw a row for each outcome, a column for each layer, a block for each sweep.

    Parameters
    ----------
    table : DataFrame
        With the columns of `critical_period.PERIOD`.
    confidence : float
        Of the intervals.
    """
    sweeps, layers = names(table, "sweep"), names(table, "layer")
    outcomes = _outcomes(table)
    columns = min(len(layers), MOST_COLUMNS)
    blocks = [layers[start : start + columns] for start in range(0, len(layers), columns)]
    rows = list(product(sweeps, blocks, outcomes))
    colour = palette.colours(sweeps, "condition")
    with style.paper():
        figure = style.new_figure({1: 89, 2: 130}.get(columns, 183), 26 + 30 * len(rows))
        grid = figure.subplots(len(rows), columns, squeeze=False, sharey="row")
        for panels, (sweep, block, outcome) in zip(grid, rows, strict=True):
            for axes in panels[len(block) :]:
                axes.remove()
            for axes, layer in zip(panels, block, strict=False):
                identity = [sweep, layer, *outcome]
                chosen = table[["sweep", "layer", "measure", "target"]] == identity
                _draw_panel(axes, table[chosen.all(axis=1)], colour[sweep], 1 - confidence)
                if outcome == outcomes[0]:
                    _clock_above(axes, table[table["sweep"] == sweep])
                    axes.set_title(f"{sweep}, {layer}" if len(sweeps) > 1 else layer)
                axes.tick_params(labelbottom=outcome == outcomes[-1])
            panels[0].set_ylabel(LABELS[outcome[0]].format(outcome[1]))
        figure.supxlabel("Onset of the window (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        entries = [
            (
                words,
                Line2D([], [], color=colour[sweeps[0]], **_look(clock, colour[sweeps[0]])),
            )
            for clock, words in CLOCKS.items()
        ]
        entries += [
            (f"undisturbed, {words}", Line2D([], [], color=style.REFERENCE, ls=BASELINES[clock]))
            for clock, words in CLOCKS.items()
        ]
        style.legend(figure, entries, f"Mean over seeds and {confidence:.0%} interval")
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    length = (table["window_end"] - table["onset"]).unique()
    long = f", {length[0]:g} epochs long," if len(length) == 1 and np.isfinite(length[0]) else ""
    return (
        f"Outcomes of networks that saw the diet of the sweep in a window{long} against the epoch"
        " at which it begins. Solid, at the end of training; the axis above says how many epochs"
        " that is after the window. Dashed, equally long after each window: as long as the last"
        " leaves. Grey, undisturbed networks at the same epochs, dotted and dashed likewise; for"
        " the similarity to these, undisturbed networks of different seeds: above them, the window"
        " left less than another seed would, below them more."
        f" Bars, {confidence:.0%} intervals over seeds and images."
        " Stars, onsets whose difference from grey, paired by seed, is reliable after correction"
        f" over onsets (false discovery rate {1 - confidence:.2g})."
    )


def _draw_panel(axes: Axes, table: pd.DataFrame, colour: str, level: float) -> None:
    beside = 0.015 * float(np.ptp(table["onset"].to_numpy(np.float64)))
    for place, clock in enumerate(CLOCKS):
        curve = table[table["clock"] == clock].sort_values("onset")
        onset, value, high, q = (
            curve[name].to_numpy(np.float64) for name in ("onset", "value", "high", "q")
        )
        at = onset + place * beside
        axes.plot(onset, curve["baseline"], color=style.REFERENCE, ls=BASELINES[clock], lw=0.9)
        axes.vlines(at, curve["low"], high, color=colour, lw=0.7)
        axes.plot(at, value, color=colour, **_look(clock, colour))
        sure = q < level
        axes.plot(at[sure], high[sure], color=colour, marker="*", ls="", ms=4)


def _look(clock: str, colour: str) -> dict[str, Any]:
    look = {"ls": "-", "mfc": colour} if clock == "end" else {"ls": "--", "mfc": "white"}
    return {"marker": "o", "ms": 3, "mew": 0.7, **look}


def _clock_above(axes: Axes, table: pd.DataFrame) -> None:
    """The other clock: how long after its window each network was trained on."""
    end = table[table["clock"] == "end"]
    length = (end["window_end"] - end["onset"]).unique()
    if len(length) != 1 or not np.isfinite(length[0]):
        return
    total = float(end["epoch"].iloc[0] - length[0])

    def less(epochs: Any) -> Any:
        return total - epochs

    above = axes.secondary_xaxis("top", functions=(less, less))
    above.set_xlabel("from the window to the end (epochs)", fontsize=6)


def _outcomes(table: pd.DataFrame) -> list[tuple[str, str]]:
    found = table[["measure", "target"]].drop_duplicates().itertuples(index=False)
    every = [(str(measure), str(target)) for measure, target in found]
    return [(measure, target) for measure in LABELS for which, target in every if which == measure]
