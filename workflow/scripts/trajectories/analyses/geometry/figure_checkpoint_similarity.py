"""How similar the state of each checkpoint is to that of every other."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import maps
from trajectories.plotting.figure_data import instances, names

TITLE = "Similarity of all checkpoints"


def draw(table: pd.DataFrame) -> Figure:
    """Draw a map of epochs by epochs for each layer, and for the first layer against the last.

    Parameters
    ----------
    table : DataFrame
        Columns `geometry.SIMILARITY`.
    """
    return maps.draw(table, "Similarity of RDMs (Pearson $r$)")


def caption(table: pd.DataFrame) -> str:
    """Say what `draw` shows."""
    across = (
        " The last column compares the first layer (horizontal) with the last (vertical)."
        if len(maps.layer_pairs(table)) > len(names(table, "layer"))
        else ""
    )
    where = " of each condition" if table["condition"].nunique() > 1 else ""
    others = (
        f" Upper row{where}, two checkpoints of the same network instance; lower row, of different"
        " instances, trained from different seeds."
        if (table["instances"] == "different").any()
        else ""
    )
    n = instances(int(table["n"].min()), int(table["n"].max()))
    return (
        "Pearson correlation between the RDM of each checkpoint and that of every other, mean over"
        f" network instances ({n}).{others}{across} If a study has very many checkpoints, some are"
        " left out, more of the late than of the early ones."
    )
