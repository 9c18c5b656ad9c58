"""What a study costs, from its config alone: steps, operations, GPU hours and disk space."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.planning.conditions import layers as study_layers
from trajectories.planning.conditions.condition import Condition
from trajectories.planning.image_checks import n_classes
from trajectories.rdms.rdm import n_pairs
from trajectories.stimuli import expected
from trajectories.stimuli.table import FEWEST, located, read_table
from trajectories.study.config import (
    Config,
    checkpoint_epochs,
    condition_settings,
    image_sets,
    images_of,
    merged,
    trained_segments,
)
from trajectories.study.recipe import Recipe
from trajectories.training.objectives import registry

ACTIVATION = 4  # bytes: activations are stored as float32
DISSIMILARITY = 8  # bytes: RDMs are stored as float64
_OPERATIONS = 2  # of a multiply-add

# What the README of the public MoCo code reports of ResNet-50 on ImageNet.
_IMAGES, _BATCH, _EMBEDDING, _QUEUE = 1_281_167, 256, 128, 65_536
_EPOCHS, _HOURS, _GPUS = 200, 53, 8


@dataclass(frozen=True)
class Needs:
    """What training and its results cost, for a segment, an instance or a study.

    Attributes
    ----------
    epochs, steps, images : int
        Epochs, optimiser steps and training images, each of which is seen in one view or two.
    operations : int
        Floating-point operations of training; a multiply-add is two.
    shown : int
        Images shown to extract responses: test images, and those for recalibration.
    checkpoints, state, rdms, activations : int
        Bytes on the disk. RDMs lie there twice, by segment and as a trajectory; activations only
        until their RDMs are made, unless the config keeps them.
    """

    epochs: int
    steps: int
    images: int
    operations: int
    shown: int
    checkpoints: int
    state: int
    rdms: int
    activations: int

    @classmethod
    def sum(cls, parts: Iterable[Self]) -> Self:
        """Needs of several parts together; there must be at least one."""
        return cls(*map(sum, zip(*map(astuple, parts), strict=True)))


@dataclass(frozen=True)
class Rate:
    """How fast one GPU trains.

    Attributes
    ----------
    value : float
        Per second, in `unit`.
    unit : {"operations", "images"}
        Floating-point operations, or training images whatever the network.
    source : str
        Where the value comes from.
    """

    value: float
    unit: str
    source: str

    @classmethod
    def reported(cls) -> Self:
        """The rate that the README of the public MoCo code implies for one of its GPUs."""
        network = catalogue.describe("resnet50", "imagenet", 224)
        images = _EPOCHS * (_IMAGES // _BATCH) * _BATCH
        multiply_adds = registry.momentum_contrast(network, _EMBEDDING, _QUEUE)
        operations = images * _OPERATIONS * multiply_adds
        source = (
            f"of the public MoCo code: ResNet-50, {_EPOCHS} epochs in {_HOURS} hours on {_GPUS}"
            " V100 GPUs (README of github.com/facebookresearch/moco)"
        )
        return cls(operations / (_HOURS * 3600 * _GPUS), "operations", source)

    def hours(self, needs: Needs) -> float:
        """Hours that one GPU takes for the training in `needs`."""
        units = needs.images if self.unit == "images" else needs.operations
        return units / self.value / 3600


@dataclass(frozen=True)
class Study:
    """What a whole study costs.

    Attributes
    ----------
    n_conditions, n_instances, n_segments : int
        Those that are trained.
    segment, instance : Needs
        Of the segment and of the instance with the most operations.
    all : Needs
        Of all instances together.
    passing : int
        Bytes of activations that are deleted again, for one segment of each instance at a time.
    passing_instance : int
        Likewise of one instance.
    branches : tuple of str
        Conditions that go on from others, of which their own epochs alone are counted.
    one_view : bool
        Whether some networks learn from one view of each image.
    dataset : int or None
        Bytes of the packed training images, of which all instances learn; None where that is
        known only from the images.
    """

    n_conditions: int
    n_instances: int
    n_segments: int
    segment: Needs
    instance: Needs
    all: Needs
    passing: int
    passing_instance: int
    branches: tuple[str, ...]
    one_view: bool
    dataset: int | None


def stimulus_count(table: Path, declared: int | None = None) -> int:
    """Number of test images: as declared, of the table or, where it is missing, as assumed."""
    if declared is not None:
        if declared < FEWEST:
            raise UserError(f"--stimuli must be at least {FEWEST}")
        return declared
    if not located(table).exists():
        return expected.PUBLISHED_STIMULI
    return len(read_table(table).stimulus)


def trained(config: Config) -> list[str]:
    """The conditions that are trained here; others take existing checkpoints."""
    return [name for name in config["conditions"] if not _imported(config, name)]


def study_needs(config: Config, n_stimuli: int) -> Study:
    """What a study costs from its first job to its last, whatever is already done.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    n_stimuli : int
        Number of test images.

    Raises
    ------
    UserError
        If it trains nothing, as all its conditions take existing checkpoints.
    """
    names = trained(config)
    if not names:
        raise UserError(
            f"the study {config['experiment']} takes all networks from existing checkpoints, so"
            " there is no training whose cost could be computed: leave out `--write`"
        )
    segments = [segment_needs(config, name, n_stimuli) for name in names]
    instances = [Needs.sum(parts) for parts in segments]
    n_seeds, keep = len(config["seeds"]), config["activations"]["keep"]
    passing = [0 if keep else max(part.activations for part in parts) for parts in segments]
    return Study(
        n_conditions=len(names),
        n_instances=len(names) * n_seeds,
        n_segments=sum(map(len, segments)) * n_seeds,
        segment=max((part for parts in segments for part in parts), key=_operations),
        instance=max(instances, key=_operations),
        all=Needs.sum(instances * n_seeds),
        passing=sum(passing) * n_seeds,
        passing_instance=max(passing),
        branches=tuple(name for name in names if config["conditions"][name].get("from")),
        one_view=any(
            registry.describe(merged(config, name)["training"]["objective"]).views == 1
            for name in names
        ),
        dataset=_all_bytes([images for images, _ in image_sets(config).values()]),
    )


def segment_needs(config: Config, condition: str, n_stimuli: int) -> list[Needs]:
    """Needs of each segment of one instance of a condition.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    condition : str
    n_stimuli : int
        Number of test images.
    """
    recipe = Recipe.from_mapping(condition_settings(config, condition))
    objective = registry.describe(recipe.objective)
    described = catalogue.describe(recipe.architecture, recipe.stem, recipe.image_size)
    steps = (images_of(config, condition) or {})["count"] // recipe.batch_size
    processes = config["compute"]["gpus_per_seed"]
    classes = n_classes(config, condition) if objective.labelled else 0
    image = _OPERATIONS * objective.multiply_adds(described, recipe, processes, classes)
    layers = study_layers.names(config)
    chosen = Condition.of(config, condition)
    units = sum(chosen.units(layer) for layer in layers)
    return [
        Needs(
            epochs=stop - start,
            steps=(stop - start) * steps,
            images=(stop - start) * steps * recipe.batch_size,
            operations=(stop - start) * steps * recipe.batch_size * image,
            shown=n_checkpoints * len(layers) * (n_stimuli + _recalibration(config["activations"])),
            checkpoints=n_checkpoints * described.checkpoint_bytes,
            state=objective.state_bytes(described, recipe, classes),
            rdms=2 * n_checkpoints * len(layers) * n_pairs(n_stimuli) * DISSIMILARITY,
            activations=n_checkpoints * n_stimuli * units * ACTIVATION,
        )
        for start, stop in trained_segments(config, condition)
        for n_checkpoints in [len(checkpoint_epochs(start, stop, recipe.extra_checkpoints))]
    ]


def _imported(config: Config, condition: str) -> bool:
    return bool((config["conditions"][condition] or {}).get("checkpoints"))


def _operations(needs: Needs) -> int:
    return needs.operations


def _all_bytes(sets: list[dict[str, Any]]) -> int | None:
    sizes = [size for images in sets if (size := _dataset_bytes(images)) is not None]
    return sum(sizes) if len(sizes) == len(sets) else None


def _dataset_bytes(images: dict[str, Any]) -> int | None:
    if images["storage"] == "jpeg":
        return None
    return int(images["count"]) * int(images["stored_size"]) ** 2 * 3


def _recalibration(activations: dict[str, Any]) -> int:
    recalibrated = activations["batchnorm"] == "recalibrated"
    return int(activations["recalibration_images"]) if recalibrated else 0
