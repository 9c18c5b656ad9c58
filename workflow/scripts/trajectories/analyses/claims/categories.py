"""Statements on categories: when they emerge, and how far apart they end."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trajectories.analyses.claims.change import untrained_missing
from trajectories.analyses.claims.trend import over, trend
from trajectories.statistics import change_time
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.overall import Overall
from trajectories.statistics.verdicts.statement import Asked, Rules, Statement

Array = NDArray[np.float64]
Others = Mapping[str, str]
"""What each category is compared with, in words."""
UNIT = "SD of dissimilarities"


def together(curves: ConditionCurves, rules: Rules, others: Others) -> list[Asked]:
    """Dissimilarities within and between change at the same time, on average over their change."""
    found = []
    for layer in curves.layers:
        for category in curves.categories:
            statement = Statement(
                "together",
                f"{layer}, {category}: dissimilarities within and between change at the same time",
                f"In {layer} dissimilarity within {category} changes at {{}} times the mean epoch"
                f" at which that between them and {others[category]} does",
                "mean epoch of change, within / between",
                "ratio",
                np.log10(rules.time),
                equal=True,
                ratio=True,
            )
            within, between = change_time.within_between(curves, layer, category)
            found.append(_timed(curves, statement, within - between, category, rules))
    return found


def general_push(curves: ConditionCurves, overall: Overall, rules: Rules) -> list[Asked]:
    """Between − within changes after the mean of all pairs does, not with it or before."""
    found = []
    for layer in curves.layers:
        for category in curves.categories:
            statement = Statement(
                "general_push",
                f"{layer}, {category}: between − within changes later than the mean of all pairs",
                f"In {layer} between − within of {category} changes at {{}} times the mean epoch"
                " at which the mean of all pairs does",
                "mean epoch of change, between − within / mean of all pairs",
                "ratio",
                np.log10(rules.time),
                ratio=True,
            )
            effect = curves.between(layer, category) - curves.within(layer, category)
            parting = change_time.change_time(effect, curves.epoch, "between − within")
            push = change_time.change_time(
                overall.mean[layer], curves.epoch, "the mean of all pairs"
            )
            found.append(_timed(curves, statement, parting - push, category, rules))
    return found


def late_layer_apart(
    curves: ConditionCurves, overall: Overall, rules: Rules, others: Others
) -> list[Asked]:
    """In the last layer, between ends above within, and more so than in the untrained network."""
    layer, found = curves.layers[-1], []
    for category in curves.categories:
        effect = standardised(curves, overall, layer, category)
        end = Statement(
            "late_layer_apart",
            f"{layer}, {category}: between ends above within",
            f"In {layer} the dissimilarity between {category} and {others[category]} ends {{}} SD"
            " above that within",
            "(between − within) / SD over all pairs, at the last checkpoint",
            UNIT,
            rules.effect,
        )
        gain = Statement(
            "late_layer_apart",
            f"{layer}, {category}: learning raises between above within",
            f"In {layer} the dissimilarity between {category} and {others[category]}, minus that"
            " within, ends {} SD above that of the untrained network",
            "(between − within) / SD over all pairs, last checkpoint minus the untrained network",
            UNIT,
            rules.effect,
        )
        found.append(_of_category(curves, end, effect[..., -1], category))
        if curves.starts_untrained and len(curves.epoch) > 1:
            difference = effect[..., -1] - effect[..., 0]
            found.append(_of_category(curves, gain, difference, category))
        else:
            found.append(Asked(gain, None, reason=untrained_missing(curves)))
    return found


def early_layer_hardly(
    curves: ConditionCurves, overall: Overall, rules: Rules, others: Others
) -> list[Asked]:
    """In the first layer, between ends less far above within than in the last."""
    early, late, found = curves.layers[0], curves.layers[-1], []
    trended = over(curves.layers)
    for category in curves.categories:
        less = Statement(
            "early_layer_hardly",
            f"{early}, {category}: between ends less far above within than in {late}{trended}",
            f"The dissimilarity between {category} and {others[category]}, minus that within, ends"
            f" {{}} SD lower in {early} than in {late}{trended}",
            f"(between − within) / SD over all pairs, at the last checkpoint, {late} −"
            f" {early}{trended}",
            UNIT,
            rules.effect,
        )
        if early == late:
            found.append(Asked(less, None, reason="there is only one layer"))
        else:
            effects = [
                standardised(curves, overall, layer, category)[..., -1] for layer in curves.layers
            ]
            found.append(_of_category(curves, less, trend(effects), category))
    return found


def standardised(curves: ConditionCurves, overall: Overall, layer: str, category: str) -> Array:
    """Between − within in SD of all dissimilarities, (n_instances, n_rows, n_checkpoints).

    Like a correlation of RDMs it does not depend on the unit and level of dissimilarities, which
    differ between networks, layers and epochs.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        effect: Array = (
            curves.between(layer, category) - curves.within(layer, category)
        ) / overall.sd[layer]
    return effect


def _of_category(
    curves: ConditionCurves, statement: Statement, values: Array, category: str
) -> Asked:
    return Asked(statement, values, curves.members[category], in_category=True)


def _timed(
    curves: ConditionCurves,
    statement: Statement,
    lag: change_time.ChangeTime,
    category: str,
    rules: Rules,
) -> Asked:
    if missing := lag.missing or curves.too_short(rules.time):
        return Asked(statement, None, reason=missing)
    return Asked(statement, lag.values, curves.members[category], True, lag.bounds)
