"""Whether the nearest neighbour of an image is of its category, as a control of quality."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from trajectories.analyses.nearest_neighbour import NEAREST_NEIGHBOUR
from trajectories.errors import UserError
from trajectories.rdms import categories
from trajectories.statistics import states
from trajectories.statistics.states import Series

Floats = NDArray[np.float64]


def tabulate(
    trajectories: Sequence[Path], definitions: Mapping[str, Mapping[str, str]]
) -> list[pd.DataFrame]:
    """The table of a study, from the trajectory.h5 of its instances."""
    with states.opened(trajectories, most_states=None) as series:
        return [table(series, definitions, series[0].flags)]


def accuracy(dissimilarities: ArrayLike, members: ArrayLike, others: ArrayLike) -> float:
    """Share of a category's images whose nearest other image is also of the category.

    Parameters
    ----------
    dissimilarities : array of shape (n_pairs,)
        Upper triangle of an RDM.
    members : bool array of shape (n_stimuli,)
        Images of the category, at least two.
    others : bool array of shape (n_stimuli,)
        Images that it is compared with; the rest is left out.

    Returns
    -------
    float
        In [0, 1]. Where several images are equally near, the share of them that are members
        counts.

    Raises
    ------
    UserError
        If a dissimilarity is not a finite number.
    """
    from scipy.spatial.distance import squareform  # slow to import, seldom needed

    square = squareform(np.asarray(dissimilarities, dtype=np.float64), checks=False)
    if not np.isfinite(square).all():
        raise UserError(
            "An RDM has dissimilarities that are not finite numbers, so that images have no nearest"
            " neighbours: compute it again from its activations."
        )
    inside, outside = np.asarray(members, np.bool_), np.asarray(others, np.bool_)
    np.fill_diagonal(square, np.inf)
    square = square[np.ix_(inside, inside | outside)]
    nearest = square == square.min(axis=1, keepdims=True)
    of_category = inside[inside | outside]
    return float((nearest[:, of_category].sum(axis=1) / nearest.sum(axis=1)).mean())


def chance(members: ArrayLike, others: ArrayLike) -> float:
    """Accuracy if the nearest neighbour were any other image: (k - 1) / (k + m - 1).

    Parameters
    ----------
    members, others : bool arrays of shape (n_stimuli,)
        k images of the category, and m that it is compared with.
    """
    k, m = int(np.sum(members)), int(np.sum(others))
    return (k - 1) / (k + m - 1)


def table(
    series: Sequence[Series],
    definitions: Mapping[str, Mapping[str, str]],
    flags: Mapping[str, ArrayLike],
) -> pd.DataFrame:
    """Nearest-neighbour accuracy of every state, for each category.

    Parameters
    ----------
    series : sequence of Series
    definitions : mapping of name to {"within": expression, "between": expression}
        As for `categories.select`.
    flags : mapping of flag to bool array of shape (n_stimuli,)

    Returns
    -------
    DataFrame with the columns `NEAREST_NEIGHBOUR`

    Raises
    ------
    UserError
        If a category does not fit the stimuli, or an RDM has values that are not finite.
    """
    categories.select(definitions, flags)
    sets = []
    for name, definition in definitions.items():
        inside = categories.members(definition["within"], flags, name)
        expression = definition.get("between")
        outside = ~inside if expression is None else categories.members(expression, flags, name)
        sets.append((name, inside, outside, chance(inside, outside)))
    rows = [
        (each.condition, each.seed, each.layer, epoch, name, accuracy(rdm, inside, outside), level)
        for each in series
        for epoch in each.epoch
        for rdm in [each.at(epoch)]
        for name, inside, outside, level in sets
    ]
    return pd.DataFrame(rows, columns=list(NEAREST_NEIGHBOUR))
