"""What category models explain of the RDM, over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.analyses.model_rdms import CONSTANT
from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity
from trajectories.plotting.figure_data import names

TITLE = "Category models of the RDM"
TOGETHER = "all models"


def draw(table: pd.DataFrame) -> Figure:
    """Draw explained variance and weights, a column for each layer.

    Parameters
    ----------
    table : DataFrame
        Columns `model_rdms.TABLE`.
    """
    together = table[table["model"] == CONSTANT].assign(model=TOGETHER)
    explained = figure_curves.summary(together, "explained", ("layer", "model"))
    models = table[table["model"] != CONSTANT]
    if models.empty:
        return figure_curves.draw(
            [Quantity("Explained variance ($R^2$)", figure_curves.by_layer(explained))],
            curves="model",
            titled=True,
        )
    unique = figure_curves.summary(models, "unique", ("layer", "model"))
    weight = figure_curves.summary(models, "weight", ("layer", "model"))
    return figure_curves.draw(
        [
            Quantity(
                "Explained variance\nof the RDM ($R^2$)",
                figure_curves.by_layer(pd.concat([unique, explained], ignore_index=True)),
            ),
            Quantity("Weight of the model\n(dissimilarity)", figure_curves.by_layer(weight)),
        ],
        curves="model",
        titled=True,
    )


def caption(table: pd.DataFrame) -> str:
    """Say what `draw` shows: models, quantity, mean, SD and number of instances."""
    models = [name for name in names(table, "model") if name != CONSTANT]
    summary = figure_curves.summary(table[table["model"] == CONSTANT], "explained")
    if not models:
        return (
            "The table of test images has no flags from which category models could be made"
            " (`animal`, `face`, `natural`), and the config names none: nothing is explained."
        )
    return (
        "Each RDM is fitted, by non-negative least squares, as a sum of category models"
        f" ({', '.join(models)}) and a constant. A model is 1 for two images on different sides of"
        " its division and 0 for two on the same. Upper panels: share of the variance of"
        f" dissimilarities over pairs of images that {TOGETHER} explain together, and how much it"
        " falls if one is left out. Lower panels: weights, how much more dissimilar two images on"
        f" different sides are. {figure_curves.explained(summary)}"
    )
