"""Promise: provenance records no settings that networks were not trained with."""

import json
from pathlib import Path
from typing import Any

import pytest

from trajectories.errors import UserError
from trajectories.provenance import trained_with
from trajectories.study.recipe import recipe_digest

WANTED: dict[str, Any] = {
    "network": {"architecture": "resnet18"},
    "training": {"learning_rate": 0.03, "extra_checkpoints": [0.5]},
}
OTHER = {**WANTED, "training": {**WANTED["training"], "learning_rate": 0.5}}
OLDER = {**WANTED, "training": {"learning_rate": 0.03}}


def require(folder: Path, recipe: dict[str, Any], trained: dict[str, Any]) -> None:
    (folder / "moco").mkdir()
    path = folder / "moco" / "recipe.json"
    path.write_text(json.dumps(recipe))
    instance = {"condition": "moco", "seed": 2, "recipe_digest": recipe_digest(trained)}
    trained_with.require({"moco": WANTED}, [path], [instance])


@pytest.mark.parametrize("recipe", [WANTED, OLDER])
def test_the_same_settings_pass(tmp_path: Path, recipe: dict[str, Any]) -> None:
    require(tmp_path, recipe, recipe)


@pytest.mark.parametrize("recipe", [OTHER, {**WANTED, "more": 1}])
def test_another_recipe_is_refused(tmp_path: Path, recipe: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"recipe\.json states other settings .* moco"):
        require(tmp_path, recipe, recipe)


def test_networks_that_were_trained_otherwise_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="moco seed 2 was trained with other settings"):
        require(tmp_path, WANTED, OTHER)


def test_a_damaged_recipe_is_named(tmp_path: Path) -> None:
    (tmp_path / "moco").mkdir()
    path = tmp_path / "moco" / "recipe.json"
    path.write_text('{"network": {')
    with pytest.raises(UserError, match=r"recipe\.json is damaged"):
        trained_with.require({"moco": WANTED}, [path], [])
