"""The config of a study: read with defaults, and what follows from it for each condition.

A resolved config is a plain nested dict with every key of `workflow/schemas/config.schema.yaml`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.study import branches, plain_yaml, schema, sweeps
from trajectories.study.epochs import checkpoint_epochs as checkpoint_epochs
from trajectories.study.epochs import segment_name as segment_name
from trajectories.study.recipe import recipe_digest
from trajectories.study.series import own_checkpoints
from trajectories.study.stated import WHOLE, stated

Config = dict[str, Any]

# Keys of `training` that say how far and in what portions to train, not what a network becomes.
_NOT_IN_RECIPE = {"epochs", "segment_epochs"}


def read(path: Path) -> Config:
    """Read a config file, as `resolve` gives it.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, says something else than it seems (`plain_yaml`), or
        has wrong content.
    """
    if not path.exists():
        raise UserError(f"there is no config {path}: name another")
    text = given_files.utf8(path, "YAML")
    try:
        plain_yaml.check(text, path)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read as YAML ({reason}): correct it there") from error
    if not isinstance(raw, Mapping):
        raise UserError(f"{path} is not a config: write keys and values such as `experiment: mine`")
    return resolve(raw)


def resolve(raw: Mapping[str, Any]) -> Config:
    """Config with the defaults of missing keys, validated.

    Parameters
    ----------
    raw : mapping
        As read from YAML. It stays as it is. A resolved config resolves to itself.

    Returns
    -------
    dict
        Nested, numbers in the type that the schema gives. `categories.<name>.between` is
        `~(<within>)` where the user gave none; diets are spelled out (`study.diets`), and the
        conditions of `sweeps` are among `conditions`. A branch has the changes of its trunk, too.

    Raises
    ------
    UserError
        For an unknown or missing key, a wrong type or value, here or in a condition.
    """
    whole = schema.load()
    config: Config = schema.fill(sweeps.unfolded(raw), whole)
    schema.validate(config, whole)
    for name, sweep in config["sweeps"].items():
        diet = schema.part("training.diet")
        schema.validate(schema.fill(sweep["diet"], diet), diet, f"sweeps.{name}.diet")
    for condition in branches.ordered(config["conditions"]):
        changes = config["conditions"][condition]
        if changes["from"] is not None:
            _continue(config, condition)
        if changes["training"] and changes["checkpoints"]:
            raise UserError(
                f"config key `conditions.{condition}.training` is set together with `checkpoints`,"
                " which replace training: delete one of them"
            )
        if changes["checkpoints"] is not None:
            own_checkpoints.require_one_source(
                changes["checkpoints"], f"conditions.{condition}.checkpoints"
            )
        for section, settings in merged(config, condition).items():
            path = f"conditions.{condition}.{section}"
            schema.validate(settings, whole["properties"][section], path)
        images = images_of(config, condition)
        schema.validate(images, whole["properties"]["images"], f"conditions.{condition}.images")
    _require_images(config)
    for category in config["categories"].values():
        category.setdefault("between", f"~({category['within']})")
    return config


def merged(config: Config, condition: str) -> dict[str, Any]:
    """`network` and `training` of the config, with what the condition changes in them.

    Raises
    ------
    UserError
        If the config has no such condition.
    """
    if condition not in config["conditions"]:
        names = ", ".join(config["conditions"])
        raise UserError(f"config key `conditions` has no `{condition}`: choose among {names}")
    changes = config["conditions"][condition]
    return {
        section: schema.fill(
            _overridden(config[section], changes.get(section)),
            schema.load()["properties"][section],
        )
        for section in ("network", "training")
    }


def images_of(config: Config, condition: str) -> dict[str, Any] | None:
    """The block `images` of the config, with what a condition changes in it; None without one."""
    changes = config["conditions"][condition].get("images")
    settings: dict[str, Any] | None = config["images"]
    if not changes:
        return settings
    part = schema.load()["properties"]["images"]
    filled: dict[str, Any] = schema.fill(_overridden(settings, changes), part)
    return filled


def image_sets(config: Config) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """The sets of training images that a study needs.

    Returns
    -------
    dict of str to (dict, list of str)
        By the name of the file: the settings, and the conditions that share it, trunks before
        their branches. The file of the config's own images is `dataset.h5`; that of others is
        named by a digest of what is asked for, so that it stays when conditions come and go.
    """
    sets: dict[str, tuple[dict[str, Any], list[str]]] = {}
    part = schema.load()["properties"]["images"]
    for condition in branches.ordered(config["conditions"]):
        images = images_of(config, condition)
        if images is None or not needs_images(config, condition):
            continue
        name = "dataset.h5"
        if images != config["images"]:
            text = json.dumps(stated(images, part, "images"), sort_keys=True)
            name = f"dataset-{hashlib.sha256(text.encode()).hexdigest()[:8]}.h5"
        sets.setdefault(name, (images, []))[1].append(condition)
    return sets


def imported(config: Config, condition: str) -> dict[str, Any] | None:
    """The block `checkpoints` of a condition, None where the condition is trained."""
    checkpoints: dict[str, Any] | None = config["conditions"][condition]["checkpoints"]
    return checkpoints


def needs_images(config: Config, condition: str) -> bool:
    """Whether a condition needs training images: to train, or to recalibrate statistics."""
    recalibrated = config["activations"]["batchnorm"] == "recalibrated"
    return recalibrated or imported(config, condition) is None


def condition_settings(
    config: Config,
    condition: str,
    excluded: Callable[[dict[str, Any]], Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Recipe of a condition: everything that determines trained weights, apart from the seed.

    Not included: how far to train (`epochs`), in what portions (`segment_epochs`), on what machine
    (`compute`). So a recipe stays the same when training is continued or moved. Nor are keys of
    objectives other than the condition's, and keys at their default that were added after recipes
    were first written: see `stated`.

    Parameters
    ----------
    excluded : callable, optional
        Gives, for the block `images`, those that must not be learnt from, to be stated among it.

    Returns
    -------
    dict
        `image_size`, `network`, and `images` and `training` or, where weights are imported,
        `checkpoints`; of a branch also `from`, with the digest of its trunk's recipe, and the
        trunk's images where they are others. To be written as JSON.
    """
    whole = schema.load()["properties"]
    settings = merged(config, condition)
    recipe = {
        "image_size": config["image_size"],
        "network": stated(settings["network"], whole["network"], "network"),
    }
    checkpoints = imported(config, condition)
    if checkpoints is not None:
        own = whole["conditions"]["additionalProperties"]["properties"]["checkpoints"]
        return recipe | {"checkpoints": stated(checkpoints, own, "checkpoints")}
    left_out = _NOT_IN_RECIPE | foreign_keys(settings["training"]["objective"])
    training = {k: v for k, v in settings["training"].items() if k not in left_out}
    images = images_of(config, condition)
    recipe |= {
        "images": stated(images, whole["images"], "images"),
        "training": stated(training, whole["training"], "training"),
    }
    if excluded is not None and images is not None:
        recipe["images"]["excluded"] = list(excluded(images))
    if (origin := config["conditions"][condition]["from"]) is not None:
        trunk = condition_settings(config, origin["condition"], excluded)
        recipe["from"] = {"recipe": recipe_digest(trunk), "epoch": origin["epoch"]}
        if trunk["images"] != recipe["images"]:
            recipe["from"]["images"] = trunk["images"]
        if "from" in trunk:
            recipe["from"]["from"] = trunk["from"]
    return recipe


