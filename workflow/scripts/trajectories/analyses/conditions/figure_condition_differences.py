"""Figure of differences between conditions over learning, with their intervals."""

from itertools import product

import pandas as pd
from matplotlib.figure import Figure

from trajectories.analyses.conditions.labels import LABELS, drawn
from trajectories.plotting import compared, style
from trajectories.plotting.figure_data import names

TITLE = "Differences between conditions over learning"
MOST_COLUMNS = 4
COLUMNS = ("difference", "low", "high", "q")


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw each condition less the first, a row for each measure and a column for each layer.

    Parameters
    ----------
    table : DataFrame
        With the columns of `conditions.DIFFERENCES`.
    confidence : float
        Marks stand where ``q`` is below one minus it.
    """
    shown = compared.from_first(table)
    conditions, layers = compared.conditions(table), names(shown, "layer")
    measures = drawn(shown)
    columns = min(len(layers), MOST_COLUMNS)
    blocks = [layers[start : start + columns] for start in range(0, len(layers), columns)]
    rows = list(product(blocks, measures))
    with style.paper():
        figure = style.new_figure({1: 89, 2: 130}.get(columns, 183), 20 + 25 * len(rows))
        grid = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey="row")
        for panels, (block, (measure, target)) in zip(grid, rows, strict=True):
            for axes in panels[len(block) :]:
                axes.remove()
            for axes, layer in zip(panels, block, strict=False):
                chosen = shown[["layer", "measure", "target"]] == [layer, measure, target]
                axes.axhline(0, color=style.REFERENCE, lw=0.5)
                part = shown[chosen.all(axis=1)]
                compared.draw_curves(axes, part, conditions, COLUMNS, 1 - confidence)
                if (measure, target) == measures[0]:
                    axes.set_title(layer)
                # sharex hides the labels of a panel that has none below it.
                last = layers.index(layer) + columns >= len(layers)
                axes.tick_params(labelbottom=last and (measure, target) == measures[-1])
            panels[0].set_ylabel(LABELS[measure].format(target))
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        compared.legend(figure, shown, conditions, confidence, compared.first(shown))
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    shown = compared.from_first(table)
    few = compared.few(compared.conditions(table))
    bands = f"; bands, {confidence:.0%} intervals of single epochs over seeds and test images" * few
    n = shown.loc[shown["epoch"].notna(), "n_seeds"]
    seeds = f"; {int(n.min())} to {int(n.max())} seeds" if n.size and n.min() < n.max() else ""
    seeds = seeds or (f"; n = {int(n.max())}" if n.size else "")
    first = compared.first(table)
    return (
        f"Each condition less {first}, paired by seed and by test image. Above 0, there is"
        " more of the quantity in that condition. Change, log₁₀(1 − similarity of consecutive"
        " RDMs): −0.3 means half as much. Gain, mean dissimilarity between a category and the"
        " images that it is compared with, minus that within it, less that of the first checkpoint."
        f" Lines, means over seeds{seeds}{bands}. Marks, epochs at which the paired test is"
        " significant after correction over the epochs of a curve (false discovery rate"
        f" {1 - confidence:.2g}); with one seed they apply to these networks alone."
    )
