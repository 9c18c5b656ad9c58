"""What the network and the training of each condition must satisfy, in one sentence each."""

import difflib
import re
from typing import Any

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.planning.conditions import layers
from trajectories.planning.conditions.condition import Condition, conditions
from trajectories.study import schema
from trajectories.study.config import Config, foreign_keys
from trajectories.training.objectives import registry


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
    layers.together(config)
    for condition in conditions(config):
        _check_network(condition)
        if not condition.trained:
            continue
        _check_objective(condition)
        _check_batches(condition)
        warnings += registry.describe(condition.training["objective"]).check(
            condition.describe(), condition.recipe(), condition.images["count"], condition.key
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
    return [*warnings, *_unused_readouts(config)]


def _unused_readouts(config: Config) -> list[str]:
    """Warn of what is to be kept of tokens or feature maps where no layer has such."""
    kinds = (("tokens", "tokens", "maps", 2), ("maps", "feature maps", "tokens", 3))
    chosen = [kind for kind in kinds if config["activations"][kind[0]] != "all"]
    if not chosen:
        return []
    axes = {
        len(each.describe().modules[each.module(layer)].shape)
        for each in conditions(config)
        for layer in layers.names(config)
    }
    return [
        f"config key `activations.{key}` is {config['activations'][key]}, but no layer consists of"
        f" {what}, so that it changes nothing: delete it, or set `activations.{other}`"
        for key, what, other, number in chosen
        if number not in axes
    ]


def refuse_reversed(key: str, limits: list[float], strictly: bool = False) -> None:
    """Refuse limits whose higher value comes first."""
    low, high = limits
    if low > high or (strictly and low == high):
        raise UserError(
            f"config key `{key}` is [{low:g}, {high:g}]: write the lower number first, then the"
            " higher"
        )


def _check_network(condition: Condition) -> None:
    architecture, stem = condition.architecture, condition.network["stem"]
    own = catalogue.trainable(architecture)
    kind = catalogue.find(architecture) if own else None
    if kind is None:
        _check_library(condition)
    catalogue.require_stem(kind, architecture, stem, condition.key("network.stem"))
    changes = condition.network["preprocessing"] or {}
    if changes and condition.trained:
        raise UserError(
            f"config key `{condition.key('network.preprocessing')}` is set, but the condition"
            f" {condition.name} is trained here, on images of `image_size` with ImageNet's mean and"
            " SD: delete it"
        )
    size_key = "network.preprocessing.size" if changes.get("size") else "image_size"
    size = catalogue.input_size(architecture, condition.config["image_size"], changes or None)
    smallest = kind.smallest_image(stem) if kind else 1
    if kind and size is not None and size < smallest:
        smaller = min(kind.stems, key=kind.smallest_image)
        hint = f" or choose the stem `{smaller}`" if smaller != stem else ""
        raise UserError(
            f"config key `{condition.key(size_key)}` is {size} pixels, too small for"
            f" `{condition.key('network.architecture')}` {architecture} with the stem {stem}: make"
            f" it at least {smallest}{hint}"
        )
    preprocessing = condition.preprocessing()
    if preprocessing.resize is not None and preprocessing.resize < preprocessing.size:
        raise UserError(
            f"config key `{condition.key('network.preprocessing.resize')}` is"
            f" {preprocessing.resize}, less than the {preprocessing.size} pixels that are cut from"
            " it: raise it, or write whole"
        )
    for layer in layers.names(condition.config):
        _check_layer(layer, condition)


def _check_library(condition: Condition) -> None:
    """Refuse a network that there is not, or that can only be read, where it would be trained."""
    key = f"config key `{condition.key('network.architecture')}`"
    try:
        catalogue.library(condition.architecture)
    except UserError as error:
        raise UserError(f"{key} is {condition.architecture}, but {error}") from error
    if condition.trained:
        raise UserError(
            f"{key} is {condition.architecture}, which cannot be trained here, as the condition"
            f" {condition.name} would: choose among {', '.join(catalogue.ARCHITECTURES)}, or name"
            f" `checkpoints` of it in `conditions.{condition.name}`"
        )


def _check_layer(layer: str, condition: Condition) -> None:
    network, architecture = condition.describe(), condition.architecture
    module = condition.module(layer)
    place = "`activations.layers`" if module == layer else f"`activations.layers.{layer}`"
    named = f'config key {place} names "{module}"'
    if module not in network.shapes:
        close = difflib.get_close_matches(module, network.shapes, 3)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else "choose among " + ", ".join(name for name in network.shapes if "." not in name)
        )
        raise UserError(f"{named}, which {architecture} lacks: {hint}")
    if module in network.faults:
        parts = module.split(".")
        around = [".".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]
        sound = next((name for name in around if name not in network.faults), "another")
        repeated = network.modules[module].repeated
        what = f"{sound}, the output of its last use" if repeated else f"{sound} instead"
        raise UserError(f"{named}, but {architecture} {network.faults[module]}: write {what}")
    if not re.fullmatch(r"[\w.]+", layer):
        raise UserError(
            f"{named}, which no file can be named after: give it a role, as in"
            f' `layers: {{early: {{"{architecture}": "{module}"}}}}`'
        )
    condition.units(layer)


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
    training, count = condition.training, condition.images["count"]
    batch, groups = training["batch_size"], training["bn_groups"]
    batch_key, groups_key = (
        f"config key `{condition.key(f'training.{name}')}`" for name in ("batch_size", "bn_groups")
    )
    if batch > count:
        raise UserError(
            f"{batch_key} is {batch}, more than the {count} training images: lower it, or raise"
            f" `{condition.key('images.count')}`"
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
    steps = condition.images["count"] // training["batch_size"]
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
