"""The geometry of learning: how similar states are to each other, and the path they take.

A state is the RDM of a layer of a network instance at a checkpoint. States are compared by
Pearson's r over pairs of test images. As sqrt(2 (1 - r)) is the Euclidean distance of RDMs that are
standardised to mean 0 and length 1, all states have places in one common space.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from trajectories.analyses.geometry import AXES, PATH, SIMILARITY, TO_FINAL
from trajectories.statistics import states as all_states
from trajectories.statistics import times
from trajectories.statistics.states import Series, correlations
from trajectories.storage import hdf5
from trajectories.storage.columns import IDENTITY

Floats = NDArray[np.float64]


def tabulate(
    trajectories: Sequence[Path],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, Callable[[Path], None]]:
    """The tables of a study, from the trajectory.h5 of its instances, and what writes geometry.h5.

    Returns
    -------
    `mean_similarity`, `to_final`, both of `path`, and `write` of the states and their similarity
    """
    with all_states.opened(trajectories) as series:
        compared = all_states.identity(series)
        correlation = correlations(series)
    with all_states.opened(trajectories, most_states=None) as series:
        final = to_final(series)
    return (
        mean_similarity(compared, correlation),
        final,
        *path(compared, correlation),
        lambda target: write(target, compared, correlation),
    )


def classical_scaling(squared_distances: ArrayLike, n_axes: int = 3) -> tuple[Floats, Floats]:
    """Places of points from their distances, by classical multidimensional scaling.

    Eigenvectors of the double-centred matrix -D²/2, scaled by the root of their eigenvalues:
    Torgerson (1952), Psychometrika 17, 401-419. For Euclidean distances these are the principal
    components of the points.

    Parameters
    ----------
    squared_distances : array of shape (n_points, n_points)
        Symmetric, 0 on the diagonal.
    n_axes : int

    Returns
    -------
    places : float64 array of shape (n_points, n_axes)
        In the unit of the distances, centred, axes by falling variance; 0 on axes that do
        not exist. The sign of an axis is not determined: see `oriented`.
    share : float64 array of shape (n_axes,)
        Share of the variance of all points on each axis, in [0, 1]. Negative eigenvalues, which
        only distances that are not Euclidean have, count as 0.
    """
    squared = np.asarray(squared_distances, dtype=np.float64)
    inner = -0.5 * (
        squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    )
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    places, share = np.zeros((len(squared), n_axes)), np.zeros(n_axes)
    n_found = min(n_axes, len(values))
    places[:, :n_found] = (vectors * np.sqrt(values))[:, :n_found]
    if values.sum() > 0:
        share[:n_found] = (values / values.sum())[:n_found]
    return places, share


def oriented(places: Floats, first: ArrayLike, last: ArrayLike) -> Floats:
    """Choose the sign of each axis so that learning, on average, moves up on it.

    Parameters
    ----------
    places : float64 array of shape (n_points, n_axes)
    first, last : int arrays of shape (n_series,)
        First and last point of each series.

    Returns
    -------
    float64 array of shape (n_points, n_axes)
        The mean of last - first is positive on each axis. Where it is 0 (to rounding), the place
        farthest from 0 is positive, the first of equals.
    """
    way = (places[np.asarray(last)] - places[np.asarray(first)]).mean(axis=0)
    farthest = places[np.abs(places).argmax(axis=0), np.arange(places.shape[1])]
    towards = np.where(np.abs(way) > 1e-9 * np.abs(farthest), way, farthest)
    turned: Floats = places * np.where(towards < 0, -1.0, 1.0)
    return turned


def path(states: pd.DataFrame, correlation: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places of all states in one space, three axes of it.

    Parameters
    ----------
    states : DataFrame
        Columns `columns.IDENTITY`; epochs of a series increase.
    correlation : float64 array of shape (n_states, n_states)
        Their Pearson correlations.

    Returns
    -------
    places : DataFrame with the columns `PATH`
        ``x, y, z`` in units of sqrt(2 (1 - r)): at most 2 apart; 1.41 for uncorrelated RDMs.
    axes : DataFrame with the columns `PATH_AXES`
        Share of the variance of all states on each axis.
    """
    places, share = classical_scaling(2 * (1 - correlation), len(AXES))
    place = states.reset_index(drop=True).reset_index()
    ends = place.groupby(["condition", "seed", "layer"], sort=False)["index"]
    places = oriented(places, ends.first().to_numpy(), ends.last().to_numpy())
    table = states.reset_index(drop=True).assign(**dict(zip(AXES, places.T, strict=True)))
    return table[list(PATH)], pd.DataFrame({"axis": AXES, "share": share})