def foreign_keys(objective: str) -> set[str]:
    """Keys of `training` that belong to other objectives: the schema says to which."""
    keys = schema.load()["properties"]["training"]["properties"]
    return {
        key for key, part in keys.items() if objective not in part.get("x-objectives", [objective])
    }


def trained_segments(config: Config, condition: str) -> list[tuple[int, int]]:
    """Segments (start, stop) that one job each trains, in epochs trained before and after.

    20 epochs in segments of 8 are (0, 8), (8, 16), (16, 20): when `epochs` grows, segments of
    full length stay as they are. A branch begins where it leaves its trunk.
    """
    training = merged(config, condition)["training"]
    epochs, length = training["epochs"], training["segment_epochs"]
    first = (config["conditions"][condition]["from"] or {"epoch": 0})["epoch"]
    return [(start, min(start + length, epochs)) for start in range(first, epochs, length)]


def _continue(config: Config, condition: str) -> None:
    """Give a branch the changes of its trunk, where it makes none of its own."""
    changes = config["conditions"][condition]
    if changes["checkpoints"] is not None:
        raise UserError(
            f"config key `conditions.{condition}.from` is set together with `checkpoints`, which"
            " replace training: delete one of them"
        )
    trunk = config["conditions"][changes["from"]["condition"]]
    for section in ("images", "network", "training"):
        changes[section] = _overridden(trunk[section], changes[section])


def _require_images(config: Config) -> None:
    """Refuse a config without training images if a condition needs them."""
    for condition in config["conditions"]:
        if images_of(config, condition) is None and needs_images(config, condition):
            reason = (
                f"condition {condition} is trained"
                if imported(config, condition) is None
                else "`activations.batchnorm` is recalibrated, which estimates statistics from them"
            )
            raise UserError(
                "config key `images` is missing: add it (what the networks learn from), as"
                f" {reason}"
            )


def _overridden(settings: object, changes: object) -> object:
    """`settings` with the values that nested `changes` gives; an empty block changes nothing."""
    if not isinstance(settings, Mapping):
        return changes
    if changes is None:
        return settings
    if not isinstance(changes, Mapping):
        return changes
    changed = {
        name: value if name in WHOLE else _overridden(settings.get(name), value)
        for name, value in changes.items()
    }
    return {**settings, **changed}
