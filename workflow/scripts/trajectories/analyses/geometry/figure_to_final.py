"""How similar the RDM is to the final one, over training."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity

TITLE = "Similarity to the final state"


def draw(to_final: pd.DataFrame) -> Figure:
    """Draw similarity to the final RDM, and progress to it from the first.

    Parameters
    ----------
    to_final : DataFrame
        Columns `geometry.TO_FINAL`.
    """
    return figure_curves.draw(
        [
            Quantity("Similarity to the\nfinal RDM (Pearson $r$)", _summary(to_final)),
            Quantity("Progress to\nthe final RDM", _summary(to_final, "progress")),
        ]
    )


def caption(to_final: pd.DataFrame) -> str:
    """Say what `draw` shows: quantity, mean, SD and number of instances."""
    return (
        "Pearson correlation between the RDM of each checkpoint and that of the last checkpoint of"
        " the same network instance (upper panels), and progress, the same scaled from 0 at the"
        " first checkpoint to 1 at the last, so that times do not depend on how much a layer"
        f" changes (lower panels). {figure_curves.explained(_summary(to_final))}"
    )


def _summary(to_final: pd.DataFrame, value: str = "similarity") -> pd.DataFrame:
    return figure_curves.summary(to_final, value)
