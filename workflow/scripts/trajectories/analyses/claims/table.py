"""The paper's claims, each decided by tests of a statistic: holds, does not, and more.

Claims are those of Tousi, Kim & Mur on the learning trajectories of ResNets under MoCo v2. Each
statistic is computed for every network instance and every resample of the test images, and is
decided twice (`statistics.verdicts`): for these images, and for other images too. Tests are
corrected for the statements of a claim.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from trajectories.analyses.claims import COLUMNS, TITLES, categories, change, sizes
from trajectories.plotting import figure_data
from trajectories.rdms.categories import compared_with
from trajectories.statistics import condition_curves, overall, pace
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.overall import Overall
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import Asked, Claim, Rules
from trajectories.storage.files import atomic

Definitions = Mapping[str, Mapping[str, str]]


def tabulate(
    trajectories: Sequence[Path],
    resamples: Sequence[Path],
    histories: Sequence[Path],
    recipes: Sequence[Path],
    seed: int,
    confidence: float,
    effect: float,
    time: float,
    factor: float,
    definitions: Definitions,
) -> tuple[pd.DataFrame, pd.DataFrame, Callable[[Path], None]]:
    """Claims and sizes of a study, from files of its instances, and what writes claims as JSON."""
    rules = Rules(confidence, effect, time, factor)
    known = figure_data.read_histories(histories)
    claims, widths = [], []
    for curves in condition_curves.read(resamples, recipes):
        rates = pace.learning_rates(known, curves.condition)
        whole = overall.read(curves, trajectories, seed)
        families = asked(curves, whole, rates, rules, definitions)
        claims += decided(curves.condition, families, rules)
        every = [each for family in families for each in family]
        widths.append(sizes.table(curves.condition, every, rules))
    found = table(claims)
    return found, pd.concat(widths, ignore_index=True), lambda path: write_json(path, found)


def write_json(path: Path, claims: pd.DataFrame) -> None:
    """Write a table of claims as JSON, with the title of each; unknown numbers are null there."""
    records = json.loads(claims.to_json(orient="records", double_precision=15))
    found = [record | {"title": TITLES[record["claim"]]} for record in records]
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


def asked(
    curves: ConditionCurves,
    whole: Overall,
    rates: Mapping[float, float] | None,
    rules: Rules,
    definitions: Definitions,
) -> list[list[Asked]]:
    """The statements of one condition, those of each claim together, in the paper's order.

    Parameters
    ----------
    curves : ConditionCurves
        Layers from early to late.
    whole : Overall
        Of the same instances and resamples.
    rates : mapping of epoch to learning rate, or None
        The rate with which the epoch that ends there was trained; None where it is not known.
    rules : Rules
    definitions : mapping of category to mapping
        As in the config: which images a category is compared with.
    """
    others = {name: compared_with(each) for name, each in definitions.items()}
    return [
        change.rapid_change(curves, rules),
        change.per_rate(curves, rates, rules),
        change.early_layer_first(curves, rules),
        categories.together(curves, rules, others),
        categories.general_push(curves, whole, rules),
        categories.late_layer_apart(curves, whole, rules, others),
        categories.early_layer_hardly(curves, whole, rules, others),
    ]


def decided(condition: str, families: Sequence[Sequence[Asked]], rules: Rules) -> list[Claim]:
    """Decide the statements that `asked` gives."""
    return [claim for family in families for claim in sentences.decided(condition, family, rules)]


def table(claims: Sequence[Claim]) -> pd.DataFrame:
    """Claims as a table with the columns of `COLUMNS`."""
    return pd.DataFrame([asdict(claim) for claim in claims], columns=list(COLUMNS))
