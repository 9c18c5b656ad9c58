"""The table of diets: strengths over training, of a branch those of its trunk before it began.

The truths are strengths written out by hand.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trajectories.analyses.diets import DIETS, figure, table
from trajectories.errors import UserError
from trajectories.storage import tables
from trajectories.storage.history import COLUMNS
from trajectories.study.recipe import recipe_digest

BLUR = {"changes": [{"change": "blur", "at": [[0, 8], [2, [0, 4]], [3, 0]]}]}
GREY = {"changes": [{"change": "saturation", "at": [[0, 0]]}]}
SEEDS = {"init": None, "order": None, "augmentation": None}


def recipe(folder: Path, condition: str, diet: Any, **origin: Any) -> Path:
    training = {"schedule_epochs": 4, "fixed_seeds": SEEDS} | ({"diet": diet} if diet else {})
    path = folder / condition / "recipe.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"training": training} | ({"from": origin} if origin else {})))
    return path


def digest(path: Path) -> str:
    return recipe_digest(json.loads(path.read_text()))


def history(folder: Path, condition: str, epochs: int = 4) -> Path:
    path = folder / condition / "seed-1" / "history.csv"
    path.parent.mkdir(exist_ok=True)
    rows = [dict.fromkeys(COLUMNS, 1) | {"epoch": epoch} for epoch in range(epochs + 1)]
    tables.write(path, pd.DataFrame(rows))
    return path


def strengths(found: pd.DataFrame, condition: str, change: str) -> dict[float, tuple[float, ...]]:
    """At the start of each epoch: least, mean and largest."""
    own = found[(found["condition"] == condition) & (found["change"] == change)]
    whole = own[own["epoch"] % 1 == 0]
    return {row.epoch: (row.low, row.mean, row.high) for row in whole.itertuples()}


def tabulated(folder: Path, recipes: list[Path]) -> pd.DataFrame:
    histories = [history(folder, path.parent.name) for path in recipes]
    [found] = table.tabulate(recipes, histories)
    assert tuple(found.columns) == DIETS
    return found


def test_strengths_are_those_of_the_schedule(tmp_path: Path) -> None:
    found = tabulated(tmp_path, [recipe(tmp_path, "a", BLUR), recipe(tmp_path, "plain", None)])
    assert set(found["condition"]) == {"a"}
    assert strengths(found, "a", "blur") == {0: (8, 8, 8), 1: (8, 8, 8), 2: (0, 2, 4), 3: (0, 0, 0)}
    assert len(found) == 4 * 20


def test_a_branch_begins_with_the_diet_of_its_trunk(tmp_path: Path) -> None:
    trunk = recipe(tmp_path, "trunk", BLUR)
    grey = recipe(tmp_path, "grey", GREY, recipe=digest(trunk), epoch=1)
    none = recipe(tmp_path, "none", None, recipe=digest(grey), epoch=3)
    found = tabulated(tmp_path, [none, grey, trunk])
    eight, clear, colour, no_colour = (8, 8, 8), (0, 0, 0), (1, 1, 1), (0, 0, 0)
    assert strengths(found, "trunk", "saturation") == {}
    assert strengths(found, "grey", "blur") == {0: eight, 1: clear, 2: clear, 3: clear}
    assert strengths(found, "grey", "saturation") == {0: colour} | dict.fromkeys(
        (1, 2, 3), no_colour
    )
    assert strengths(found, "none", "blur") == {0: eight, 1: clear, 2: clear, 3: clear}
    assert strengths(found, "none", "saturation") == {
        0: colour, 1: no_colour, 2: no_colour, 3: colour,
    }  # fmt: skip
    times = found[(found["condition"] == "none") & (found["change"] == "blur")]["epoch"]
    assert times.is_monotonic_increasing
    assert len(times) == 4 * 20


def test_a_branch_without_the_recipe_of_its_trunk_is_refused(tmp_path: Path) -> None:
    alone = recipe(tmp_path, "alone", GREY, recipe="0" * 64, epoch=1)
    with pytest.raises(UserError, match="alone goes on from another condition: give the recipe"):
        tabulated(tmp_path, [alone])


def test_strengths_of_other_units_have_a_panel_of_their_own(tmp_path: Path) -> None:
    """σ of 2 px at 32 px is no σ of 2 px at 224 px."""
    small = {"image_side": 32, "changes": [{"change": "blur", "at": [[0, 2]]}]}
    found = tabulated(tmp_path, [recipe(tmp_path, "a", BLUR), recipe(tmp_path, "small", small)])
    drawn = figure.draw(found)
    panels = {axes.get_ylabel(): axes for axes in drawn.axes if axes.lines}
    tops = {label: max(axes.lines[0].get_ydata()) for label, axes in panels.items()}
    assert tops == {"σ, image side = 224": 8, "σ, image side = 32": 2}
    assert {axes.get_xscale() for axes in panels.values()} == {"linear"}
