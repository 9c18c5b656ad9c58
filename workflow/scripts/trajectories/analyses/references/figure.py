"""Figure: similarity to the RDMs of brains or behaviour, over training."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.errors import UserError
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names, sd_band, shown_as
from trajectories.plotting.measures import MEASURES

TITLE = "Similarity to brains and behaviour during learning"
CEILING: dict[str, Any] = {"color": "0.85", "lw": 0}
UNTRAINED: dict[str, Any] = {"lw": 0.6, "ls": ":", "alpha": 0.7}
_MOST_COLUMNS = 3


def draw(
    summary: pd.DataFrame,
    ceilings: pd.DataFrame,
    measure: str = "pearson",
    first_epoch: float = 0,
) -> Figure:
    """Draw a panel for each reference, and a row (or block of rows) for each condition.

    The band across a panel is the noise ceiling of its reference, where it has several subjects.
    Dotted lines continue the untrained network's values, where epoch 0 is shown.

    Parameters
    ----------
    summary : DataFrame
        Columns ``condition, layer, epoch, reference, mean, sd, n_seeds``.
    ceilings : DataFrame
        Columns ``reference, n_subjects, lower, upper``.
    measure : {"pearson", "spearman", "kendall", "cosine"}
        What ``mean``, ``lower`` and ``upper`` are.
    first_epoch : float
        Checkpoints before it are left out.

    Raises
    ------
    UserError
        If no checkpoint is left to draw.
    """
    table = _from(summary, first_epoch)
    conditions, references = names(table, "condition"), names(table, "reference")
    columns = min(len(references), _MOST_COLUMNS)
    rows_each = -(-len(references) // columns)
    rows = rows_each * len(conditions)
    with style.paper():
        figure = style.new_figure({1: 89, 2: 120}.get(columns, 183), 25 + 48 * rows)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for number, condition in enumerate(conditions):
            for place in range(rows_each * columns):
                axes = grid[number * rows_each + place // columns, place % columns]
                if place >= len(references):
                    axes.remove()
                    continue
                reference = references[place]
                of_panel = (table["condition"] == condition) & (table["reference"] == reference)
                _draw_ceiling(axes, ceilings[ceilings["reference"] == reference])
                _draw_curves(axes, table[of_panel], names(table, "layer"))
                axes.set_title(reference if len(conditions) == 1 else f"{condition}, {reference}")
                # sharex hides the labels of a panel that has none below it.
                axes.tick_params(labelbottom=place + columns >= len(references))
        figure.supylabel(f"Similarity to reference RDM ({MEASURES[measure].label})", fontsize=6.5)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        _legend(figure, table, ceilings)
    return figure


def caption(
    summary: pd.DataFrame,
    ceilings: pd.DataFrame,
    measure: str = "pearson",
    first_epoch: float = 0,
) -> str:
    """Say what `draw` shows: quantity, subjects, ceiling, mean, SD and number of instances."""
    table = _from(summary, first_epoch)
    shown = ceilings[ceilings["reference"].isin(names(table, "reference"))]
    subjects = "; ".join(
        f"{reference}, {n} RDM{'s' if n > 1 else ''}"
        for reference, n in zip(shown["reference"], shown["n_subjects"].astype(int), strict=True)
    )
    several = (
        " If there are several, the mean of the similarities to each is shown, and the grey band is"
        " the noise ceiling: what the true model would reach lies between its bounds."
        if shown["lower"].notna().any()
        else " One RDM has no noise ceiling: how similar a network could be is not known."
    )
    untrained = (
        " Dotted lines continue the values of the untrained network (epoch 0)."
        if table["epoch"].min() == 0
        else ""
    )
    return (
        f"Similarity ({MEASURES[measure].name}) between each layer's RDM and the RDMs of references"
        f" ({subjects}).{several} Lines, mean over network instances{sd_band(table)};"
        f" {counted(table)}.{untrained}"
    )


def _from(summary: pd.DataFrame, first_epoch: float) -> pd.DataFrame:
    kept = summary[summary["epoch"] >= first_epoch]
    if kept.empty:
        raise UserError(
            f"The table of references has no checkpoint at epoch {first_epoch:g} or later:"
            " lower `figures.first_epoch` or train longer."
        )
    return kept


def _draw_ceiling(axes: Axes, ceiling: pd.DataFrame) -> None:
    for lower, upper in ceiling.loc[ceiling["lower"].notna(), ["lower", "upper"]].to_numpy(float):
        axes.axhspan(lower, upper, zorder=0, **CEILING)


def _draw_curves(axes: Axes, table: pd.DataFrame, layers: list[str]) -> None:
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    ordered = table.sort_values("epoch")
    for place, layer in enumerate(layers):
        curve = ordered[ordered["layer"] == layer]
        style.curve_with_band(
            axes,
            curve["epoch"],
            curve["mean"],
            curve["sd"],
            colour[layer],
            label=layer,
            marker=marker[layer],
            markevery=style.every(len(curve), place, len(layers)),
        )
        untrained = curve.loc[curve["epoch"] == 0, "mean"]
        if len(untrained):
            axes.axhline(
                untrained.iloc[0], color=colour[layer], label="_untrained", zorder=1, **UNTRAINED
            )
    style.epoch_axis(axes)


def _legend(figure: Figure, table: pd.DataFrame, ceilings: pd.DataFrame) -> None:
    layers = names(table, "layer")
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    entries = [
        (layer, Line2D([], [], color=colour[layer], marker=marker[layer])) for layer in layers
    ]
    if table["epoch"].min() == 0:
        entries.append(("untrained (epoch 0)", Line2D([], [], color=style.REFERENCE, **UNTRAINED)))
    if ceilings["lower"].notna().any():
        entries.append(("noise ceiling", Line2D([], [], color=CEILING["color"], lw=5)))
    style.legend(figure, entries, f"{shown_as(table)}, {counted(table)}")
