"""Table of paired tests between layers: whether one changes, or settles, before another."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.layer_differences import COLUMNS
from trajectories.statistics import condition_curves, crossed_bootstrap
from trajectories.statistics.condition_curves import ConditionCurves

MEASURES = {
    "log10_change": "log₁₀(1 − similarity of consecutive RDMs)",
    "progress": "similarity to the last RDM, from 0 at the first checkpoint to 1 at the late level",
}


def tabulate(
    resamples: Sequence[Path], recipes: Sequence[Path], confidence: float
) -> list[pd.DataFrame]:
    """The tables of a study, from the resamples.h5 of its instances."""
    return condition_curves.tabulated(
        resamples, recipes, lambda curves: [table(curves, confidence)]
    )


def table(curves: ConditionCurves, confidence: float) -> pd.DataFrame:
    """Differences between all pairs of layers, each at every epoch, for a condition.

    Change of consecutive RDMs is compared on a log scale: a difference of −0.3 says that the layer
    changed half as much as the other. Progress is compared between the first checkpoint, where it
    is 0 by construction, and the last, which is similar to itself whatever the noise.

    Parameters
    ----------
    curves : ConditionCurves
    confidence : float
        Of the intervals, which are over instances and images, both paired.

    Returns
    -------
    DataFrame with the columns of `COLUMNS`
        ``difference`` is layer − other layer, the earlier one first; dimensionless. ``epoch`` of a
        change is the later one. ``q`` corrects the p values of a pair of layers over epochs
        (Benjamini and Hochberg). No rows for a single layer.
    """
    parts = []
    for layer, other in combinations(curves.layers, 2):
        for measure, epoch, values, other_values in _compared(curves, layer, other):
            found = crossed_bootstrap.paired(values, other_values, confidence, curves.n_stimuli)
            p = found.p()
            parts.append(
                pd.DataFrame(
                    {
                        "condition": curves.condition,
                        "measure": measure,
                        "layer": layer,
                        "other_layer": other,
                        "epoch": epoch,
                        "difference": found.estimate,
                        "low": found.low,
                        "high": found.high,
                        "p": p,
                        "q": crossed_bootstrap.corrected(p),
                        "n_seeds": len(values),
                    }
                )
            )
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _compared(
    curves: ConditionCurves, layer: str, other: str
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    if len(curves.step):
        # Identical RDMs have no logarithm of their change, and are left out.
        with np.errstate(divide="ignore"):
            change, of_other = (np.log10(curves.change(name)) for name in (layer, other))
        yield "log10_change", curves.step[:, 1], change, of_other
    if len(curves.epoch) > 2:
        progress, of_other = (curves.progress(name)[..., 1:] for name in (layer, other))
        yield "progress", curves.before_last[1:], progress, of_other
