"""Category models of an RDM: how much of it animacy, faces, bodies, or being natural accounts for.

A model is a binary feature of images, such as being animate. Its RDM is 1 for two images on
different sides and 0 for two on the same: the squared difference of the feature. Each RDM is fitted
as a sum of model RDMs with weights that are not negative, as a feature can only add to a squared
distance: Jozwik, Kriegeskorte & Mur (2016), Neuropsychologia 83, 201-226.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from trajectories import cli
from trajectories.analyses.model_rdms import CONSTANT, TABLE
from trajectories.errors import UserError
from trajectories.rdms import categories, rdm, similarity
from trajectories.statistics import states
from trajectories.statistics.states import Series

MODELS = {"animacy": "animal", "faces": "face", "bodies": "animal & ~face", "natural": "natural"}
"""Models where the config names none, as far as the table of test images has their flags."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Models:
    """Model RDMs of a set of test images.

    Attributes
    ----------
    names : tuple of n_models strings
    rdms : float64 array of shape (n_models, n_pairs)
        0 and 1; linearly independent of each other and of a constant.
    left_out : tuple of str
        A sentence on each default model that these images lack.
    """

    names: tuple[str, ...]
    rdms: Floats
    left_out: tuple[str, ...] = ()


def tabulate(trajectories: Sequence[Path], models: Mapping[str, str] | None) -> list[pd.DataFrame]:
    """The table of a study, from the trajectory.h5 of its instances."""
    with states.opened(trajectories, most_states=None) as series:
        selected = select(models, series[0].flags, series[0].n_stimuli)
        for sentence in selected.left_out:
            cli.log.info("left out: %s", sentence)
        return [table(series, selected)]


def select(wanted: Mapping[str, str] | None, flags: Mapping[str, ArrayLike], n: int) -> Models:
    """Model RDMs of a set of test images.

    Parameters
    ----------
    wanted : mapping of name to expression of flags, as `categories.members`, optional
        None means those of `MODELS` whose flags exist.
    flags : mapping of flag to bool array of shape (n,)
    n : int
        Number of test images.

    Raises
    ------
    UserError
        If a wanted model uses an unknown flag, puts all images on one side, or has an RDM
        that is a sum of those before it, so that their weights are not unique.
    """
    first, second = rdm.pairs(n)
    names: list[str] = []
    left_out: list[str] = []
    columns = [np.ones(rdm.n_pairs(n))]
    for name, expression in (MODELS if wanted is None else wanted).items():
        try:
            inside = categories.members(expression, flags, name)
            column = (inside[first] != inside[second]).astype(np.float64)
            _refuse_what_adds_nothing(name, expression, columns, column)
        except UserError as error:
            if wanted is not None:
                raise
            left_out.append(str(error))
            continue
        names.append(name)
        columns.append(column)
    return Models(tuple(names), np.array(columns)[1:], tuple(left_out))


def fit(models: Floats, dissimilarities: ArrayLike) -> tuple[Floats, Floats, float]:
    """Weights of the models and a constant, by non-negative least squares.

    Parameters
    ----------
    models : float64 array of shape (n_models, n_pairs)
    dissimilarities : array of shape (n_pairs,)

    Returns
    -------
    weights : float64 array of shape (n_models + 1,)
        In the unit of the RDM, the last that of the constant: by how much two images are more
        dissimilar if they differ in the feature.
    unique : float64 array of shape (n_models,)
        How much R² falls if the model is left out and the others are fitted again.
    explained : float
        R², the share of the variance of dissimilarities over pairs.
    """
    regression = _Regression(models)
    return regression.fit(np.asarray(dissimilarities, dtype=np.float64))


def table(series: Sequence[Series], models: Models) -> pd.DataFrame:
    """Fit of every state.

    Returns
    -------
    DataFrame with the columns `TABLE`
        A row for each model, and one for the constant, `CONSTANT`, without ``unique``.
        ``explained`` is that of all models together.

    Raises
    ------
    ConstantRDMError
        If all dissimilarities of an RDM are equal: there is no variance to explain.
    """
    regression = _Regression(models.rdms)
    rows = []
    for each in series:
        for epoch in each.epoch:
            where = f"{each.layer} at epoch {epoch:g} ({each.condition} seed {each.seed})"
            dissimilarities = similarity.checked(each.at(epoch)[None], "pearson", [where])[0]
            weights, unique, explained = regression.fit(dissimilarities)
            rows += [
                (each.condition, each.seed, each.layer, epoch, name, weight, own, explained)
                for name, weight, own in zip(
                    (*models.names, CONSTANT), weights, (*unique, np.nan), strict=True
                )
            ]
    return pd.DataFrame(rows, columns=list(TABLE))


class _Regression:
    """Regression of RDMs on the same models.

    With A = QR, |Ax - b|² is |Rx - Q'b|² plus what no x changes: a product with Q' makes a problem
    of a few numbers out of one of millions of pairs.
    """

    def __init__(self, models: Floats) -> None:
        n_models = len(models)
        self._models = np.vstack([models, np.ones((1, models.shape[1]))])
        self._q, self._r = np.linalg.qr(self._models.T)
        everything = list(range(n_models + 1))
        self._without = [[i for i in everything if i != model] for model in range(n_models)]
        self._all = everything

    def fit(self, dissimilarities: Floats) -> tuple[Floats, Floats, float]:
        from scipy import optimize  # slow to import, seldom needed

        projected = self._q.T @ dissimilarities
        total = float(np.sum((dissimilarities - dissimilarities.mean()) ** 2))

        def solved(kept: list[int]) -> tuple[Floats, float]:
            weights = optimize.nnls(self._r[:, kept], projected)[0]
            residual = dissimilarities - weights @ self._models[kept]
            return weights, 1 - float(residual @ residual) / total

        weights, explained = solved(self._all)
        unique = [explained - solved(kept)[1] for kept in self._without]
        return weights, np.array(unique, dtype=np.float64), explained


def _refuse_what_adds_nothing(
    name: str, expression: str, columns: Sequence[Floats], column: Floats
) -> None:
    if not column.any():
        raise UserError(
            f"Model {name!r} ({expression!r}) puts all test images on one side: change its"
            " expression, or leave it out."
        )
    together = np.array([*columns, column])
    # Of zeros and ones, so that the small matrix of products has the same rank, and exactly.
    if np.linalg.matrix_rank(together @ together.T) == len(columns):
        raise UserError(
            f"Model {name!r} ({expression!r}) distinguishes no pairs of test images that the models"
            " before it do not, so that the weights are not unique: leave it out."
        )
