"""Figure 1: how similar the RDMs of consecutive epochs are, over training."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.errors import UserError
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names, sd_band, shown_as
from trajectories.plotting.measures import MEASURES


def steps_from(summary: pd.DataFrame, first_epoch: float) -> pd.DataFrame:
    """Rows of steps that start at `first_epoch` or later.

    Raises
    ------
    UserError
        If none is left.
    """
    kept = summary[summary["epoch"] >= first_epoch]
    if kept.empty:
        raise UserError(
            f"The stability table has no step that starts at epoch {first_epoch:g} or"
            " later: lower `figures.first_epoch` or train longer."
        )
    return kept


def draw(
    summary: pd.DataFrame,
    instances: pd.DataFrame | None = None,
    measure: str = "pearson",
    first_epoch: float = 0,
    width: float | None = None,
    height: float | None = None,
    y_limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw Figure 1: a column for each condition, similarity above, and one minus it below.

    Parameters
    ----------
    summary : DataFrame
        Columns ``condition, layer, epoch, next_epoch, mean, sd, n_seeds``; one row a step.
    instances : DataFrame, optional
        Columns ``condition, seed, layer, epoch, next_epoch, correlation``. With it the lower panels
        show the geometric mean and SD over instances; without, one minus the mean, and the SD that
        follows from that of the similarity to first order.
    measure : {"pearson", "spearman", "kendall", "cosine"}
        What ``mean`` is.
    first_epoch : float
        Steps that start earlier are left out.
    width, height : float, optional
        Size in mm; by default the width grows with the number of conditions.
    y_limits : pair of float, optional
        Limits of the upper panels.

    Raises
    ------
    UserError
        If no step is left to draw, or the size is not positive.
    """
    table = steps_from(summary, first_epoch)
    conditions, layers = names(table, "condition"), names(table, "layer")
    named = MEASURES[measure]
    with style.paper():
        figure = style.new_figure(width or {1: 89, 2: 120}.get(len(conditions), 183), height or 80)
        grid = figure.subplots(
            2,
            len(conditions),
            squeeze=False,
            sharex=True,
            sharey="row",
            gridspec_kw={"height_ratios": [1, 1]},
        )
        for column, condition in enumerate(conditions):
            upper, lower = grid[:, column]
            of_condition = table[table["condition"] == condition]
            _draw_similarity(upper, of_condition, layers)
            _draw_change(lower, _change(of_condition, instances), layers)
            style.epoch_axis(lower)
            if len(conditions) > 1:
                upper.set_title(condition)
        if y_limits:
            grid[0, 0].set_ylim(y_limits)
        _limit_change(grid[1, 0], table)
        grid[0, 0].set_ylabel(f"{named.kind} of\nconsecutive RDMs\n({named.label})")
        grid[1, 0].set_ylabel(
            f"Change between\nconsecutive RDMs\n($1 - {named.symbol}$, log scale)"
        )
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        figure.align_ylabels(grid[:, 0])
        _legend(figure, table, layers)
    return figure


def caption(summary: pd.DataFrame, measure: str = "pearson", first_epoch: float = 0) -> str:
    """Say what `draw` shows: quantity, mean, SD and number of instances."""
    table = steps_from(summary, first_epoch)
    words = MEASURES[measure].words
    geometric = ", geometric in the lower panels" if table["sd"].notna().any() else ""
    return (
        f"{words[0].upper()}{words[1:]} between the RDMs of consecutive epochs, for each layer, at"
        " the later of the two epochs (upper panels), and one minus it on a log scale (lower"
        f" panels). Lines, mean over network instances{sd_band(table)}{geometric};"
        f" {counted(table)}. The first"
        f" step shown starts at epoch {table['epoch'].min():g}.{_unequal(table)}"
    )


def _unequal(table: pd.DataFrame) -> str:
    """That steps differ in length, where they do: values are of a step, not of an epoch."""
    lengths = (table["next_epoch"] - table["epoch"]).round(3)
    if lengths.nunique() < 2:
        return ""
    return (
        f" Steps are those between consecutive checkpoints, {lengths.min():g} to"
        f" {lengths.max():g} epochs long; values are of a step and not divided by its length, so"
        " longer steps show more change."
    )


def _curves(table: pd.DataFrame, layers: list[str]) -> list[tuple[str, pd.DataFrame]]:
    ordered = table.sort_values("next_epoch")
    return [(layer, ordered[ordered["layer"] == layer]) for layer in layers]


def _draw_similarity(axes: Axes, table: pd.DataFrame, layers: list[str]) -> None:
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    for place, (layer, curve) in enumerate(_curves(table, layers)):
        style.curve_with_band(
            axes,
            curve["next_epoch"],
            curve["mean"],
            curve["sd"],
            colour[layer],
            label=layer,
            marker=marker[layer],
            markevery=style.every(len(curve), place, len(layers)),
        )


def _change(table: pd.DataFrame, instances: pd.DataFrame | None) -> pd.DataFrame:
    """Geometric mean and SD (a factor) of one minus similarity, in the rows of the summary."""
    if instances is None:
        change = (1 - table["mean"]).where(table["mean"] < 1)
        return table.assign(mean=change, factor=np.exp(table["sd"] / change))
    identity = ["condition", "layer", "next_epoch"]
    # Identical RDMs have no place on a log axis.
    one_minus = (1 - instances["correlation"]).where(instances["correlation"] < 1)
    logarithm = instances.assign(log=np.log(one_minus)).groupby(identity)["log"]
    of_steps = np.exp(logarithm.agg(mean="mean", factor="std")).reset_index()
    return table.drop(columns="mean").merge(of_steps, on=identity, how="left")


def _draw_change(axes: Axes, table: pd.DataFrame, layers: list[str]) -> None:
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    axes.set_yscale("log", nonpositive="clip")
    for place, (layer, curve) in enumerate(_curves(table, layers)):
        axes.plot(
            curve["next_epoch"],
            curve["mean"],
            color=colour[layer],
            label=layer,
            marker=marker[layer],
            markevery=style.every(len(curve), place, len(layers)),
        )
        if np.isfinite(curve["factor"]).any():
            low, high = curve["mean"] / curve["factor"], curve["mean"] * curve["factor"]
            style.band(axes, curve["next_epoch"], low, high, colour[layer])


def _limit_change(axes: Axes, table: pd.DataFrame) -> None:
    """Limits from the means: an SD as large as its mean would stretch a log axis without end."""
    change = 1 - table["mean"].to_numpy(float)
    change = change[change > 0]
    if change.size:
        spread = np.nan_to_num(table["sd"].to_numpy(float)).max()
        axes.set_ylim(change.min() / 2, (change.max() + spread) * 1.3)


def _legend(figure: Figure, table: pd.DataFrame, layers: list[str]) -> None:
    colour, marker = palette.colours(layers, "layer"), palette.markers(layers)
    entries = [
        (layer, Line2D([], [], color=colour[layer], marker=marker[layer])) for layer in layers
    ]
    style.legend(figure, entries, f"{shown_as(table)}, {counted(table)}")
