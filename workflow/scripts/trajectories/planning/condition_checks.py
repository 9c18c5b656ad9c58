"""What the network and the training of each condition must satisfy, in one sentence each."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.description import Network
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

    def describe(self) -> Network:
        """Modules and sizes of the network."""
        architecture, stem = self.network["architecture"], self.network["stem"]
        return catalogue.describe(architecture, stem, self.config["image_size"])

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
        Warnings: what is allowed but rarely intended.

    Raises
    ------
    UserError
        For the first fault, naming the key and the remedy.
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
        groups, gpus = condition.training["bn_groups"], config["compute"]["gpus_per_seed"]
        if groups > gpus and not condition.describe().has_batchnorm:
            warnings.append(
                f"config key `{condition.key('training.bn_groups')}` is {groups}, but"
                f" {condition.network['architecture']} has no batch normalisation, so that"
                f" groups change nothing: write {gpus}"
            )
        _check_gpus(condition)
    return warnings


def refuse_reversed(key: str, limits: list[float], strictly: bool = False) -> None:
    """Refuse limits whose higher value comes first."""
    low, high = limits
    if low > high or (strictly and low == high):
        raise UserError(
            f"config key `{key}` is [{low:g}, {high:g}]: write the lower number first, then the"
            " higher"
        )


def _check_network(condition: Condition) -> None:
    architecture, stem = condition.network["architecture"], condition.network["stem"]
    size, kind = condition.config["image_size"], catalogue.find(architecture)
    catalogue.require_stem(kind, architecture, stem, condition.key("network.stem"))
    smallest = kind.smallest_image(stem)
    if size < smallest:
        smaller = min(kind.stems, key=kind.smallest_image)
        hint = f" or choose the stem `{smaller}`" if smaller != stem else ""
        raise UserError(
            f"config key `image_size` is {size} pixels, too small for"
            f" `{condition.key('network.architecture')}` {architecture} with the stem {stem}: make"
            f" it at least {smallest}{hint}"
        )
    for layer in condition.config["activations"]["layers"]:
        _check_layer(layer, architecture, condition.describe())


def _check_layer(layer: str, architecture: str, network: Network) -> None:
    named = f'config key `activations.layers` names "{layer}", which {architecture}'
    if layer not in network.shapes:
        close = difflib.get_close_matches(layer, network.shapes, 3)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else "choose among " + ", ".join(name for name in network.shapes if "." not in name)
        )
        raise UserError(f"{named} lacks: {hint}")
    if network.modules[layer].repeated:
        block = layer.rpartition(".")[0]
        raise UserError(f"{named} applies several times: write {block}, the output of its last use")


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
            f" `{condition.key('training.bn_groups')}` ({groups}): each GPU takes the same number"
            f" of groups, so write one of {', '.join(map(str, _divisors(groups)))}"
        )


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def _nearest_multiple(value: int, unit: int) -> int:
    return max(1, round(value / unit)) * unit


def _at(block: dict[str, Any], path: str) -> dict[str, Any]:
    for step in path.split("."):
        block = block[step]
    return block
