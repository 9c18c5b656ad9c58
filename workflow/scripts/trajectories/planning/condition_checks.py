"""What the network and the training of each condition must satisfy, in one sentence each."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trajectories.errors import UserError
from trajectories.networks import catalogue as networks
from trajectories.study import schema
from trajectories.study.config import Config, condition_settings, foreign_keys, imported, merged
from trajectories.study.recipe import Recipe
from trajectories.training.objectives import registry


@dataclass(frozen=True)
class Condition:
    """A condition's settings, and the names by which the user gave them."""

    config: Config
    name: str
    network: dict[str, Any]
    training: dict[str, Any]

    def key(self, path: str) -> str:
        """Where the user sets `path`, such as "training.queue": here, or for all conditions."""
        changes: Any = self.config["conditions"][self.name]
        for step in path.split("."):
            if not isinstance(changes, dict) or step not in changes:
                return path
            changes = changes[step]
        return f"conditions.{self.name}.{path}"

    def describe(self) -> networks.Network:
        """Modules and sizes of the network."""
        architecture, stem = self.network["architecture"], self.network["stem"]
        return networks.describe(architecture, stem, self.config["image_size"])

    def recipe(self) -> Recipe:
        """The recipe, of a condition that is trained."""
        return Recipe.from_mapping(condition_settings(self.config, self.name))


def conditions(config: Config) -> Iterator[Condition]:
    """The conditions of a config."""
    for name in config["conditions"]:
        yield Condition(config, name, **merged(config, name))


def check(config: Config) -> list[str]:
    """Check the settings of each condition against each other.

    Returns
    -------
    list of str
        Warnings: what is allowed and seldom meant.

    Raises
    ------
    UserError
        For the first fault, naming key and mend.
    """
    warnings = []
    for condition in conditions(config):
        _check_network(condition)
        if imported(config, condition.name) is not None:
            continue
        _check_objective(condition)
        _check_batches(condition)
        warnings += registry.describe(condition.training["objective"]).check(
            condition.describe(), condition.recipe(), config["images"]["count"], condition.key
        )
        _check_epochs(condition)
        for path in ("augmentation.crop_scale", "augmentation.blur.sigma"):
            block, _, leaf = path.rpartition(".")
            refuse_reversed(condition.key(f"training.{path}"), _at(condition.training, block)[leaf])
        _check_gpus(condition)
    return warnings


def refuse_reversed(key: str, limits: list[float], strictly: bool = False) -> None:
    """Refuse limits of which the higher comes first."""
    low, high = limits
    if low > high or (strictly and low == high):
        raise UserError(
            f"config key `{key}` is [{low:g}, {high:g}]: write the lower number first, then the"
            " higher"
        )


def _check_network(condition: Condition) -> None:
    size, smallest = (
        condition.config["image_size"],
        networks.smallest_image(condition.network["stem"]),
    )
    if size < smallest:
        hint = " or choose the stem `small`" if condition.network["stem"] == "imagenet" else ""
        raise UserError(
            f"config key `image_size` is {size} pixels, too small for"
            f" `{condition.key('network.stem')}` {condition.network['stem']}: make it at least"
            f" {smallest}{hint}"
        )
    shapes = condition.describe().shapes
    architecture = condition.network["architecture"]
    for layer in condition.config["activations"]["layers"]:
        if layer not in shapes:
            close = difflib.get_close_matches(layer, shapes, 3)
            hint = (
                f"did you mean {' or '.join(close)}?"
                if close
                else "choose among " + ", ".join(name for name in shapes if "." not in name)
            )
            raise UserError(
                f'config key `activations.layers` names "{layer}", which {architecture} lacks:'
                f" {hint}"
            )
        if re.fullmatch(r"layer\d\.\d+\.relu", layer):
            block = layer.removesuffix(".relu")
            raise UserError(
                f'config key `activations.layers` names "{layer}", which {architecture} applies'
                f" several times: write {block}, the output of its last use"
            )


