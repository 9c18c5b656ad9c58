"""Tables of paired differences between conditions, at each epoch, and of times."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.conditions import DIFFERENCES, SIMULTANEOUS, TIMES
from trajectories.analyses.conditions.measures import Computed, of_curves, of_states
from trajectories.rdms import reference_rdms
from trajectories.statistics import (
    condition_curves,
    crossed_bootstrap,
    resampling,
    states,
)
from trajectories.statistics.change_time import ChangeTime, change_time
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.resampled_curves import MEASURED
from trajectories.statistics.resampled_states import first_of
from trajectories.statistics.verdicts.evidence import Evidence, evidence
from trajectories.statistics.verdicts.statement import UNDECIDED, Asked, Rules, Statement

Array = NDArray[np.float64]

NOTHING_SHARED = "they have no epoch in common"


def tabulate(
    trajectories: Sequence[Path],
    resamples: Sequence[Path],
    recipes: Sequence[Path],
    definitions: Mapping[str, Mapping[str, str]],
    references: Mapping[str, Mapping[str, Any]],
    similarity: str,
    confidence: float,
    time: float,
    resamples_drawn: int,
    seed: int,
) -> list[pd.DataFrame]:
    """The tables of a study, from the trajectories and resamples of its instances.

    Raises
    ------
    UserError
        If a file is missing, damaged or of another kind.
    """
    conditions = condition_curves.read(resamples, recipes)
    computed = {}
    with states.opened(trajectories, most_states=None) as series:
        counts = first_of(resampling.stimulus_counts(series[0].n_stimuli, resamples_drawn, seed))
        named = [
            reference_rdms.read(name, settings, series[0].stimulus)
            for name, settings in references.items()
        ]
        for layer in conditions[0].layers:
            of_layer = [each for each in series if each.layer == layer]
            computed[layer] = of_states(of_layer, definitions, named, MEASURED[similarity], counts)
    rules = Rules(confidence=confidence, time=time)
    pairs = list(condition_curves.pairs(conditions))
    return [
        pd.concat([differences(*pair, computed, confidence) for pair in pairs], ignore_index=True),
        pd.concat([compared_times(*pair, rules) for pair in pairs], ignore_index=True),
    ]


def differences(
    one: ConditionCurves,
    other: ConditionCurves,
    computed: Mapping[str, Computed],
    confidence: float,
) -> pd.DataFrame:
    """Differences between two conditions in each layer and measure, at every epoch.

    Parameters
    ----------
    one, other : ConditionCurves
        Of the same seeds and epochs, as `condition_curves.pairs` gives them.
    computed : mapping of layer to Computed
    confidence : float
        Of the intervals, which are over seeds and images, both paired.

    Returns
    -------
    DataFrame with the columns of `DIFFERENCES`
        ``difference`` is that of ``condition``, the later one, less ``other_condition``;
        ``epoch`` of a change is the end of the step. ``q`` corrects the p values of a curve over
        epochs (Benjamini and Hochberg). ``detectable`` is the least true difference that the test
        of a single epoch would find four times in five.
    """
    parts = []
    for layer in one.layers:
        by_states = computed[layer].compared(one.condition, other.condition, one.seeds)
        for each in chain(of_curves(one, other, layer), by_states):
            found = crossed_bootstrap.paired(each.other, each.one, confidence, each.n_images)
            p = found.p()
            parts.append(
                pd.DataFrame(
                    {
                        **_identity(one, other, layer),
                        "measure": each.measure,
                        "target": each.target,
                        "epoch": each.epoch,
                        "difference": found.estimate,
                        "low": found.low,
                        "high": found.high,
                        "p": p,
                        "q": crossed_bootstrap.corrected(p),
                        "detectable": found.detectable(confidence),
                        "n_seeds": found.n_instances,
                    }
                )
            )
    if not parts:
        nothing = {"measure": "progress", "target": "", "n_seeds": 0}
        rows = [{**_identity(one, other, layer), **nothing} for layer in one.layers]
        return pd.DataFrame(rows).reindex(columns=list(DIFFERENCES))
    return pd.concat(parts, ignore_index=True)[list(DIFFERENCES)]


def compared_times(one: ConditionCurves, other: ConditionCurves, rules: Rules) -> pd.DataFrame:
    """How many times as late categories separate, and RDMs approach the last one.

    Parameters
    ----------
    one, other : ConditionCurves
        As for `differences`.
    rules : Rules
        Their confidence, and their margin of times.

    Returns
    -------
    DataFrame with the columns of `TIMES`
        Ratios of mean epochs of change (`change_time`), of ``condition``, the later one, to
        ``other_condition``; cells without one are empty, and ``reason`` says why. ``earliest`` and
        ``latest`` bound them as far as checkpoints tell.
    """
    rows = []
    for layer in one.layers:
        for curve, target, n_images, pair in _timed(one, other, layer):
            lag = _less(*pair)
            lag = replace(lag, missing=lag.missing or one.too_short(rules.time))
            rows.append(
                {
                    **_identity(one, other, layer),
                    "curve": curve,
                    "target": target,
                    **_tested(lag, rules, n_images),
                }
            )
    return pd.DataFrame(rows)[list(TIMES)]


def _identity(one: ConditionCurves, other: ConditionCurves, layer: str) -> dict[str, str]:
    return {"condition": other.condition, "other_condition": one.condition, "layer": layer}


def _timed(
    one: ConditionCurves, other: ConditionCurves, layer: str
) -> Iterator[tuple[str, str, int, list[tuple[str, ChangeTime]]]]:
    """Times of the other condition and of the first, with the names of both."""
    both = (other, one)
    if not len(one.epoch):
        none = ChangeTime(np.full((len(one.instances), 1), np.nan), 0, 0, NOTHING_SHARED)
        yield "index", one.categories[0], 1, [("", none), ("", none)]
        return
    for category in one.categories:
        curves = [each.index(layer, category) for each in both]
        yield "index", category, one.members[category], _of_both(both, curves, "the index")
    # The last RDM equals itself, whatever the noise.
    curves = [each.to_final(layer)[..., : len(one.before_last)] for each in both]
    timed = _of_both(both, curves, "the similarity to the last RDM")
    yield "to_final", "", one.n_stimuli, timed


def _of_both(
    both: Sequence[ConditionCurves], curves: Sequence[Array], name: str
) -> list[tuple[str, ChangeTime]]:
    return [
        (each.condition, change_time(values, each.epoch[: values.shape[-1]], name))
        for each, values in zip(both, curves, strict=True)
    ]


def _less(first: tuple[str, ChangeTime], second: tuple[str, ChangeTime]) -> ChangeTime:
    """The ratio; where there is none, with the condition whose time is missing."""
    ratio = first[1] - second[1]
    for name, time in (first, second):
        if time.missing:
            where = f"in {name} " if name else ""
            return replace(ratio, missing=f"{where}{time.missing}")
    return ratio


def _tested(lag: ChangeTime, rules: Rules, n_images: int) -> dict[str, Any]:
    """Columns of `TIMES` from ``ratio`` on."""
    row: dict[str, Any] = dict.fromkeys(TIMES[5:], np.nan)
    row |= {"margin": rules.time, "n_seeds": len(lag.values)}
    if lag.missing:
        return row | {"verdict": UNDECIDED, "reason": lag.missing}
    statement = Statement(
        "times", "the same time", "{}", "mean epoch of change", "ratio", np.log10(rules.time),
        equal=True, ratio=True,
    )  # fmt: skip
    known = evidence(
        Asked(statement, lag.values, n_images, bounds=lag.bounds), rules.confidence, fixed=False
    )
    assert known is not None
    found = known.found
    verdict, reason = ordered(known, rules)
    numbers = {
        "ratio": found.estimate,
        "low": found.low,
        "high": found.high,
        "earliest": found.estimate - lag.earliest,
        "latest": found.estimate + lag.latest,
        "detectable": found.detectable(rules.confidence),
    }
    row |= {name: float(10**each) for name, each in numbers.items()}
    return row | {"verdict": verdict, "reason": reason}


def ordered(known: Evidence, rules: Rules) -> tuple[str, str]:
    """Whether a time is later, earlier or the same, and why."""
    level = 1 - rules.confidence
    if not known.decides:
        return UNDECIDED, "one network does not show how much networks differ"
    differs = known.p_sign() <= level
    if known.p_margin() <= level:
        though = ", though it is surely not 1" if differs else ""
        return SIMULTANEOUS, f"the ratio surely lies within a factor of {rules.time:g}{though}"
    if differs:
        later = known.found.estimate > 0
        side = "above" if later else "below"
        return "later" if later else "earlier", f"the interval lies {side} 1"
    if min(known.p_sign(checkpoints=False), known.p_margin(checkpoints=False)) <= level:
        low, high = (
            "any number" if each is None else f"{float(10**each.estimate):.3g}"
            for each in (known.least, known.most)
        )
        return UNDECIDED, f"checkpoints are too far apart: they leave {low} to {high} open"
    return UNDECIDED, "the interval includes 1"
