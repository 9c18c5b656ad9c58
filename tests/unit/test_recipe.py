"""Two recipes are one if and only if all their settings are, and no half recipe is trained on."""

import copy
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from training_cases import SETTINGS, settings

from trajectories.errors import UserError
from trajectories.study.recipe import Recipe, recipe_digest

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/write_recipe.py"


def leaves(mapping: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def changed(path: tuple[str, ...]) -> dict[str, Any]:
    """The settings with another value at `path`."""
    result = copy.deepcopy(SETTINGS)
    block = result
    for key in path[:-1]:
        block = block[key]
    old = block[path[-1]]
    new: Any = 1
    if isinstance(old, list):
        new = [*old, 0.5]
    elif isinstance(old, str):
        new = f"{old}!"
    elif old is not None:
        new = old + 1
    block[path[-1]] = new
    return result


def reversed_order(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: reversed_order(value[key]) for key in reversed(value)}


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    turned = reversed_order(SETTINGS)
    assert list(turned) != list(SETTINGS)
    assert recipe_digest(turned) == recipe_digest(SETTINGS)


def test_the_digest_changes_with_each_setting() -> None:
    paths = list(leaves(SETTINGS))
    assert len(paths) > 25
    digests = {recipe_digest(changed(path)) for path in paths} | {recipe_digest(SETTINGS)}
    assert len(digests) == len(paths) + 1


def test_the_digest_survives_json() -> None:
    assert recipe_digest(json.loads(json.dumps(SETTINGS))) == recipe_digest(SETTINGS)


def test_what_the_workflow_writes_is_what_training_reads(tmp_path, monkeypatch) -> None:
    path = tmp_path / "moco" / "recipe.json"
    flags = ["--settings", json.dumps(SETTINGS), "--output", str(path)]
    monkeypatch.setattr(sys, "argv", ["write_recipe.py", *flags])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    recipe = Recipe.read(path)
    assert json.loads(path.read_text()) == SETTINGS
    assert recipe.digest == recipe_digest(SETTINGS)
    training = {**SETTINGS["training"], "extra_checkpoints": ()}
    expected = {**SETTINGS["network"], **training, "image_size": SETTINGS["image_size"]}
    apart = {
        "objective": "moco",
        "diet": None,
        "preprocessing": None,
        "digest": recipe.digest,
        "origin": None,
    }
    assert vars(recipe) == {**expected, **apart}


def test_extra_checkpoints_are_read(tmp_path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(settings(extra_checkpoints=[0.25, 0.5])))
    assert Recipe.read(path).extra_checkpoints == (0.25, 0.5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        json.dumps(SETTINGS).encode()[:-1],
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"image_size": 32}',
        json.dumps({**SETTINGS, "network": None}).encode(),
        json.dumps({**SETTINGS, "training": {**SETTINGS["training"], "rate": 1}}).encode(),
        json.dumps({**SETTINGS, "network": {"architecture": "resnet18"}}).encode(),
    ],
)
def test_a_damaged_recipe_is_named(tmp_path, content: bytes) -> None:
    path = tmp_path / "recipe.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"recipe\.json is not a complete recipe .*: delete it"):
        Recipe.read(path)


def test_a_missing_recipe_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*absent\.json"):
        Recipe.read(tmp_path / "absent.json")
