"""The paper's claims, each decided by a statistic and its interval: holds, does not, undecided.

Claims are those of Tousi, Kim & Mur on the learning trajectories of ResNets under MoCo v2. Each
statistic is computed for every network instance and every resample of the test images, and has one
interval over both (`crossed_bootstrap`), by which `verdicts` decides.

Claims are decided one by one: if many are decided, expect some of them to be decided wrongly.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.claims import COLUMNS, TITLES
from trajectories.plotting import figure_data
from trajectories.statistics import condition_curves, latencies, pace, times
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.latencies import Latency
from trajectories.statistics.verdicts import Claim, Rules, Statement, decided, unasked
from trajectories.storage.files import atomic

Array = NDArray[np.float64]


def tabulate(
    resamples: Sequence[Path],
    histories: Sequence[Path],
    confidence: float,
    dissimilarity: float,
    time: float,
    factor: float,
) -> tuple[pd.DataFrame, Callable[[Path], None]]:
    """The table of a study, from files of its instances, and what writes the same as JSON."""
    rules = Rules(confidence, dissimilarity, time, factor)
    known = figure_data.read_histories(histories)
    claims = [
        claim
        for curves in condition_curves.read(resamples)
        for claim in decide(curves, pace.learning_rates(known, curves.condition), rules)
    ]
    found = table(claims)
    return found, lambda path: write_json(path, found)


def write_json(path: Path, claims: pd.DataFrame) -> None:
    """Write a table of claims as JSON, with the title of each; unknown numbers are null there."""
    records = json.loads(claims.to_json(orient="records", double_precision=15))
    found = [record | {"title": TITLES[record["claim"]]} for record in records]
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


def decide(
    curves: ConditionCurves, rates: Mapping[float, float] | None, rules: Rules
) -> list[Claim]:
    """Decide all claims for one condition, in the paper's order.

    Parameters
    ----------
    curves : ConditionCurves
        Layers from early to late.
    rates : mapping of epoch to learning rate, or None
        The rate with which the epoch that ends there was trained; None where it is not known.
    rules : Rules
    """
    return [
        *rapid_change(curves, rates, rules),
        *early_layer_first(curves, rules),
        *together(curves, rules),
        *late_layer_apart(curves, rules),
        *early_layer_hardly(curves, rules),
    ]


def table(claims: Sequence[Claim]) -> pd.DataFrame:
    """Claims as a table with the columns of `COLUMNS`."""
    return pd.DataFrame([asdict(claim) for claim in claims], columns=list(COLUMNS))


def rapid_change(
    curves: ConditionCurves, rates: Mapping[float, float] | None, rules: Rules
) -> list[Claim]:
    """Change is rapid in the first epochs, then settles, also per unit of learning rate.

    The second ratio is of angles between RDMs, arccos r, per unit of summed learning rate: where
    steps are proportional to the rate, angles are too, and 1 − r goes with its square.
    """
    found = []
    lengths = np.diff(curves.step, axis=1).ravel()
    for layer in curves.layers:
        raw = Statement(
            "rapid_change",
            f"{layer}: the first epoch changes the RDM more than an epoch of the last quarter does",
            f"In {layer} the first epoch changes the RDM {{}} times as much as an epoch of the last"
            " quarter does",
            "1 − similarity of consecutive RDMs, first step / mean of the last quarter",
            "ratio",
            np.log10(rules.factor),
            ratio=True,
        )
        scaled = Statement(
            "rapid_change",
            f"{layer}: per unit of learning rate the first epoch moves the RDM farther than the"
            " last quarter does",
            f"In {layer} the first epoch moves the RDM {{}} times as far per unit of learning rate"
            " as the last quarter does",
            "arccos(similarity of consecutive RDMs) per summed learning rate, first step / last"
            " quarter",
            "ratio",
            np.log10(rules.factor),
            ratio=True,
        )
        if len(lengths) < pace.LEAST_STEPS:
            reason = "there are fewer than four steps between whole epochs"
            found += [unasked(curves, each, reason) for each in (raw, scaled)]
            continue
        if np.ptp(lengths):
            found.append(unasked(curves, raw, "steps between checkpoints differ in length"))
        else:
            change = np.maximum(curves.change(layer), 0)
            found.append(decided(curves, raw, pace.log10_fall(change, lengths), rules))
        rate = pace.summed(rates, curves.step)
        if not np.all(rate[pace.last_quarter(len(rate))] > 0) or not rate[0] > 0:
            found.append(unasked(curves, scaled, "learning rates of these epochs are not known"))
            continue
        found.append(decided(curves, scaled, pace.log10_fall(curves.angle(layer), rate), rules))
    return found


def early_layer_first(curves: ConditionCurves, rules: Rules) -> list[Claim]:
    """The first layer settles before the last, and changes less from epoch to epoch."""
    early, late = curves.layers[0], curves.layers[-1]
    margin = rules.time * float(np.ptp(curves.epoch))
    statements = [
        Statement(
            "early_layer_first",
            f"{early} reaches {level:.0%} of its trajectory before {late} does",
            f"{early} reaches {level:.0%} of its trajectory {{}} epochs before {late}",
            f"epoch at {level:.0%} of the trajectory to the last RDM, {late} − {early}",
            "epochs",
            margin,
            digits=2,
        )
        for level in (0.5, 0.9)
    ]
    steps = Statement(
        "early_layer_first",
        f"{late} changes more than {early} from one epoch to the next",
        f"{late} changes {{}} times as much as {early} from one epoch to the next",
        f"1 − similarity of consecutive RDMs, {late} / {early}, geometric mean over steps",
        "ratio",
        np.log10(rules.factor),
        ratio=True,
    )
    if early == late:
        reason = "there is only one layer"
        return [unasked(curves, each, reason) for each in (*statements, steps)]
    found = []
    for statement, level in zip(statements, (0.5, 0.9), strict=True):
        after, before = (_reached(curves, layer, level) for layer in (late, early))
        lag = after - before
        found.append(decided(curves, statement, lag.time, rules, bounds=(lag.earliest, lag.latest)))
    if len(curves.step):
        change = [_log10(curves.change(layer)).mean(axis=-1) for layer in (late, early)]
        found.append(decided(curves, steps, change[0] - change[1], rules))
    else:
        found.append(unasked(curves, steps, "there is no step between whole epochs"))
    return found


def together(curves: ConditionCurves, rules: Rules) -> list[Claim]:
    """Mean dissimilarity within and between categories reach their midpoints at the same time.

    Undecided if one of them has no time of change (`latencies.half_way`).
    """
    found = []
    for layer in curves.layers:
        for category in curves.categories:
            statement = Statement(
                "together",
                f"{layer}, {category}: within and between reach their midpoints at the same time",
                f"In {layer} the dissimilarity within {category} reaches its midpoint {{}} epochs"
                " after that between them and the rest",
                "epoch at the midpoint of the change, within − between",
                "epochs",
                rules.time * float(np.ptp(curves.epoch)),
                equal=True,
                digits=2,
            )
            within, between = latencies.within_between(curves, layer, category, rules.confidence)
            lag = within - between
            if lag.missing:
                found.append(unasked(curves, statement, lag.missing))
            else:
                bounds = (lag.earliest, lag.latest)
                found.append(decided(curves, statement, lag.time, rules, category, bounds))
    return found


def late_layer_apart(curves: ConditionCurves, rules: Rules) -> list[Claim]:
    """In the last layer, between ends above within, and more so than in the untrained network."""
    layer, found = curves.layers[-1], []
    for category in curves.categories:
        effect = curves.between(layer, category) - curves.within(layer, category)
        end = Statement(
            "late_layer_apart",
            f"{layer}, {category}: between ends above within",
            f"In {layer} the dissimilarity between {category} and the rest ends {{}} above that"
            " within",
            "between − within at the last checkpoint",
            "dissimilarity",
            rules.dissimilarity,
        )
        gain = Statement(
            "late_layer_apart",
            f"{layer}, {category}: learning raises between above within",
            f"In {layer} the dissimilarity between {category} and the rest, minus that within, ends"
            " {} above that of the untrained network",
            "between − within, last checkpoint minus the untrained network",
            "dissimilarity",
            rules.dissimilarity,
        )
        found.append(decided(curves, end, effect[..., -1], rules, category))
        if curves.epoch[0] == 0 and len(curves.epoch) > 1:
            difference = effect[..., -1] - effect[..., 0]
            found.append(decided(curves, gain, difference, rules, category))
        else:
            found.append(unasked(curves, gain, "there is no RDM of the untrained network"))
    return found


def early_layer_hardly(curves: ConditionCurves, rules: Rules) -> list[Claim]:
    """In the first layer, between and within end at one level, or less apart than in the last."""
    early, late, found = curves.layers[0], curves.layers[-1], []
    for category in curves.categories:
        effect, of_late = (
            curves.between(layer, category)[..., -1] - curves.within(layer, category)[..., -1]
            for layer in (early, late)
        )
        alike = Statement(
            "early_layer_hardly",
            f"{early}, {category}: between and within end at the same level",
            f"In {early} the dissimilarity between {category} and the rest ends {{}} above that"
            " within",
            "between − within at the last checkpoint",
            "dissimilarity",
            rules.dissimilarity,
            equal=True,
        )
        less = Statement(
            "early_layer_hardly",
            f"{early}, {category}: between ends less far above within than in {late}",
            f"The dissimilarity between {category} and the rest, minus that within, ends {{}} lower"
            f" in {early} than in {late}",
            f"between − within at the last checkpoint, {late} − {early}",
            "dissimilarity",
            rules.dissimilarity,
        )
        found.append(decided(curves, alike, effect, rules, category))
        if early == late:
            found.append(unasked(curves, less, "there is only one layer"))
        else:
            found.append(decided(curves, less, of_late - effect, rules, category))
    return found


def _log10(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm: Array = np.log10(values)
    return logarithm


def _reached(curves: ConditionCurves, layer: str, level: float) -> Latency:
    """When a layer reaches this share of its trajectory to its last RDM."""
    progress = curves.progress(layer)
    around = times.bracket(progress, curves.epoch, level)
    return Latency(times.crossing(progress, curves.epoch, level), *around)
