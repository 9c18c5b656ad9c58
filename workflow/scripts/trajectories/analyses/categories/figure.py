"""Figure 2: dissimilarity within and between categories, over training."""

from typing import Any, cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.errors import UserError
from trajectories.plotting import style
from trajectories.plotting.figure_data import counted, names, sd_band, shown_as

LINES = {"between": "-", "within": (0, (3.2, 1.6))}
UNTRAINED: dict[str, Any] = {"lw": 0.6, "ls": ":", "alpha": 0.7}
# A panel that would use less of a common y axis than this gets its own.
USED_OF_SHARED_AXIS = 0.35


def checkpoints_from(summary: pd.DataFrame, first_epoch: float) -> pd.DataFrame:
    """Rows of checkpoints at `first_epoch` or later.

    Raises
    ------
    UserError
        If none is left.
    """
    kept = summary[summary["epoch"] >= first_epoch]
    if kept.empty:
        raise UserError(
            f"The category table has no checkpoint at epoch {first_epoch:g} or later:"
            " lower `figures.first_epoch` or train longer."
        )
    return kept


def draw(
    summary: pd.DataFrame,
    first_epoch: float = 0,
    width: float | None = None,
    height: float | None = None,
    y_limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw Figure 2: a panel for each layer, a row (or block of rows) for each condition.

    The dotted lines continue the untrained network's values, where epoch 0 is shown.

    Parameters
    ----------
    summary : DataFrame
        Columns ``condition, layer, epoch, category, pairs, n_pairs, mean, sd, n_seeds``.
    first_epoch : float
        Checkpoints before it are left out.
    width, height : float, optional
        Size in mm; by default the height grows with the number of rows.
    y_limits : pair of float, optional
        Limits of all panels; by default panels share an axis unless a layer would be flat on it.

    Raises
    ------
    UserError
        If no checkpoint is left to draw, or the size is not positive.
    """
    table = checkpoints_from(summary, first_epoch)
    conditions, layers = names(table, "condition"), names(table, "layer")
    columns = _columns(len(layers))
    rows_each = -(-len(layers) // columns)
    rows = rows_each * len(conditions)
    shared = y_limits is not None or shares_axis(table)
    with style.paper():
        figure = style.new_figure(
            width or {1: 89, 2: 120}.get(columns, 183), height or 30 + 45 * rows
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        for number, condition in enumerate(conditions):
            for place in range(rows_each * columns):
                axes = grid[number * rows_each + place // columns, place % columns]
                if place >= len(layers):
                    axes.remove()
                    continue
                of_panel = (table["condition"] == condition) & (table["layer"] == layers[place])
                _draw_panel(axes, table[of_panel], names(table, "category"))
                axes.set_title(
                    layers[place] if len(conditions) == 1 else f"{condition}, {layers[place]}"
                )
                # sharex hides the labels of a panel that has none below it.
                axes.tick_params(labelbottom=place + columns >= len(layers))
        _set_limits(figure, table, shared, y_limits)
        figure.supylabel("Dissimilarity (1 − Pearson $r$)", fontsize=6.5)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        _legend(figure, table)
    return figure


def shares_axis(table: pd.DataFrame) -> bool:
    """Whether every layer fills enough of a y axis common to all layers."""
    by_layer = table.groupby("layer")["mean"]
    span = table["mean"].max() - table["mean"].min()
    return bool((by_layer.max() - by_layer.min()).min() >= USED_OF_SHARED_AXIS * span)


def caption(summary: pd.DataFrame, first_epoch: float = 0) -> str:
    """Say what `draw` shows: quantity, pairs, mean, SD and number of instances."""
    table = checkpoints_from(summary, first_epoch)
    counts = "; ".join(
        f"{category}, {within:,} pairs within and {between:,} between"
        for category, (within, between) in pair_counts(table).items()
    )
    untrained = (
        " Dotted lines continue the values of the untrained network (epoch 0)."
        if table["epoch"].min() == 0
        else ""
    )
    return (
        "Mean dissimilarity (1 − Pearson r between activation patterns) of pairs of test images"
        " within a category (dashed) and between its members and the images it is"
        " compared with (solid), for each layer."
        f" Lines, mean over network instances{sd_band(table)}; {counted(table)}."
        f" Pairs: {counts}.{untrained}"
    )


def pair_counts(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Numbers of pairs within and between, for each category."""
    first = table.drop_duplicates(["category", "pairs"]).set_index(["category", "pairs"])
    return {
        category: cast(
            "tuple[int, int]",
            tuple(
                int(first["n_pairs"].get((category, pairs), 0)) for pairs in ("within", "between")
            ),
        )
        for category in names(table, "category")
    }


def _draw_panel(axes: Axes, table: pd.DataFrame, categories: list[str]) -> None:
    colour, marker = style.colours(categories), style.markers(categories)
    ordered = table.sort_values("epoch")
    for place, category in enumerate(categories):
        for pairs, line in LINES.items():
            chosen = (ordered["category"] == category) & (ordered["pairs"] == pairs)
            curve = ordered[chosen]
            style.curve_with_band(
                axes,
                curve["epoch"],
                curve["mean"],
                curve["sd"],
                colour[category],
                linestyle=line,
                label=f"{category} {pairs}",
                marker=marker[category],
                markevery=style.every(len(curve), place, len(categories)),
            )
            untrained = curve.loc[curve["epoch"] == 0, "mean"]
            if len(untrained):
                axes.axhline(
                    untrained.iloc[0],
                    color=colour[category],
                    label="_untrained",
                    zorder=1,
                    **UNTRAINED,
                )
    style.epoch_axis(axes)


def _columns(n_layers: int) -> int:
    return n_layers if n_layers <= 4 else 3


def _set_limits(
    figure: Figure, table: pd.DataFrame, shared: bool, y_limits: tuple[float, float] | None
) -> None:
    """Same limits for all panels, or for the panels of a layer in all conditions."""
    panels = figure.axes
    layers = names(table, "layer")
    groups = [panels] if shared else [panels[place :: len(layers)] for place in range(len(layers))]
    for group in groups:
        limits = [axes.get_ylim() for axes in group]
        low, high = min(low for low, _ in limits), max(high for _, high in limits)
        for axes in group:
            axes.set_ylim(y_limits or (low, high))
    if shared:
        for place, axes in enumerate(panels):
            axes.tick_params(labelleft=place % len(layers) % _columns(len(layers)) == 0)


def _legend(figure: Figure, table: pd.DataFrame) -> None:
    categories = names(table, "category")
    colour, marker = style.colours(categories), style.markers(categories)
    entries = [
        (
            f"{name} ({within:,} / {between:,})",
            Line2D([], [], color=colour[name], marker=marker[name]),
        )
        for name, (within, between) in pair_counts(table).items()
    ]
    entries += [
        (pairs, Line2D([], [], color=style.REFERENCE, ls=line)) for pairs, line in LINES.items()
    ]
    if table["epoch"].min() == 0:
        entries.append(("untrained (epoch 0)", Line2D([], [], color=style.REFERENCE, **UNTRAINED)))
    style.legend(
        figure,
        entries,
        f"{shown_as(table)}, {counted(table)} (in brackets: pairs within / between)",
    )
