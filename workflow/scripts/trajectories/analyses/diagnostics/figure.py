"""Training diagnostics: whether the networks learned, and whether embeddings collapsed."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trajectories.errors import UserError
from trajectories.plotting import palette, style
from trajectories.plotting.figure_data import instances, names

CHANCE: dict[str, Any] = {"lw": 0.8, "ls": (0, (1, 1.5))}


@dataclass(frozen=True)
class Panel:
    """One diagnostic: column of the history, label, column of its chance value, and meaning."""

    column: str
    label: str
    chance: str
    meaning: str


PANELS = (
    Panel("loss", "Loss (nats)", "chance_loss", "chance is ln(K + 1) with a queue of K keys"),
    Panel(
        "view_top1",
        "Views matched",
        "view_chance",
        "share of images whose two augmented views find each other",
    ),
    Panel(
        "knn_top1",
        "Nearest-neighbour accuracy",
        "knn_chance",
        "share of images whose nearest other image has the same label",
    ),
    Panel(
        "weighted_knn",
        "Held-out images named",
        "weighted_knn_chance",
        "share of images held out from training whose label their nearest training images tell,"
        " weighted (points, where it was measured)",
    ),
    Panel(
        "class_top1",
        "Classes recognised",
        "class_chance",
        "share of training images whose class is named correctly in training",
    ),
    Panel(
        "embedding_sd",
        "Embedding spread",
        "random_spread",
        "SD of embeddings times the root of their dimension; 1 for random directions, 0 for a"
        " collapse",
    ),
)


def draw(history: pd.DataFrame, width: float | None = None, height: float | None = None) -> Figure:
    """Draw the diagnostics that were measured, a panel each; conditions differ in colour and line.

    Parameters
    ----------
    history : DataFrame
        Training histories with columns ``condition`` and ``seed``, from
        `figure_data.read_histories`.
    width, height : float, optional
        Size in mm.

    Raises
    ------
    UserError
        If no diagnostic has a value, or the size is not positive.
    """
    panels = [_named(panel, history) for panel in PANELS if _measured(history, panel.column)]
    history = _comparable(history.assign(random_spread=1.0))
    if not panels:
        raise UserError("The training histories have no values: train at least one epoch.")
    conditions = names(history, "condition")
    with style.paper():
        figure = style.new_figure(width or min(183, 61 * len(panels)), height or 55)
        grid = figure.subplots(1, len(panels), squeeze=False, sharex=True)
        for panel, axes in zip(panels, grid[0], strict=True):
            _draw_panel(axes, history, panel, conditions)
        figure.supxlabel("Training time (epochs)", fontsize=6.5)
        _legend(figure, history, conditions)
    return figure


def caption(history: pd.DataFrame) -> str:
    """Say what `draw` shows: quantities, lines, chance and number of instances."""
    meanings = {panel.column: panel.meaning for panel in PANELS}
    if history["queue_filled"].isna().any():
        meanings["loss"] = "chance is that of guessing, among K + 1 keys with a queue of K"
    if _measured(history, "invariance"):
        meanings["loss"] = "chance is that of a network to which all images are the same"
    panels = [_named(panel, history) for panel in PANELS if _measured(history, panel.column)]
    shown = "; ".join(
        f"{panel.label[0].lower()}{panel.label[1:]}: {meanings[panel.column]}" for panel in panels
    )
    return (
        f"Training diagnostics over epochs ({shown}). Thin lines, network instances; thick lines,"
        f" their mean; {_counted(history)}; dotted lines, chance."
    )


def _counted(history: pd.DataFrame) -> str:
    seeds = history.groupby("condition", sort=False)["seed"].nunique()
    return instances(int(seeds.min()), int(seeds.max()))


def _measured(history: pd.DataFrame, column: str) -> bool:
    """Whether a column has values: some are those of one objective alone."""
    return column in history and bool(history[column].notna().any())


def _relative(history: pd.DataFrame) -> bool:
    """Whether losses are of such different sizes that only shares of chance fit one panel."""
    chance = history["chance_loss"]
    return bool(chance.max() > 2 * chance.min())


def _comparable(history: pd.DataFrame) -> pd.DataFrame:
    if not _relative(history):
        return history
    share = history["loss"] / history["chance_loss"]
    return history.assign(loss=share, chance_loss=history["chance_loss"].notna().map({True: 1.0}))


def _named(panel: Panel, history: pd.DataFrame) -> Panel:
    """The panel of the loss has a name that fits: that of VICReg has no unit."""
    if panel.column != "loss":
        return panel
    if _relative(history):
        return replace(panel, label="Loss / chance")
    return replace(panel, label="Loss") if _measured(history, "invariance") else panel


def _draw_panel(axes: Axes, history: pd.DataFrame, panel: Panel, conditions: list[str]) -> None:
    colour = palette.colours(conditions, "condition")
    line_of = palette.lines(conditions)
    for condition in conditions:
        measured = history[(history["condition"] == condition) & history[panel.column].notna()]
        if measured.empty:
            continue
        line = line_of[condition]
        by_seed = measured.pivot_table(index="epoch", columns="seed", values=panel.column)
        for seed in by_seed:
            axes.plot(
                by_seed.index,
                by_seed[seed],
                color=colour[condition],
                lw=0.4,
                alpha=0.6,
                ls=line,
                label=f"{condition} seed {seed}",
            )
        axes.plot(
            by_seed.index,
            by_seed.mean(axis=1),
            color=colour[condition],
            lw=1.2,
            ls=line,
            marker="." if panel.column == "weighted_knn" else None,
            label=f"{condition} mean",
        )
    _draw_chance(axes, history, panel)
    axes.set_title(panel.label)
    if panel.column != "loss":
        # From 0, and a little below so that a chance value near 0 shows above the axis.
        axes.set_ylim(bottom=-0.03 * axes.get_ylim()[1])
    style.epoch_axis(axes)


def _draw_chance(axes: Axes, history: pd.DataFrame, panel: Panel) -> None:
    for value in history[panel.chance].dropna().unique():
        axes.axhline(value, color=style.REFERENCE, label="chance", **CHANCE)


def _legend(figure: Figure, history: pd.DataFrame, conditions: list[str]) -> None:
    colour = palette.colours(conditions, "condition")
    line_of = palette.lines(conditions)
    entries = [
        (
            f"{condition}, mean",
            Line2D([], [], color=colour[condition], lw=1.2, ls=line_of[condition]),
        )
        for condition in conditions
    ]
    entries += [
        ("one instance", Line2D([], [], color=style.REFERENCE, lw=0.4)),
        ("chance", Line2D([], [], color=style.REFERENCE, **CHANCE)),
    ]
    style.legend(figure, entries, _counted(history))
