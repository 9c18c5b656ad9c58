"""Maps of epochs by epochs: how similar the state of each checkpoint is to that of every other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from trajectories.plotting import style
from trajectories.plotting.figure_data import names
from trajectories.statistics.thinning import thin

KINDS = {"same": "same\ninstance", "different": "different\ninstances"}
COLOURS, UNKNOWN = "viridis", "0.9"
TICKS = 6

Floats = NDArray[np.float64]


def draw(table: pd.DataFrame, quantity: str, value: str = "mean") -> Figure:
    """Draw a map of epochs by epochs for each layer, and for the first layer against the last.

    Epochs stand on a logarithmic axis, with epoch 0 one doubling before the first after it.

    Parameters
    ----------
    table : DataFrame
        Columns ``condition, layer, other_layer, epoch, other_epoch, instances``, and the value.
    quantity : str
        What the value is, for the colour bar.
    value : str
    """
    layers = layer_pairs(table)
    rows = [
        (condition, kind)
        for condition in names(table, "condition")
        for kind in names(table[table["condition"] == condition], "instances")
    ]
    epochs = [
        table.loc[(table["condition"] == condition) & (table["instances"] == kind), "epoch"]
        for condition, kind in rows
    ]
    # The last row, and those above one of other epochs.
    labelled = [
        row
        for row in range(len(rows))
        if row == len(rows) - 1 or set(epochs[row]) != set(epochs[row + 1])
    ]
    low = float(table[value].min())
    side = min(52.0, 150 / len(layers))
    with style.paper():
        figure = style.new_figure(
            min(183, 32 + side * len(layers)), 14 + (min(side, 46) + 3) * len(rows)
        )
        grid = figure.subplots(len(rows), len(layers), squeeze=False)
        for row, (condition, kind) in enumerate(rows):
            for column, (layer, other) in enumerate(layers):
                panel = grid[row, column]
                chosen = (
                    (table["condition"] == condition)
                    & (table["instances"] == kind)
                    & (table["layer"] == layer)
                    & (table["other_layer"] == other)
                )
                image = draw_map(panel, table[chosen], value, low)
                if row == 0:
                    panel.set_title(layer if layer == other else f"{other} against {layer}")
                panel.tick_params(labelbottom=row in labelled, labelleft=column == 0)
            if len(rows) > 1:
                grid[row, 0].set_ylabel(_row_name(table, condition, kind))
        figure.supxlabel("Training time (epochs, log scale)", fontsize=6.5)
        figure.supylabel("Training time (epochs, log scale)", fontsize=6.5)
        bar = figure.colorbar(image, ax=grid, shrink=0.8, aspect=30, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label(quantity)
    return figure


def layer_pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Layers to draw against themselves, and the first against the last."""
    layers = names(table, "layer")
    pairs = [(layer, layer) for layer in layers]
    with_others = (table["layer"] != table["other_layer"]).any()
    return [*pairs, (layers[0], layers[-1])] if with_others else pairs


def edges(epoch: Floats) -> Floats:
    """Borders of cells around epochs: half-way between them on the axis of the map."""
    start = _first(epoch)
    place = _forward(epoch, start)
    if len(place) == 1:
        place = np.array([place[0] - 1, place[0], place[0] + 1])
        return _inverse((place[1:] + place[:-1]) / 2, start)
    middle = (place[1:] + place[:-1]) / 2
    outer = [2 * place[0] - middle[0], 2 * place[-1] - middle[-1]]
    return _inverse(np.concatenate([outer[:1], middle, outer[1:]]), start)


def draw_map(panel: Axes, table: pd.DataFrame, value: str, low: float) -> QuadMesh:
    """Draw one map into a panel: ``epoch`` to the right and ``other_epoch`` upwards."""
    values = table.pivot(index="other_epoch", columns="epoch", values=value)
    across, up = (np.asarray(axis, np.float64) for axis in (values.columns, values.index))
    panel.set_facecolor(UNKNOWN)
    image = panel.pcolormesh(
        edges(across), edges(up), values.to_numpy(np.float64), cmap=COLOURS, vmin=low, vmax=1,
        rasterized=True,
    )  # fmt: skip
    for axis, epoch, set_scale, set_limits in (
        (panel.xaxis, across, panel.set_xscale, panel.set_xlim),
        (panel.yaxis, up, panel.set_yscale, panel.set_ylim),
    ):
        start = _first(epoch)
        set_scale(
            "function",
            functions=(
                lambda each, start=start: _forward(each, start),
                lambda each, start=start: _inverse(each, start),
            ),
        )
        set_limits(edges(epoch)[0], edges(epoch)[-1])
        axis.set_major_locator(FixedLocator(epoch[thin(epoch, TICKS)].tolist()))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda each, _: f"{each:g}"))
    panel.set_box_aspect(1)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return image


def _row_name(table: pd.DataFrame, condition: str, kind: str) -> str:
    """What distinguishes a row from the others: its condition, which instances, or both."""
    if table["condition"].nunique() == 1:
        return KINDS.get(kind, kind)
    if table["instances"].nunique() == 1:
        return condition
    return f"{condition},\n" + KINDS.get(kind, kind).replace("\n", " ")


def _first(epoch: Floats) -> float:
    positive = epoch[epoch > 0]
    return float(positive.min()) if positive.size else 1.0


def _forward(epoch: Floats, first: float) -> Floats:
    """Place on the axis: doublings since half of the first epoch; linear below the first."""
    epoch = np.asarray(epoch, dtype=np.float64)
    return np.where(epoch < first, epoch / first, 1 + np.log2(np.maximum(epoch, first) / first))


def _inverse(place: Floats, first: float) -> Floats:
    place = np.asarray(place, dtype=np.float64)
    return np.where(place < 1, place * first, first * 2.0 ** (np.maximum(place, 1) - 1))
