"""Tables of the speed at which layers approach their final RDM, without amplitude and noise.

The last checkpoint equals itself whatever the noise, and all others are less similar to it by as
much as there is noise. So the curves exclude it: their level late in training, before
the last checkpoint, is what they approach.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.speed import CHANGE, LEVELS, PROGRESS, SPEED, SUMMARY, TIMES
from trajectories.statistics import condition_curves, crossed_bootstrap, times
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.times import Exponential

Array = NDArray[np.float64]


def tabulate(
    resamples: Sequence[Path], recipes: Sequence[Path], confidence: float
) -> list[pd.DataFrame]:
    """The tables of a study, from the resamples.h5 of its instances."""
    return condition_curves.tabulated(resamples, recipes, lambda curves: tables(curves, confidence))


def statistics(curves: ConditionCurves, layer: str) -> dict[str, Array]:
    """Times of a layer for every instance and resample, each (n_instances, n_rows).

    Returns
    -------
    dict with the keys
        ``t50``, ``t90``: epochs at which the similarity to the last RDM reaches 50% and 90% of
        its change to its late level (`ConditionCurves.reached`).
        ``tau``, ``amplitude``, ``plateau``, ``fit_r2``: s(t) = plateau − amplitude · exp(−2t/τ),
        fitted by least squares (`times.exponential`). One minus a similarity is half the squared
        distance of standardised RDMs: where that distance decays with τ, the similarity does with
        τ/2, and τ is the time constant of the RDM itself.
        All are NaN where the similarity ends no higher than it began: nothing approaches.
    """
    similarity, epoch = _before_last(curves, layer)
    fit = times.exponential(similarity, epoch)
    found = {
        **{name: curves.reached(layer, level)[0] for name, level in LEVELS.items()},
        "tau": 2 * fit.tau,
        "amplitude": fit.amplitude,
        "plateau": fit.plateau,
        "fit_r2": fit.r2,
    }
    approaches = _late_level(similarity, epoch) > similarity[..., 0]
    # An exponential may fall where the late level is above the first checkpoint by noise alone.
    fitted = approaches & (fit.amplitude > 0)
    return {
        name: np.where(approaches if name in LEVELS else fitted, values, np.nan)
        for name, values in found.items()
    }


def brackets(curves: ConditionCurves, layer: str) -> dict[str, tuple[Array, Array]]:
    """Checkpoints between which each instance reaches a level: all that is known of the time.

    Returns
    -------
    dict of ``t50``, ``t90`` to (earliest, latest), each (n_instances,)
        Epochs; NaN where there is no time, as in `statistics`.
    """
    found = {name: curves.reached(layer, level)[1:] for name, level in LEVELS.items()}
    return {name: (before[:, 0], after[:, 0]) for name, (before, after) in found.items()}


def tables(
    curves: ConditionCurves, confidence: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Speed of every instance, its summary, progress, and change from epoch to epoch.

    Parameters
    ----------
    curves : ConditionCurves
    confidence : float
        Of the intervals, which are over instances and images.

    Returns
    -------
    DataFrames with the columns of `SPEED`, `SUMMARY`, `PROGRESS` and `CHANGE`
        Times are in epochs, all else is dimensionless. ``estimate``, ``progress`` and
        ``log10_change`` are means over instances with their interval over instances and images;
        ``fit`` is the mean of the fitted exponentials, in units of ``progress``. A row with
        ``other_layer`` has the difference layer − other layer, paired by instance and resample.
        ``earliest`` and ``latest`` bound the mean whatever curves do between checkpoints, where
        ``estimate`` assumes straight lines; missing for ``tau``.
        ``n_seeds`` counts the instances that have a value; where none has, a value is missing.
    """
    found = {layer: statistics(curves, layer) for layer in curves.layers}
    seeds = [int(each.attributes["seed"]) for each in curves.instances]
    speed = [
        pd.DataFrame(
            {
                "condition": curves.condition,
                "seed": seeds,
                "layer": layer,
                **{name: values[:, 0] for name, values in of_layer.items()},
            }
        )
        for layer, of_layer in found.items()
    ]
    progress = [_progress(curves, layer, of_layer, confidence) for layer, of_layer in found.items()]
    change = [_change(curves, layer, confidence) for layer in curves.layers]
    return (
        pd.concat(speed, ignore_index=True)[list(SPEED)],
        _summary(curves, found, confidence),
        pd.concat(progress, ignore_index=True)[list(PROGRESS)],
        pd.concat(change, ignore_index=True)[list(CHANGE)],
    )


