"""Figure 2: dissimilarity within and between categories, over training."""

from typing import Any, cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.errors import UserError
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import counted, names, sd_band, shown_as

LINES = {"between": "-", "within": (0, (3.2, 1.6))}
UNTRAINED: dict[str, Any] = {"lw": 0.4, "alpha": 0.9}
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
    instances: pd.DataFrame | None = None,
    first_epoch: float = 0,
    width: float | None = None,
    height: float | None = None,
    y_limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw Figure 2: a panel for each layer, a row (or block of rows) for each condition.

    Thin lines continue the untrained network's values, where epoch 0 is shown. Below each panel
    stands the difference, between minus within.

    Parameters
    ----------
    summary : DataFrame
        Columns ``condition, layer, epoch, category, pairs, n_pairs, mean, sd, n_seeds``.
    instances : DataFrame, optional
        Columns ``condition, seed, layer, epoch, category, pairs, n_pairs, dissimilarity``; without
        it there are no panels of differences, whose SD is over instances.
    first_epoch : float
        Checkpoints before it are left out.
    width, height : float, optional
        Size in mm; by default the height grows with the number of rows.
    y_limits : pair of float, optional
        Limits of all panels of dissimilarity; by default panels share an axis unless a layer would
        be flat on it.

    Raises
    ------
    UserError
        If no checkpoint is left to draw, or the size is not positive.
    """
    table = checkpoints_from(summary, first_epoch)
    gaps = None if instances is None else differences(checkpoints_from(instances, first_epoch))
    conditions, layers = names(table, "condition"), names(table, "layer")
    columns = _columns(len(layers))
    blocks = -(-len(layers) // columns)
    heights = [45.0] if gaps is None else [42.0, 26.0]
    rows = blocks * len(conditions)
    shared = y_limits is not None or shares_axis(table)
    with style.paper():
        figure = style.new_figure(
            width or {1: 89, 2: 120}.get(columns, 183), height or 30 + sum(heights) * rows
        )
        grid = figure.subplots(
            rows * len(heights), columns, squeeze=False, sharex=True, height_ratios=heights * rows
        )
        panels: list[list[Axes]] = [[] for _ in heights]
        for number, condition in enumerate(conditions):
            for place in range(blocks * columns):
                row = (number * blocks + place // columns) * len(heights)
                stacked = list(grid[row : row + len(heights), place % columns])
                if place >= len(layers):
                    for axes in stacked:
                        axes.remove()
                    continue
                identity = [condition, layers[place]]
                for kind, axes, shown in zip(panels, stacked, (table, gaps), strict=False):
                    if shown is None:
                        continue
                    kind.append(axes)
                    chosen = shown[(shown[["condition", "layer"]] == identity).all(axis=1)]
                    _draw_panel(axes, chosen, names(table, "category"))
                    # sharex hides the labels of a panel that has none below it.
                    lowest = axes is stacked[-1] and place + columns >= len(layers)
                    axes.tick_params(labelbottom=lowest)
                title = layers[place] if len(conditions) == 1 else ", ".join(identity)
                stacked[0].set_title(title)
                if place % columns == 0:
                    stacked[0].set_ylabel("Dissimilarity\n(1 − Pearson $r$)")
                    if gaps is not None:
                        stacked[1].set_ylabel("Between −\nwithin")
        _set_limits(panels[0], layers, shared, y_limits)
        if gaps is not None:
            for axes in panels[1]:
                axes.axhline(0, color=style.REFERENCE, lw=0.5, zorder=0)
            _set_limits(panels[1], layers, shared, None)
        figure.align_ylabels(grid[:, 0])
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        _legend(figure, table)
    return figure


def differences(instances: pd.DataFrame) -> pd.DataFrame:
    """Between minus within of each category: mean and SD over instances, as a summary has them."""
    identity = ["condition", "layer", "category", "epoch"]
    both = instances.pivot_table(
        index=[*identity, "seed"], columns="pairs", values="dissimilarity", sort=False
    )
    gap = (both["between"] - both["within"]).groupby(identity, sort=False)
    return gap.agg(mean="mean", sd="std").reset_index().assign(pairs="between")


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
        " Thin lines continue the values of the untrained network (epoch 0), dashed and coloured as"
        " the curves that begin there."
        if table["epoch"].min() == 0
        else ""
    )
    return (
        "Mean dissimilarity (1 − Pearson r between activation patterns) of pairs of test images"
        " within a category (dashed) and between its members and the images it is"
        " compared with (solid), for each layer."
        " Lower panels: between minus within of each network."
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
    colour, marker = palette.colours(categories, "category"), palette.markers(categories)
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
                    ls=line,
                    **UNTRAINED,
                )
    style.epoch_axis(axes)


def _columns(n_layers: int) -> int:
    return n_layers if n_layers <= 4 else 3


def _set_limits(
    panels: list[Axes], layers: list[str], shared: bool, y_limits: tuple[float, float] | None
) -> None:
    """Same limits for all panels, or for the panels of a layer in all conditions."""
    groups = [panels] if shared else [panels[place :: len(layers)] for place in range(len(layers))]
    for group in groups:
        style.share_limits(group)
        for axes in group if y_limits else ():
            axes.set_ylim(y_limits)
    if shared:
        for place, axes in enumerate(panels):
            axes.tick_params(labelleft=place % len(layers) % _columns(len(layers)) == 0)


def _legend(figure: Figure, table: pd.DataFrame) -> None:
    categories = names(table, "category")
    colour, marker = palette.colours(categories, "category"), palette.markers(categories)
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
