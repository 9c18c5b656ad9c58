"""Whether nearest neighbours are of the same category, over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity

TITLE = "Nearest neighbours of the same category"


def draw(table: pd.DataFrame) -> Figure:
    """Draw accuracy and chance of each category, a column for each layer.

    Parameters
    ----------
    table : DataFrame
        Columns `nearest_neighbour.NEAREST_NEIGHBOUR`.
    """
    summary = figure_curves.by_layer(_summary(table))
    return figure_curves.draw(
        [Quantity("Nearest neighbour\nof the category (share)", summary, _chance(table))],
        curves="category",
        titled=True,
    )


def caption(table: pd.DataFrame) -> str:
    """Say what `draw` shows: quantity, chance, mean, SD and number of instances."""
    levels = ", ".join(f"{name} {level:.2f}" for name, level in _chance(table).items())
    return (
        "Share of the test images of a category whose nearest other image, by dissimilarity, also"
        f" belongs to the category. Dotted lines, chance ({levels})."
        f" {figure_curves.explained(_summary(table))}"
    )


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    return figure_curves.summary(table, "accuracy", ("layer", "category"))


def _chance(table: pd.DataFrame) -> dict[str, float]:
    first = table.drop_duplicates("category")
    return {
        str(name): float(level)
        for name, level in zip(first["category"], first["chance"], strict=True)
    }
