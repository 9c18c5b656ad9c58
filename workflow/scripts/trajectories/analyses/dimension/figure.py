"""Dimension of the representation over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity

TITLE = "Dimension of the representation"


def draw(dimension: pd.DataFrame) -> Figure:
    """Draw the participation ratio, a curve for each layer.

    Parameters
    ----------
    dimension : DataFrame
        Columns `dimension.DIMENSION`.
    """
    summary = figure_curves.summary(dimension, "participation_ratio")
    return figure_curves.draw([Quantity("Participation ratio\n(dimensions)", summary)])


def caption(dimension: pd.DataFrame) -> str:
    """Say what `draw` shows: quantity, mean, SD and number of instances."""
    summary = figure_curves.summary(dimension, "participation_ratio")
    return (
        "Participation ratio of the activation patterns to the test images, (Σλ)² / Σλ² of the"
        " variances λ along their principal axes: the number of axes that would carry the variance"
        " if it were equal on all. Patterns are standardised over units, as in the RDM."
        f" {figure_curves.explained(summary)}"
    )
