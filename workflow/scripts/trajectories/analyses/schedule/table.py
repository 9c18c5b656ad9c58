"""Tables of the schedule's role: RDM change per epoch, per learning rate, per weight displacement.

A learning rate that goes to 0 settles any representation. Change per unit of summed learning rate
removes this as far as steps are proportional to the rate, change per unit of weight displacement
as far as RDMs follow weights; a condition with a constant rate needs no such correction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.schedule import SCHEDULE, SUMMARY
from trajectories.errors import UserError
from trajectories.plotting import figure_data
from trajectories.statistics import condition_curves, crossed_bootstrap, pace
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.storage.columns import DISPLACEMENT
from trajectories.storage.tables import read_columns

Array = NDArray[np.float64]

MEASURES = {
    "learning_rate": "mean learning rate of the step's epochs",
    "displacement": "relative displacement of the weights per epoch",
    "change": "angle between consecutive RDMs per epoch, radians",
    "change_per_rate": "that angle per unit of summed learning rate, radians",
    "change_per_displacement": "that angle per unit of displacement, radians",
}


def tabulate(
    resamples: Sequence[Path],
    recipes: Sequence[Path],
    displacements: Sequence[Path],
    histories: Sequence[Path],
    confidence: float,
) -> list[pd.DataFrame]:
    """The tables of a study, from files of its instances; histories of those that were trained."""
    moved = pd.concat([read_columns(path, DISPLACEMENT) for path in displacements])
    known = figure_data.read_histories(histories)

    def of_condition(curves: ConditionCurves) -> tuple[pd.DataFrame, pd.DataFrame]:
        rates = pace.learning_rates(known, curves.condition)
        return tables(curves, rates, moved[moved["condition"] == curves.condition], confidence)

    return condition_curves.tabulated(resamples, recipes, of_condition)


def tables(
    curves: ConditionCurves,
    rates: Mapping[float, float] | None,
    displacement: pd.DataFrame,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pace of each step, and how many times as fast the first is as the last quarter.

    Parameters
    ----------
    curves : ConditionCurves
    rates : mapping of epoch to learning rate, or None
        None where it is not known: what is per learning rate is then left out.
    displacement : DataFrame
        Columns `columns.DISPLACEMENT`, of all instances of the condition.
    confidence : float
        Of the intervals, which are over instances and images.

    Returns
    -------
    DataFrames with the columns of `SCHEDULE` and `SUMMARY`
        ``value`` is the geometric mean over instances of one of `MEASURES`. ``estimate`` is the
        fall of one of them, first step / last quarter of steps, as a ratio (``fall_<measure>``);
        or ``share_of_rate``, log fall of the rate / log fall of the change. They are missing for
        fewer than `pace.LEAST_STEPS` steps or steps of unequal length, the limits of displacement
        for a single instance, and those of ``share_of_rate`` where the change may not have fallen.

    Raises
    ------
    UserError
        If the instances have no step in common, or one has no displacement of a step.
    """
    if not len(curves.step):
        raise UserError(
            f"The instances of {curves.condition} have no two whole epochs in common: give"
            " checkpoints of the same epochs."
        )
    comparable = len(curves.step) >= pace.LEAST_STEPS and not np.ptp(np.diff(curves.step))
    rows, falls = [], []
    for layer in curves.layers:
        for measure, amount, unit in _measured(curves, layer, rates, displacement):
            with np.errstate(divide="ignore"):
                # Identical RDMs have no logarithm of their change, and are left out.
                found = _interval(np.log10(amount / unit), curves, confidence, measure)
            rows.append(_rows(curves, layer, measure, found))
            fall = pace.log10_fall(amount, unit)
            if not comparable:
                fall = np.full_like(fall, np.nan)
            falls.append((layer, measure, _interval(fall, curves, confidence, measure)))
    return pd.concat(rows, ignore_index=True)[list(SCHEDULE)], _summary(curves.condition, falls)


def _measured(
    curves: ConditionCurves,
    layer: str,
    rates: Mapping[float, float] | None,
    displacement: pd.DataFrame,
) -> Iterator[tuple[str, Array, Array]]:
    """Measure, what happened in each step (n_instances, n_rows, n_steps), and per what."""
    length = np.diff(curves.step, axis=1).ravel()
    angle = curves.angle(layer)
    rate = pace.summed(rates, curves.step)
    known = bool(np.all(rate > 0))
    moved = np.broadcast_to(_displaced(curves, layer, displacement)[:, None], angle.shape)
    if known:
        yield "learning_rate", np.broadcast_to(rate, angle.shape), length
    yield "displacement", moved, length
    yield "change", angle, length
    if known:
        yield "change_per_rate", angle, rate
    yield "change_per_displacement", angle, moved


def _displaced(curves: ConditionCurves, layer: str, displacement: pd.DataFrame) -> Array:
    """Displacement of each instance in each step, (n_instances, n_steps)."""
    of_layer = displacement[displacement["layer"] == layer]
    known = {
        (int(seed), float(epoch), float(next_epoch)): float(value)
        for seed, epoch, next_epoch, value in of_layer[
            ["seed", "epoch", "next_epoch", "displacement"]
        ].itertuples(index=False)
    }
    rows = []
    for each in curves.instances:
        seed = int(each.attributes["seed"])
        steps = [(seed, float(start), float(stop)) for start, stop in curves.step]
        for _, start, stop in (step for step in steps if step not in known):
            raise UserError(
                f"{curves.condition} seed {seed} has no displacement of {layer} from epoch"
                f" {start:g} to {stop:g}: make its displacement.csv again."
            )
        rows.append([known[step] for step in steps])
    return np.array(rows, dtype=np.float64)


def _interval(
    values: Array, curves: ConditionCurves, confidence: float, measure: str
) -> crossed_bootstrap.Interval:
    found = crossed_bootstrap.interval(values, confidence, curves.n_stimuli)
    if measure != "displacement" or len(curves.instances) > 1:
        return found
    # Weights do not depend on test images: one instance alone has no interval at all.
    nothing = np.full_like(found.low, np.nan)
    return replace(found, low=nothing, high=nothing)


def _rows(
    curves: ConditionCurves, layer: str, measure: str, found: crossed_bootstrap.Interval
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "condition": curves.condition,
            "layer": layer,
            "epoch": curves.step[:, 0],
            "next_epoch": curves.step[:, 1],
            "measure": measure,
            "value": 10**found.estimate,
            "low": 10**found.low,
            "high": 10**found.high,
            "n_seeds": found.n_instances,
        }
    )


def _summary(
    condition: str, falls: list[tuple[str, str, crossed_bootstrap.Interval]]
) -> pd.DataFrame:
    rows = []
    known = {(layer, measure): fall for layer, measure, fall in falls}
    for layer, measure, fall in falls:
        limits = (float(10**each) for each in (fall.estimate, fall.low, fall.high))
        rows.append((condition, layer, f"fall_{measure}", *limits, int(fall.n_instances)))
        if measure == "change_per_rate":
            change, rate = known[layer, "change"], float(known[layer, "learning_rate"].estimate)
            bounds = [rate / float(each) for each in (change.low, change.high)]
            # Where the change may not have fallen, any share may be the rate's.
            low, high = sorted(bounds) if change.low > 0 else (np.nan, np.nan)
            share = rate / float(change.estimate) if change.estimate > 0 else np.nan
            n = int(change.n_instances)
            rows.append((condition, layer, "share_of_rate", share, low, high, n))
    return pd.DataFrame(rows, columns=list(SUMMARY))
