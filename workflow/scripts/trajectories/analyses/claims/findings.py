"""How precise each claim would be with as many networks as the paper has."""

import pandas as pd

from trajectories.analyses.claims import precision

NETWORKS = 10


def said(sizes: pd.DataFrame, confidence: float) -> list[str]:
    """A sentence for each claim.

    Parameters
    ----------
    sizes : DataFrame
        Columns `claims.SIZES`, one condition.
    confidence : float
        Of the intervals.
    """
    shown = f"{NETWORKS} networks and these images"
    found = precision.sentences(sizes, NETWORKS, 1, confidence, shown)
    return found or ["One network does not show how precise a study of several would be."]
