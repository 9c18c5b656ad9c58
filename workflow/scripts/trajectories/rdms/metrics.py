"""Metrics of the learning trajectory of one network instance, as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import UserError
from trajectories.rdms import categories, similarity
from trajectories.rdms.trajectory import Trajectory
from trajectories.storage.columns import CATEGORIES, STABILITY
from trajectories.study import epochs


def stability(trajectory: Trajectory, measure: similarity.Similarity) -> pd.DataFrame:
    """Similarity of each layer's RDM at each whole epoch to that at the next one.

    Checkpoints inside an epoch are left out, so that all steps are alike, unless there are fewer
    than two others (`epochs.compared`).

    Parameters
    ----------
    trajectory : Trajectory
        With the attributes ``condition`` and ``seed``.
    measure : {"pearson", "spearman", "kendall", "cosine"}

    Returns
    -------
    DataFrame with the columns of `columns.STABILITY`
        ``correlation`` is dimensionless, whatever the measure.

    Raises
    ------
    UserError
        If there are fewer than two epochs, or an RDM has no correlation.
    """
    whole = np.flatnonzero(np.isin(trajectory.epoch, epochs.compared(trajectory.epoch.tolist())))
    if whole.size < 2:
        raise UserError(
            f"Stability needs checkpoints at 2 epochs, but {_instance(trajectory)} has"
            f" {whole.size}: train longer (training.epochs)."
        )
    epoch = trajectory.epoch[whole]
    parts = []
    for layer, rdms in trajectory.rdms.items():
        names = [f"{layer} at epoch {each:g} ({_instance(trajectory)})" for each in epoch]
        correlation = similarity.consecutive_similarity(rdms, measure, names, whole)
        parts.append(
            pd.DataFrame(
                {
                    "layer": layer,
                    "epoch": epoch[:-1],
                    "next_epoch": epoch[1:],
                    "correlation": correlation,
                }
            )
        )
    return identified(parts, trajectory, STABILITY)


def category_means(
    trajectory: Trajectory, definitions: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Mean dissimilarity within and between categories, for each layer and checkpoint.

    Parameters
    ----------
    trajectory : Trajectory
        With the attributes ``condition`` and ``seed``.
    definitions : mapping of name to {"within": expression, "between": expression}
        As for `categories.select`.

    Returns
    -------
    DataFrame with the columns of `columns.CATEGORIES`
        ``pairs`` is "within" or "between"; ``dissimilarity`` has the unit of the RDMs.

    Raises
    ------
    UserError
        If a category does not fit the stimuli.
    """
    sets = [
        (category.name, pairs, mask)
        for category in categories.select(definitions, trajectory.flags)
        for pairs, mask in (("within", category.within), ("between", category.between))
    ]
    names, pairs, masks = zip(*sets, strict=True)
    n_checkpoints = len(trajectory.epoch)
    parts = [
        pd.DataFrame(
            {
                "layer": layer,
                "epoch": np.repeat(trajectory.epoch, len(sets)),
                "category": names * n_checkpoints,
                "pairs": pairs * n_checkpoints,
                "n_pairs": np.tile([int(mask.sum()) for mask in masks], n_checkpoints),
                "dissimilarity": categories.category_dissimilarity(rdms, masks).ravel(),
            }
        )
        for layer, rdms in trajectory.rdms.items()
    ]
    return identified(parts, trajectory, CATEGORIES)


def identified(
    parts: Sequence[pd.DataFrame], trajectory: Trajectory, columns: Sequence[str]
) -> pd.DataFrame:
    """Rows of all layers with condition and seed in front."""
    table = pd.concat(parts, ignore_index=True)
    for key in ("condition", "seed"):
        table[key] = _attribute(trajectory, key)
    return table[list(columns)]


def _attribute(trajectory: Trajectory, key: str) -> Any:
    if key not in trajectory.attributes:
        raise UserError(f"The trajectory has no attribute {key!r}: merge it again with --{key}.")
    return trajectory.attributes[key]


def _instance(trajectory: Trajectory) -> str:
    return f"{_attribute(trajectory, 'condition')} seed {_attribute(trajectory, 'seed')}"
