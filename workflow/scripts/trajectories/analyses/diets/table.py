"""Table of diets: strength of each change over the epochs that were trained."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.diets import DIETS
from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.plotting import figure_data
from trajectories.seeding import Seeds
from trajectories.study.recipe import recipe_digest
from trajectories.training.diets import schedule
from trajectories.training.diets.changes import KINDS

Floats = NDArray[np.float64]

MOST_POINTS = 400  # of a curve


@dataclass(frozen=True)
class Span:
    """Epochs that a condition was trained in one way: of a branch, the first are its trunk's.

    Attributes
    ----------
    start : int
        Epochs trained before it.
    training : mapping
        `training` of the recipe then.
    """

    start: int
    training: Mapping[str, Any]


def tabulate(recipes: Sequence[Path], histories: Sequence[Path]) -> list[pd.DataFrame]:
    """The table of a study, from the recipes of conditions and the histories of instances.

    A diet whose epochs are shuffled is that of the first seed.

    Raises
    ------
    UserError
        If a recipe cannot be read, or a condition with a diet has no history, or a branch no trunk.
    """
    trained = figure_data.read_histories(histories)
    found = {path.resolve().parent.name: _read(path) for path in recipes}
    known = {recipe_digest(recipe): recipe for recipe in found.values()}
    parts = []
    for condition, recipe in found.items():
        spans = _spans(condition, recipe, known)
        if not any(span.training.get("diet") for span in spans):
            continue
        own = trained[trained["condition"] == condition]
        if own.empty:
            raise UserError(f"{condition} has a diet but no history: give its history.csv.")
        parts.append(of_condition(condition, spans, int(own["epoch"].max()), min(own["seed"])))
    return [pd.concat(parts, ignore_index=True)]


def of_condition(condition: str, spans: Sequence[Span], epochs: int, seed: int) -> pd.DataFrame:
    """Strengths over the epochs of a condition, with the columns of `DIETS`.

    Parameters
    ----------
    condition : str
    spans : sequence of Span
        In order of training. A change that only some of them make leaves images as they are in the
        others.
    epochs : int
        That are trained.
    seed : int
        Of the network, where epochs are shuffled.
    """
    points = max(1, min(schedule.POINTS_PER_EPOCH, MOST_POINTS // epochs))
    stops = [*(span.start for span in spans[1:]), epochs]
    parts = [
        _of_span(condition, span, stop, seed, points)
        for span, stop in zip(spans, stops, strict=True)
    ]
    changes = pd.concat(part for part in parts if len(part))[["change", "unit"]].drop_duplicates()
    rows: list[pd.DataFrame] = []
    for change, unit in changes.itertuples(index=False):
        for part, span, stop in zip(parts, spans, stops, strict=True):
            own = part[(part["change"] == change) & (part["unit"] == unit)]
            if own.empty:
                time = np.arange(span.start * points, stop * points) / points
                neutral = np.full(len(time), KINDS[change].neutral, dtype=np.float64)
                order = _order(span.training.get("diet"))
                own = _rows(condition, change, unit, order, time, *[neutral] * 3)
            rows.append(own)
    return pd.concat(rows, ignore_index=True)


def _spans(
    condition: str, recipe: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> list[Span]:
    """How a condition was trained over time, by its recipe and those of all conditions."""
    origin, training = recipe.get("from"), recipe.get("training", {})
    if origin is None:
        return [Span(0, training)]
    if origin["recipe"] not in known:
        raise UserError(
            f"{condition} goes on from another condition: give the recipe.json of that one, too."
        )
    return [*_spans(condition, known[origin["recipe"]], known), Span(origin["epoch"], training)]


def _of_span(condition: str, span: Span, stop: int, seed: int, points: int) -> pd.DataFrame:
    """Strengths while a condition was trained in one way."""
    diet = span.training.get("diet")
    if not diet:
        return pd.DataFrame(columns=DIETS)
    seeds = Seeds.derive(seed, span.training["fixed_seeds"])
    courses = schedule.courses(
        diet, span.training["schedule_epochs"], stop, seeds.augmentation, points
    )
    parts = []
    for course in (each.since(span.start) for each in courses):
        values = (course.epoch, course.mean, course.low, course.high)
        parts.append(_rows(condition, course.change, course.unit, _order(diet), *values))
    return pd.concat(parts)


def _order(diet: Mapping[str, Any] | None) -> str:
    return str((diet or {}).get("order", "forward"))


def _rows(
    condition: str, change: str, unit: str, order: str, epoch: Floats, mean: Floats, low: Floats,
    high: Floats,
) -> pd.DataFrame:  # fmt: skip
    columns = (condition, change, unit, order, epoch, mean, low, high)
    return pd.DataFrame(dict(zip(DIETS, columns, strict=True)), columns=DIETS)


def _read(path: Path) -> dict[str, Any]:
    try:
        with reading(path):
            recipe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is not a complete recipe ({error}): delete it and start the workflow again."
        ) from error
    return recipe
