"""Variance between network instances, split by where it comes from: initialisation or data.

For RDMs standardised to mean 0 and length 1, 1 - r is half of their squared distance: averaged over
pairs of instances, it is the variance of the standardised RDM over instances, in units of its own
squared length. If instances share a source of randomness, its share of that variance is gone.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from trajectories import cli
from trajectories.analyses.variance_split import VARIANCE_SPLIT
from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.rdms.similarity import similarity_matrix
from trajectories.statistics import states
from trajectories.statistics.between_instances import at_each_epoch, similarity_to_others
from trajectories.statistics.states import Series
from trajectories.study import fixed_sources
from trajectories.study.fixed_sources import Comparison


def tabulate(trajectories: Sequence[Path], recipes: Sequence[Path]) -> list[pd.DataFrame]:
    """The table of a study, from the trajectory.h5 of its instances and the recipe.json files."""
    comparisons = fixed_sources.comparisons(
        {path.resolve().parent.name: _read(path) for path in recipes}
    )
    if not comparisons:
        cli.log.info(
            "no two conditions differ only in training.fixed_seeds, so there is no variance to"
            " split: the table has no rows"
        )
    with states.opened(trajectories, most_states=None) as series:
        return [variance_split(series, comparisons)]


def _read(path: Path) -> dict[str, object]:
    try:
        with reading(path):
            recipe: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): make it again.") from error
    return recipe


def variance_split(series: Sequence[Series], comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Variance between instances that share a source, and between instances that share none.

    Parameters
    ----------
    series : sequence of Series
        Of all conditions.
    comparisons : sequence of Comparison

    Returns
    -------
    DataFrame with the columns `VARIANCE_SPLIT`
        A row for each comparison, layer, and epoch that both conditions have; none where there is
        no comparison. ``variance`` and ``sd`` are over instances of each one's mean 1 - r to all
        others; NaN for fewer than two instances, ``sd`` for fewer than three. ``fixed`` are the
        shared sources, joined by "+". ``share`` is 1 - variance / free_variance: the share of the
        variance that the sources in ``fixed`` account for, interactions with the others included.
        It may be below 0, as both variances are estimates; it is NaN where instances do not
        differ.
    """
    wanted = {name for each in comparisons for name in (each.condition, each.free_condition)}
    by_condition = between_instances([each for each in series if each.condition in wanted])
    parts = []
    for each in comparisons:
        own, free = (
            by_condition[by_condition["condition"] == name].drop(columns="condition")
            for name in (each.condition, each.free_condition)
        )
        free = free.rename(columns={name: f"free_{name}" for name in ("variance", "sd", "n_seeds")})
        part = own.merge(free, on=["layer", "epoch"], how="inner", sort=False)
        positive = part["free_variance"].where(part["free_variance"] > 0)
        parts.append(
            part.assign(
                condition=each.condition,
                free_condition=each.free_condition,
                fixed="+".join(each.fixed),
                share=1 - part["variance"] / positive,
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(VARIANCE_SPLIT))
    return pd.concat(parts, ignore_index=True)[list(VARIANCE_SPLIT)]


def between_instances(series: Sequence[Series]) -> pd.DataFrame:
    """Mean 1 - r between the instances of each condition, for each layer and epoch.

    Returns
    -------
    DataFrame with the columns ``condition, layer, epoch, variance, sd, n_seeds``
    """
    rows = []
    for condition, layer, epoch, rdms, names in at_each_epoch(series):
        variance = sd = np.nan
        if len(rdms) > 1:
            by_instance = 1 - similarity_to_others(similarity_matrix(rdms, "pearson", names))
            variance = float(by_instance.mean())
            sd = float(by_instance.std(ddof=1)) if len(rdms) > 2 else np.nan
        rows.append((condition, layer, epoch, variance, sd, len(rdms)))
    columns = ["condition", "layer", "epoch", "variance", "sd", "n_seeds"]
    return pd.DataFrame(rows, columns=columns)