def _check_objective(condition: Condition) -> None:
    """Refuse keys that mean nothing to the objective, unless others of the conditions need them."""
    objective = condition.training["objective"]
    keys = schema.load()["properties"]["training"]["properties"]
    others = [each for each in conditions(condition.config) if each.name != condition.name]
    for name in sorted(foreign_keys(objective)):
        key = condition.key(f"training.{name}")
        meant = key.startswith("conditions.") or all(
            name in foreign_keys(other.training["objective"]) for other in others
        )
        if meant and condition.training[name] != keys[name]["default"]:
            raise UserError(
                f"config key `{key}` is {condition.training[name]:g}, but the objective"
                f" {objective} has no such key: delete it, or set"
                f" `{condition.key('training.objective')}` to"
                f" {' or '.join(keys[name]['x-objectives'])}"
            )


def _check_batches(condition: Condition) -> None:
    training, count = condition.training, condition.config["images"]["count"]
    batch, groups = training["batch_size"], training["bn_groups"]
    batch_key, groups_key = (
        f"config key `{condition.key(f'training.{name}')}`" for name in ("batch_size", "bn_groups")
    )
    if batch > count:
        raise UserError(
            f"{batch_key} is {batch}, more than the {count} training images: lower it, or raise"
            " `images.count`"
        )
    if batch % groups:
        raise UserError(
            f"{batch_key} is {batch}, which cannot be divided into `bn_groups` ({groups}) equal"
            f" groups: make it a multiple such as {_nearest_multiple(batch, groups)}"
        )
    if batch == groups:
        raise UserError(
            f"{groups_key} is {groups}, so that batch normalisation sees one image at a time:"
            f" make it at most {batch // 2}, half of `batch_size`"
        )
    probes = training["probe_images"]
    if probes > count:
        raise UserError(
            f"config key `{condition.key('training.probe_images')}` is {probes}, more"
            f" than the {count} training images: make it at most {count}"
        )


def _check_epochs(condition: Condition) -> None:
    training = condition.training
    epochs, horizon = training["epochs"], training["schedule_epochs"]
    if epochs > horizon:
        raise UserError(
            f"config key `{condition.key('training.epochs')}` is {epochs}, after the learning rate"
            f" has reached 0: make it at most `schedule_epochs` ({horizon}), or raise that"
        )
    first = condition.config["figures"]["first_epoch"]
    if first > epochs - 1:
        raise UserError(
            f"config key `figures.first_epoch` is {first:g}, so that no epochs of"
            f" `{condition.key('training.epochs')}` ({epochs}) are left to compare: make it at most"
            f" {epochs - 1}"
        )
    steps = condition.config["images"]["count"] // training["batch_size"]
    taken: dict[int, float] = {0: 0, steps: 1}
    for part in training["extra_checkpoints"]:
        step = round(part * steps)
        if step in taken or round(part, 3) != part:
            raise UserError(
                f"config key `{condition.key('training.extra_checkpoints')}` has {part:g}, which at"
                f" {steps} steps per epoch and three decimals is the same as"
                f" {taken.get(step, round(part, 3)):g}: delete or change it"
            )
        taken[step] = part


def _check_gpus(condition: Condition) -> None:
    compute, groups = condition.config["compute"], condition.training["bn_groups"]
    gpus, device = compute["gpus_per_seed"], compute["device"]
    if gpus > 1 and ":" in device:
        raise UserError(
            f"config key `compute.gpus_per_seed` is {gpus}, but `compute.device` {device} is one"
            " GPU: write cuda there"
        )
    if groups % gpus:
        raise UserError(
            f"config key `compute.gpus_per_seed` is {gpus}, which does not divide"
            f" `{condition.key('training.bn_groups')}` ({groups}): each GPU takes as many"
            f" groups, so write one of {', '.join(map(str, _divisors(groups)))}"
        )


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def _nearest_multiple(value: int, unit: int) -> int:
    return max(1, round(value / unit)) * unit


def _at(block: dict[str, Any], path: str) -> dict[str, Any]:
    for step in path.split("."):
        block = block[step]
    return block
