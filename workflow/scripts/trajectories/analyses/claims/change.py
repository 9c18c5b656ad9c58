"""Statements on change from epoch to epoch: rapid at first, and less in the early layer."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trajectories.analyses.claims.trend import over, trend, trend_bounds
from trajectories.statistics import pace
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.verdicts.statement import Asked, Rules, Statement

Array = NDArray[np.float64]
LEVELS = (0.5, 0.9)


def untrained_missing(curves: ConditionCurves) -> str:
    """Why there is nothing to say of the untrained network."""
    if curves.dropped:
        return (
            "with running statistics of batch normalisation, which no image has set at epoch 0,"
            " the untrained network cannot be compared"
        )
    return "there is no RDM of the untrained network"


def rapid_change(curves: ConditionCurves, rules: Rules) -> list[Asked]:
    """An early epoch changes the RDM more than a late one.

    The paper's Figure 1 begins at epoch 1, so its claim is about the steps from there; the step
    from the untrained network is a statement of its own.
    """
    found = []
    lengths = np.diff(curves.step, axis=1).ravel()
    untrained = [place for place, step in enumerate(curves.step) if step[0] == 0][:1]
    first = [place for place, step in enumerate(curves.step) if step[0] > 0][:1]
    for layer in curves.layers:
        for steps, kind in ((untrained, "untrained"), (first, "first")):
            start, stop = (
                curves.step[steps[0]] if steps else (0, 1) if steps is untrained else (1, 2)
            )
            what = "the untrained network" if kind == "untrained" else f"epoch {start:g}"
            statement = Statement(
                "rapid_change",
                f"{layer}: the RDM changes more from {what} to epoch {stop:g} than in an epoch of"
                " the last quarter",
                f"In {layer} the RDM changes {{}} times as much from {what} to epoch {stop:g} as in"
                " an epoch of the last quarter",
                f"1 − similarity of consecutive RDMs, {what} to epoch {stop:g} / mean of the last"
                " quarter",
                "ratio",
                np.log10(rules.factor),
                ratio=True,
            )
            if not steps:
                lacks = "there is no such step"
                reason = untrained_missing(curves) if kind == "untrained" else lacks
            elif len(lengths) < pace.LEAST_STEPS:
                reason = "there are fewer than four steps between whole epochs"
            elif np.ptp(lengths):
                reason = "steps between checkpoints differ in length"
            else:
                fall = pace.log10_fall(np.maximum(curves.change(layer), 0), lengths, steps[0])
                found.append(Asked(statement, fall, curves.n_stimuli))
                continue
            found.append(Asked(statement, None, reason=reason))
    return found


def per_rate(
    curves: ConditionCurves, rates: Mapping[float, float] | None, rules: Rules
) -> list[Asked]:
    """The same per unit of learning rate, from the first step that can be compared.

    The ratio is of angles between RDMs, arccos r: where steps are proportional to the rate, angles
    are too, and 1 − r goes with its square.
    """
    found = []
    for layer in curves.layers:
        statement = Statement(
            "per_rate",
            f"{layer}: per unit of learning rate the first step moves the RDM farther than the last"
            " quarter does",
            f"In {layer} the first step moves the RDM {{}} times as far per unit of learning rate"
            " as the last quarter does",
            "arccos(similarity of consecutive RDMs) per summed learning rate, first step / last"
            " quarter",
            "ratio",
            np.log10(rules.factor),
            ratio=True,
        )
        rate = pace.summed(rates, curves.step)
        if len(curves.step) < pace.LEAST_STEPS:
            reason = "there are fewer than four steps between whole epochs"
        elif not np.all(rate[pace.last_quarter(len(rate))] > 0) or not rate[0] > 0:
            reason = "learning rates of these epochs are not known"
        else:
            fall = pace.log10_fall(curves.angle(layer), rate)
            found.append(Asked(statement, fall, curves.n_stimuli))
            continue
        found.append(Asked(statement, None, reason=reason))
    return found


def early_layer_first(curves: ConditionCurves, rules: Rules) -> list[Asked]:
    """Early layers settle before late ones, and change less from epoch to epoch."""
    early, late, trended = curves.layers[0], curves.layers[-1], over(curves.layers)
    statements = [
        Statement(
            "early_layer_first",
            f"{early} reaches {level:.0%} of its trajectory before {late} does{trended}",
            f"{late} takes {{}} times as long as {early} to reach {level:.0%} of its"
            f" trajectory{trended}",
            f"epoch at {level:.0%} of the trajectory to the last RDM, {late} / {early}{trended}",
            "ratio",
            np.log10(rules.time),
            ratio=True,
        )
        for level in LEVELS
    ]
    steps = Statement(
        "early_layer_first",
        f"{late} changes more than {early} from one epoch to the next{trended}",
        f"{late} changes {{}} times as much as {early} from one epoch to the next{trended}",
        f"1 − similarity of consecutive RDMs, {late} / {early}, geometric mean over steps{trended}",
        "ratio",
        np.log10(rules.factor),
        ratio=True,
    )
    if early == late:
        reason = "there is only one layer"
        return [Asked(each, None, reason=reason) for each in (*statements, steps)]
    found = []
    for statement, level in zip(statements, LEVELS, strict=True):
        if short := curves.too_short(rules.time):
            found.append(Asked(statement, None, reason=short))
            continue
        reached = [curves.reached(layer, level) for layer in curves.layers]
        time, before, after = ([_log10(of[part]) for of in reached] for part in range(3))
        found.append(
            Asked(statement, trend(time), curves.n_stimuli, bounds=trend_bounds(before, after))
        )
    if len(curves.step):
        change = [_log10(curves.change(layer)).mean(axis=-1) for layer in curves.layers]
        found.append(Asked(steps, trend(change), curves.n_stimuli))
    else:
        reason = "there is no step between whole epochs"
        found.append(Asked(steps, None, reason=reason))
    return found


def _log10(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm: Array = np.log10(values)
    return logarithm