def mean_similarity(states: pd.DataFrame, correlation: Floats) -> pd.DataFrame:
    """Mean similarity of all pairs of checkpoints and layers, within and between instances.

    Parameters
    ----------
    states : DataFrame
        Columns `columns.IDENTITY`.
    correlation : float64 array of shape (n_states, n_states)

    Returns
    -------
    DataFrame with the columns `SIMILARITY`
        Of each condition. Where ``instances`` is "same", a value per instance is averaged: its
        state at ``epoch`` in ``layer`` against its own at ``other_epoch`` in ``other_layer``.
        Where it is "different", the value of an instance is the mean over the states of all
        others. ``n`` is the number of instances; ``sd`` has n - 1 in the denominator and is NaN
        for one.
    """
    parts = []
    for condition in states["condition"].unique():
        of_condition = (states["condition"] == condition).to_numpy()
        layers = states.loc[of_condition, "layer"].unique()
        for layer in layers:
            for other in layers:
                part = _of_layers(
                    states,
                    correlation,
                    of_condition & (states["layer"] == layer).to_numpy(),
                    of_condition & (states["layer"] == other).to_numpy(),
                )
                parts.append(part.assign(condition=condition, layer=layer, other_layer=other))
    return pd.concat(parts, ignore_index=True)[list(SIMILARITY)]


def to_final(series: Sequence[Series]) -> pd.DataFrame:
    """Similarity of each state to the final state of the same instance and layer.

    Returns
    -------
    DataFrame with the columns `TO_FINAL`
        ``similarity`` is Pearson's r; ``progress`` is its share of the change from the first state
        to the last, `times.share_of_change`: 0 at the first checkpoint, 1 at the last, NaN
        where both are the same.
    """
    parts = []
    for each in series:
        r = correlations([each])[:, -1]
        parts.append(
            pd.DataFrame(
                {
                    "condition": each.condition,
                    "seed": each.seed,
                    "layer": each.layer,
                    "epoch": each.epoch,
                    "similarity": r,
                    "progress": times.share_of_change(r),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(TO_FINAL)]


def write(path: Path, states: pd.DataFrame, correlation: Floats) -> None:
    """Write `geometry.h5`: the similarity matrix, and which state each of its rows is."""
    with hdf5.written(path) as file:
        file.attrs["measure"] = "Pearson correlation of RDMs"
        matrix = file.create_dataset("similarity", data=correlation, compression="gzip")
        matrix.attrs["axes"] = "state, state"
        for name in ("condition", "layer"):
            hdf5.write_strings(file, name, states[name].tolist())
        file.create_dataset("seed", data=states["seed"].to_numpy(np.int64))
        file.create_dataset("epoch", data=states["epoch"].to_numpy(np.float64))
        for name in IDENTITY:
            file[name].attrs["axes"] = "state"


def _of_layers(
    states: pd.DataFrame, correlation: Floats, rows: NDArray[np.bool_], columns: NDArray[np.bool_]
) -> pd.DataFrame:
    """Means over instances for one layer (rows) against one layer (columns) of a condition."""
    seeds, epochs = (np.unique(states.loc[rows | columns, name]) for name in ("seed", "epoch"))
    values = np.full((len(seeds), len(epochs), len(seeds), len(epochs)), np.nan)
    place = {
        name: (
            np.searchsorted(seeds, states.loc[chosen, "seed"]),
            np.searchsorted(epochs, states.loc[chosen, "epoch"]),
        )
        for name, chosen in (("row", rows), ("column", columns))
    }
    seed, epoch = (each[:, None] for each in place["row"])
    values[seed, epoch, *place["column"]] = correlation[np.ix_(rows, columns)]
    own = np.arange(len(seeds))
    # (instance, epoch, other epoch)
    same = values[own, :, own]
    values[own, :, own] = np.nan
    parts = []
    for name, by_instance in (("same", same), ("different", _mean(values, axis=2))):
        n = np.isfinite(by_instance).sum(axis=0)
        mean = _mean(by_instance, axis=0)
        squares = np.nansum((by_instance - mean) ** 2, axis=0)
        sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
        at, other = np.nonzero(n)
        parts.append(
            pd.DataFrame(
                {
                    "epoch": epochs[at],
                    "other_epoch": epochs[other],
                    "instances": name,
                    "mean": mean[at, other],
                    "sd": sd[at, other],
                    "n": n[at, other],
                }
            )
        )
    return pd.concat([part for part in parts if len(part)])


def _mean(values: Floats, axis: int) -> Floats:
    """Mean of the known values along an axis; NaN where there are none."""
    known = np.isfinite(values).sum(axis=axis)
    mean: Floats = np.nansum(values, axis=axis) / np.where(known, known, np.nan)
    return mean
