"""Dimension of the representation, and CKA between checkpoints, over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting import maps
from trajectories.plotting.curves import Quantity
from trajectories.plotting.figure_data import instances

TITLE = "Dimension of the representation"
CKA_TITLE = "CKA between checkpoints"


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
        " variances λ along their principal axes: how many axes would have the variance, if it were"
        " the same on each. Patterns are standardised over units, as in the RDM."
        f" {figure_curves.explained(summary)}"
    )


def draw_cka(cka: pd.DataFrame) -> Figure:
    """Draw a map of CKA, epochs by epochs, for each layer.

    Parameters
    ----------
    cka : DataFrame
        Columns `dimension.CKA`.
    """
    table = cka.assign(other_layer=cka["layer"], instances="same")
    return maps.draw(table, "Linear CKA")


def caption_cka(cka: pd.DataFrame) -> str:
    """Say what `draw_cka` shows."""
    n = instances(int(cka["n"].min()), int(cka["n"].max()))
    return (
        "Linear centred kernel alignment (Kornblith et al., 2019) between the checkpoints of a"
        " network instance, of activation patterns that are standardised over units, as in the RDM;"
        f" mean over network instances ({n}). Where a study has very many checkpoints, some are"
        " left out, more of them late than early."
    )