def _summary(
    curves: ConditionCurves, found: Mapping[str, Mapping[str, Array]], confidence: float
) -> pd.DataFrame:
    around = {layer: brackets(curves, layer) for layer in found}
    rows = []
    for layer, other in [*((layer, "") for layer in found), *combinations(found, 2)]:
        for name in TIMES:
            values, bounds = found[layer][name], around[layer].get(name)
            if other:
                values = values - found[other][name]
            if bounds and other:
                before, after = around[other][name]
                bounds = (bounds[0] - after, bounds[1] - before)
            each = crossed_bootstrap.interval(values, confidence, curves.n_stimuli)
            limits = (float(each.estimate), float(each.low), float(each.high))
            bounded = [_mean_of_known(part) for part in bounds] if bounds else [np.nan, np.nan]
            n_seeds = int(each.n_instances)
            rows.append((curves.condition, layer, other, name, *limits, *bounded, n_seeds))
    return pd.DataFrame(rows, columns=list(SUMMARY))


def _progress(
    curves: ConditionCurves, layer: str, found: Mapping[str, Array], confidence: float
) -> pd.DataFrame:
    similarity, epoch = _before_last(curves, layer)
    way = crossed_bootstrap.interval(curves.progress(layer), confidence, curves.n_stimuli)
    return pd.DataFrame(
        {
            "condition": curves.condition,
            "layer": layer,
            "epoch": epoch,
            "progress": way.estimate,
            "low": way.low,
            "high": way.high,
            "fit": _mean_fit(similarity[:, 0], epoch, found),
            "n_seeds": way.n_instances,
        }
    )


def _mean_fit(similarity: Array, epoch: Array, found: Mapping[str, Array]) -> Array:
    """Mean over instances of the fits to the data, as shares of each instance's change."""
    tau, *others = (found[name][:, 0] for name in ("tau", "amplitude", "plateau", "fit_r2"))
    fit = Exponential(tau / 2, *others)
    first = similarity[:, :1]
    share = (fit.at(epoch - epoch[0]) - first) / (_late_level(similarity, epoch)[:, None] - first)
    known = share[np.isfinite(share).all(axis=1)]
    return known.mean(axis=0) if len(known) else np.full(len(epoch), np.nan)


def _mean_of_known(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else np.nan


def _change(curves: ConditionCurves, layer: str, confidence: float) -> pd.DataFrame:
    # Identical RDMs have no logarithm of their change, and are left out.
    with np.errstate(divide="ignore"):
        logarithm = np.log10(curves.change(layer))
    found = crossed_bootstrap.interval(logarithm, confidence, curves.n_stimuli)
    return pd.DataFrame(
        {
            "condition": curves.condition,
            "layer": layer,
            "epoch": curves.step[:, 0],
            "next_epoch": curves.step[:, 1],
            "log10_change": found.estimate,
            "low": found.low,
            "high": found.high,
            "n_seeds": found.n_instances,
        }
    )


def _before_last(curves: ConditionCurves, layer: str) -> tuple[Array, Array]:
    epoch = curves.before_last
    return curves.to_final(layer)[..., : len(epoch)], epoch


def _late_level(similarity: Array, epoch: Array) -> Array:
    level: Array = similarity[..., times.late(epoch)].mean(axis=-1)
    return level
