"""Maps of how similar the epochs of one condition are to those of another, and the best match."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.analyses.alignment.figure_alignment_matches import own_match
from trajectories.plotting import compared, maps, style
from trajectories.plotting.figure_data import names

TITLE = "Epochs of one condition beside those of another"
MATCH, OWN = "black", "white"


def draw(table: pd.DataFrame, matches: pd.DataFrame) -> Figure:
    """Draw a row for each condition beside the first, a column for each layer.

    Parameters
    ----------
    table, matches : DataFrame
        With the columns of `alignment.SIMILARITY` and `alignment.MATCHES`.
    """
    first = compared.first(table)
    shown = _shown(table)
    conditions, layers = names(shown, "condition"), names(shown, "layer")
    low = float(shown["mean"].min())
    side = min(52.0, 150 / len(layers))
    with style.paper():
        figure = style.new_figure(
            min(183, 34 + side * len(layers)), 20 + (min(side, 46) + 3) * len(conditions)
        )
        grid = figure.subplots(len(conditions), len(layers), squeeze=False)
        for row, condition in enumerate(conditions):
            for column, layer in enumerate(layers):
                panel = grid[row, column]
                where = ["condition", "layer"]
                part = shown[(shown[where] == [condition, layer]).all(axis=1)]
                image = maps.draw_map(panel, part, "mean", low)
                identity = [condition, first, layer]
                chosen = matches[["condition", "other_condition", "layer"]] == identity
                curve = matches[chosen.all(axis=1)].sort_values("epoch")
                own = own_match(curve)
                panel.plot(own.index, own, color=OWN, lw=0.9, ls=":")
                panel.plot(curve["epoch"], curve["match"], color=MATCH, marker="o", ms=1.6)
                if row == 0:
                    panel.set_title(layer)
                panel.tick_params(labelbottom=row == len(conditions) - 1, labelleft=column == 0)
            grid[row, 0].set_ylabel(condition)
        figure.supxlabel("Training time in that condition (epochs, log scale)", fontsize=6.5)
        figure.supylabel(f"Training time in {first} (epochs, log scale)", fontsize=6.5)
        bar = figure.colorbar(image, ax=grid, shrink=0.8, aspect=30, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label("Correlation of RDMs")
        entries = [
            ("best match", Line2D([], [], color=MATCH, marker="o", ms=1.6)),
            (f"best match of {first} itself", Line2D([], [], color="0.6", lw=0.9, ls=":")),
        ]
        style.legend(figure, entries, "")
    return figure


def caption(table: pd.DataFrame, matches: pd.DataFrame) -> str:
    """Say what `draw` shows."""
    first = compared.first(table)
    seeds = "different seeds" if "different" in set(table["instances"]) else "the same seed"
    return (
        f"Correlation of the RDMs of each condition, to the right, with those of {first}, upwards,"
        f" of networks of {seeds}; mean over networks. Black, the epoch of {first} that networks of"
        " the condition match best, on the mean path of the other seeds; dotted, that of networks"
        f" of {first} and the same seeds: below it, the condition is behind. Where the correlation"
        f" along the black line is as high as that of networks of {first}, the path is the same"
        " (figure alignment_matches)."
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Each condition beside the first, of different seeds where there are several."""
    of_first = compared.from_first(table)
    different = of_first[of_first["instances"] == "different"]
    return of_first if different.empty else different
