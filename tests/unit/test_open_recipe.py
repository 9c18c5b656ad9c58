"""Software that learns a new setting trains nothing anew: recipes stay to the letter.

The truths are digests of the recipes of the shipped configs, taken before a key could be left out.
"""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from trajectories.study import config, schema
from trajectories.study.recipe import NetworkRecipe, Recipe, recipe_digest

HOME = Path(__file__).parents[2]
FORMER = {
    ("config", "moco"): "702236041762d599abb88adfbd151f9c1784614e08d3f0bfffaeeba6a69502db",
    ("paper", "moco"): "e7575effed5b21acbe3e2f2b9f4af7a918e2265dd2f7d4ea294e310f21f4d40b",
    ("cifar10", "moco"): "864b6d9ca334049d81e7c802ad025dd73bb3070c5b87ed7be188a9d85b7b20e4",
    ("constant_rate", "constant_rate"): (
        "2d7cc12c6585a918af16055b2f2f018db37d50a98c0ce23db481ab072034fa21"
    ),
}
# What those configs said then, where they have been given another recipe since.
DRAWINGS = {
    "images": {"count": 2048},
    "training": {"key_momentum": 0.99, "learning_rate": 0.03},
    "augmentation": {"crop_scale": [0.3, 1.0]},
}
SAID = {
    "config": DRAWINGS,
    "constant_rate": DRAWINGS,
    "cifar10": {
        "network": {"stem": "imagenet"},
        "training": {"learning_rate": 0.06, "precision": "fp32"},
    },
}
BLOCKS = (
    "images",
    "network",
    "training",
    "training.augmentation",
    "training.augmentation.jitter",
    "training.fixed_seeds",
    "conditions.additionalProperties.checkpoints",
)
NEW: dict[str, dict[str, Any]] = {
    "number": {"type": "number", "default": 0.5},
    "nothing": {"type": ["integer", "null"], "default": None},
    "list": {"type": "array", "items": {"type": "integer"}, "default": []},
    "block": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"inner": {"type": "integer", "default": 1}},
    },
    "block or null": {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {"inner": {"type": "integer", "default": 1}},
        "default": None,
    },
}


def study() -> dict[str, Any]:
    """A config with a condition that is trained and one that is imported."""
    return {
        "experiment": "study",
        "seeds": [1],
        "images": {"source": "openmoji", "count": 1000},
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
        "conditions": {
            "trained": {},
            "imported": {"checkpoints": {"folder": "runs", "pattern": "{epoch}.pt"}},
        },
    }


def recipes(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resolved = config.resolve(raw)
    return {name: config.condition_settings(resolved, name) for name in raw["conditions"]}


def text(recipe: dict[str, Any]) -> str:
    return json.dumps(recipe, sort_keys=True)


def extended(monkeypatch, block: str, part: dict[str, Any]) -> None:
    """Add the key `new` to a block of the schema."""
    changed: Any = copy.deepcopy(schema.load())
    there = changed
    for step in block.split("."):
        there = there[step] if step == "additionalProperties" else there["properties"][step]
    there["properties"]["new"] = {"description": "New.", **part}
    monkeypatch.setattr(schema, "load", lambda: changed)


@pytest.mark.parametrize(("name", "condition"), FORMER)
def test_recipes_of_shipped_configs_are_what_they_were(name: str, condition: str) -> None:
    settings = config.read(HOME / "config" / f"{name}.yaml")
    blocks = settings | {"augmentation": settings["training"]["augmentation"]}
    for block, changes in SAID.get(name, {}).items():
        blocks[block].update(changes)
    recipe = config.condition_settings(settings, condition)
    assert recipe_digest(recipe) == FORMER[name, condition]


@pytest.mark.parametrize("part", NEW.values(), ids=NEW)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_new_key_at_its_default_leaves_recipes_as_they_were(monkeypatch, block, part) -> None:
    before = recipes(study())
    extended(monkeypatch, block, part)
    after = recipes(study())
    assert {name: text(each) for name, each in after.items()} == {
        name: text(each) for name, each in before.items()
    }
    # As written, a recipe also says nothing of it to who reads it.
    assert NetworkRecipe.from_mapping(after["imported"]).digest == recipe_digest(before["imported"])


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("number", 1, 1.0),
        ("nothing", 3, 3),
        ("list", [3], [3]),
        ("block", {"inner": 2}, {"inner": 2}),
        ("block or null", {"inner": 2}, {"inner": 2}),
        ("block or null", {}, {}),
    ],
)
@pytest.mark.parametrize("block", ["images", "network", "training", "training.augmentation"])
def test_a_new_key_with_another_value_is_stated(monkeypatch, block, part, value, expected) -> None:
    before = recipes(study())["trained"]
    extended(monkeypatch, block, NEW[part])
    raw = study()
    there, added = raw, before
    for step in block.split("."):
        there, added = there.setdefault(step, {}), added[step]
    there["new"] = value
    added["new"] = expected
    assert recipes(raw)["trained"] == before


def test_what_a_recipe_leaves_out_has_the_default_of_the_schema() -> None:
    sections = schema.load()["properties"]
    defaults = {
        name: part["default"]
        for section in ("network", "training")
        for name, part in sections[section]["properties"].items()
        if "default" in part
    }
    missing = dataclasses.MISSING
    found = {f.name: f.default for f in dataclasses.fields(Recipe) if f.default is not missing}
    assert "objective" in found
    assert found == {name: defaults[name] for name in found}
    fields = {f.name for f in dataclasses.fields(Recipe)}
    assert fields >= set(sections["network"]["properties"])
    assert fields >= set(sections["training"]["properties"]) - {"epochs", "segment_epochs"}


# Objectives


def with_objective(**training: Any) -> dict[str, Any]:
    raw = study()
    raw["training"] = {"objective": "simclr", **training}
    return raw


def test_keys_of_other_objectives_are_not_in_a_recipe() -> None:
    moco, simclr = recipes(study())["trained"], recipes(with_objective())["trained"]
    expected = {key: moco["training"][key] for key in moco["training"]}
    for key in ("queue", "key_momentum"):
        del expected[key]
    assert simclr == {**moco, "training": {**expected, "objective": "simclr"}}
    # A queue for other conditions is nothing to this one.
    raw = with_objective(queue=512)
    assert recipes(raw)["trained"] == simclr


def test_a_recipe_without_them_is_read() -> None:
    recipe = Recipe.from_mapping(recipes(with_objective(temperature=0.1))["trained"])
    assert (recipe.objective, recipe.temperature) == ("simclr", 0.1)
    assert Recipe.from_mapping(recipes(study())["trained"]).objective == "moco"
