"""Dimension of a representation, and similarity of two by CKA, from their RDMs alone.

For RDMs of correlation distance, 1 - RDM is the Gram matrix of the activation patterns, each
standardised over units to mean 0 and length 1. Centred over images, it is

    K = H (1 - RDM) H = -H RDM H,   H = I - 11'/n,

and its eigenvalues are the variances of the cloud of patterns along its principal axes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.dimension import CKA, DIMENSION
from trajectories.errors import UserError
from trajectories.rdms import rdm
from trajectories.statistics import states
from trajectories.statistics.states import BLOCK, Series
from trajectories.statistics.thinning import thin

# Checkpoints of an instance in the table of CKA.
MOST_CHECKPOINTS = 50

Floats = NDArray[np.float64]


def tabulate(trajectories: Sequence[Path]) -> Sequence[pd.DataFrame]:
    """The tables of a study, from the trajectory.h5 of its instances."""
    with states.opened(trajectories, most_states=None) as series:
        return tables(series, series[0].n_stimuli)


def gram_products(
    series: Series,
    n_stimuli: int,
    block: int = BLOCK,
    paired: NDArray[np.intp] | None = None,
) -> tuple[Floats, Floats]:
    """Traces of the centred Gram matrices of all checkpoints, and their inner products.

    In two passes over blocks of pairs of images: means of rows, then products. No Gram matrix is
    ever in memory as a whole.

    Parameters
    ----------
    series : Series
    n_stimuli : int
    block : int
        Dissimilarities to hold at once.
    paired : int array, optional
        The checkpoints whose pairs are wanted; by default all.

    Returns
    -------
    traces : float64 array of shape (n_checkpoints,)
        tr K, the total variance.
    products : float64 array of shape (n_checkpoints, n_checkpoints)
        tr KK', of each pair of checkpoints; NaN off the diagonal where it is not wanted.

    Raises
    ------
    UserError
        If a dissimilarity is not a finite number, or all are 0.
    """
    n_checkpoints = len(series.epoch)
    first, second = rdm.pairs(n_stimuli)
    width = max(1, block // (4 * n_checkpoints))
    blocks = [slice(start, start + width) for start in range(0, len(first), width)]

    row_means = np.zeros((n_checkpoints, n_stimuli))
    for columns in blocks:
        for total, values in zip(row_means, series.read(columns), strict=True):
            total += np.bincount(first[columns], values, n_stimuli)
            total += np.bincount(second[columns], values, n_stimuli)
    row_means /= n_stimuli
    mean = row_means.mean(axis=1, keepdims=True)
    _refuse_without_variance(series, mean[:, 0])

    diagonal = 2 * row_means - mean
    chosen = np.arange(n_checkpoints) if paired is None else paired
    every = len(chosen) == n_checkpoints
    part = diagonal if every else diagonal[chosen]
    products = part @ part.T
    squares = np.einsum("cs,cs->c", diagonal, diagonal)
    for columns in blocks:
        off_diagonal = row_means[:, first[columns]] + row_means[:, second[columns]] - mean
        off_diagonal -= series.read(columns)
        part = off_diagonal if every else off_diagonal[chosen]
        products += 2 * (part @ part.T)
        if not every:
            squares += 2 * np.einsum("cp,cp->c", off_diagonal, off_diagonal)
    if every:
        return diagonal.sum(axis=1), products
    sparse = np.full((n_checkpoints, n_checkpoints), np.nan)
    np.fill_diagonal(sparse, squares)
    sparse[np.ix_(chosen, chosen)] = products
    return diagonal.sum(axis=1), sparse


def participation_ratio(traces: Floats, products: Floats) -> Floats:
    """Effective number of dimensions: (sum of eigenvalues)² / sum of squared eigenvalues.

    Gao et al. (2017), bioRxiv 214262. From 1, where all variance is on one axis, to
    n_stimuli - 1, where it is the same on all.

    Parameters
    ----------
    traces, products
        As `gram_products` gives them.

    Returns
    -------
    float64 array of shape (n_checkpoints,)
    """
    ratio: Floats = traces**2 / np.diag(products)
    return ratio


def linear_cka(products: Floats) -> Floats:
    """Linear centred kernel alignment: Kornblith et al. (2019), ICML, PMLR 97.

    tr KL / sqrt(tr KK tr LL), of patterns that are standardised over units as in the RDM.

    Parameters
    ----------
    products
        As `gram_products` gives them.

    Returns
    -------
    float64 array of shape (n_checkpoints, n_checkpoints)
        In [0, 1], 1 on the diagonal.
    """
    length = np.sqrt(np.diag(products))
    cka: Floats = np.clip(products / length / length[:, None], 0, 1)
    np.fill_diagonal(cka, 1)
    return cka


def tables(series: Sequence[Series], n_stimuli: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Dimension of every state, and CKA between the checkpoints of an instance.

    Returns
    -------
    dimension : DataFrame with the columns `DIMENSION`
    cka : DataFrame with the columns `CKA`
        Mean and SD (n - 1; NaN for one) over instances, for each condition and layer. Series of
        more than `MOST_CHECKPOINTS` are thinned by `states.thin`.
    """
    dimensions, alignments = [], []
    for each in series:
        kept = thin(each.epoch, MOST_CHECKPOINTS)
        traces, products = gram_products(each, n_stimuli, paired=kept)
        who = {"condition": each.condition, "seed": each.seed, "layer": each.layer}
        ratio = participation_ratio(traces, products)
        dimensions.append(pd.DataFrame({**who, "epoch": each.epoch, "participation_ratio": ratio}))
        alignments.append(
            pd.DataFrame(
                {
                    **who,
                    "epoch": np.repeat(each.epoch[kept], len(kept)),
                    "other_epoch": np.tile(each.epoch[kept], len(kept)),
                    "cka": linear_cka(products[np.ix_(kept, kept)]).ravel(),
                }
            )
        )
    dimension = pd.concat(dimensions, ignore_index=True)[list(DIMENSION)]
    by_pair = pd.concat(alignments, ignore_index=True).groupby(
        ["condition", "layer", "epoch", "other_epoch"], sort=False
    )
    cka = by_pair["cka"].agg(mean="mean", sd="std", n="count").reset_index()
    return dimension, cka[list(CKA)]


def _refuse_without_variance(series: Series, mean: Floats) -> None:
    for fault, found in (("not all finite numbers", ~np.isfinite(mean)), ("all 0", mean == 0)):
        if found.any():
            raise UserError(
                f"The dissimilarities of {series.layer} at epoch {series.epoch[found][0]:g}"
                f" ({series.condition} seed {series.seed}) are {fault}: leave this checkpoint out."
            )
