"""CKA between checkpoints."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import maps
from trajectories.plotting.figure_data import instances

TITLE = "CKA between checkpoints"


def draw(cka: pd.DataFrame) -> Figure:
    """Draw a map of CKA, epochs by epochs, for each layer.

    Parameters
    ----------
    cka : DataFrame
        Columns `dimension.CKA`.
    """
    table = cka.assign(other_layer=cka["layer"], instances="same")
    return maps.draw(table, "Linear CKA")


def caption(cka: pd.DataFrame) -> str:
    """Say what `draw` shows."""
    n = instances(int(cka["n"].min()), int(cka["n"].max()))
    return (
        "Linear centred kernel alignment (Kornblith et al., 2019) between the checkpoints of a"
        " network instance, computed from activation patterns that are standardised over units, as"
        f" in the RDM; mean over network instances ({n}). If a study has very many checkpoints,"
        " some are left out, more of the late than of the early ones."
    )
