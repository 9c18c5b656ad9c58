"""Figure of the epoch that each condition matches, and of how far it falls short of the path."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.alignment import MARGIN
from trajectories.plotting import compared, style
from trajectories.plotting.figure_data import names

TITLE = "Slower on the same path, or on another"
MOST_COLUMNS = 4
OWN: dict[str, Any] = {"color": "black", "lw": 1.2, "ls": ":"}
ROWS = {
    "match": (("match", "match_low", "match_high", "lag_q"), "Best matching epoch\nof {}"),
    "shortfall": (
        ("shortfall", "low", "high", "q"), "Similarity to the path\nof {}, less its ceiling",
    ),
}  # fmt: skip


def draw(table: pd.DataFrame, confidence: float) -> Figure:
    """Draw matches above and shortfalls below, a column for each layer, a curve for a condition.

    Parameters
    ----------
    table : DataFrame
        With the columns of `alignment.MATCHES`.
    confidence : float
        Of the bands; marks stand where ``q`` of a shortfall, or of a lag, is below one minus it.
    """
    shown = compared.from_first(table)
    conditions, layers = compared.conditions(table), names(shown, "layer")
    columns = min(len(layers), MOST_COLUMNS)
    blocks = [layers[start : start + columns] for start in range(0, len(layers), columns)]
    with style.paper():
        figure = style.new_figure(
            {1: 89, 2: 130}.get(columns, 183), 20 + 36 * len(ROWS) * len(blocks)
        )
        grid = figure.subplots(
            len(ROWS) * len(blocks), columns, squeeze=False, sharex=True, sharey="row"
        )
        for number, block in enumerate(blocks):
            for order, value in enumerate(ROWS):
                panels = grid[number * len(ROWS) + order]
                for axes in panels[len(block) :]:
                    axes.remove()
                for axes, layer in zip(panels, block, strict=False):
                    _draw_panel(
                        axes, shown[shown["layer"] == layer], value, conditions, 1 - confidence
                    )
                    if order == 0:
                        axes.set_title(layer)
                    # sharex hides the labels of a panel that has none below it.
                    last = order == len(ROWS) - 1 and layers.index(layer) + columns >= len(layers)
                    axes.tick_params(labelbottom=last)
                panels[0].set_ylabel(ROWS[value][1].format(compared.first(table)))
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        own = [(f"{conditions[0]} itself", Line2D([], [], **OWN))]
        compared.legend(figure, table, conditions, confidence, also=own)
    return figure


def caption(table: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows."""
    first = compared.first(table)
    alone = table["match"].isna().all()
    return (
        f"Above, the epoch of {first} that the networks of each condition match best; dotted, that"
        f" of the networks of {first} and the same seeds: below it, they are behind."
        " Below, the correlation with that point of the path, less"
        f" that of the network of {first} and the same seed: 0, the condition is on the same path;"
        f" dotted, −{MARGIN:g}, less than which counts as none; from the second checkpoint on."
        f" The path is that of the mean RDM of all other seeds of {first}, straight between"
        " checkpoints. Lines, means over seeds; bands, where there are few conditions,"
        f" {confidence:.0%} intervals of single epochs over seeds and test images. Marks, epochs at"
        " which the lag or the shortfall is reliable after"
        f" correction over epochs (false discovery rate {1 - confidence:.2g})."
        + (" With a single seed there is no path of the others." if alone else "")
    )


def own_match(table: pd.DataFrame) -> pd.Series:
    """Best matching epoch of the networks of the first condition themselves, by their epoch.

    Late in training it is the same for many epochs, so no condition can be judged by its own clock.
    """
    return (table["match"] + table["lag"]).groupby(table["epoch"]).mean()


def _draw_panel(
    axes: Axes, table: pd.DataFrame, value: str, conditions: list[str], level: float
) -> None:
    columns, _ = ROWS[value]
    if value == "match":
        own = own_match(table)
        axes.plot(own.index, own, **OWN, zorder=3)
    else:
        axes.axhline(0, color=style.REFERENCE, lw=0.5)
        axes.axhline(-MARGIN, color=style.REFERENCE, lw=0.5, ls=":")
    compared.draw_curves(axes, table, conditions, columns, level)
