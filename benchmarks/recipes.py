"""Search of recipes: how well do networks learn to see in so many minutes of a core.

Trains each trial of a table by the workflow's own code and adds a row to a file of results; trials
that have one are skipped, so the search can be stopped and started again. Results and what was
chosen: recipes.md.

    python benchmarks/recipes.py benchmarks/recipes.yaml --results benchmarks/recipes.csv
"""

import argparse
import csv
import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import machine
import ours
import torch
import yaml
from numpy.typing import NDArray

from trajectories.images.inputs import network_input
from trajectories.images.sources import registry
from trajectories.images.sources.source import Request, Squares
from trajectories.networks.backbone import exact_arithmetic
from trajectories.stimuli.table import read_table
from trajectories.study import config
from trajectories.study.recipe import Recipe
from trajectories.training import diagnostics
from trajectories.training.neighbours import weighted_accuracy
from trajectories.training.trainer import Trainer

COLUMNS = (
    "trial",
    "study",
    "seed",
    "minutes",
    "instructions",
    "epochs",
    "images_per_second",
    "knn",
    "view",
    "nearest",
    "loss",
    "untrained_knn",
    "untrained_view",
    "untrained_nearest",
    "processor",
)
WARM_UP, MEASURED = 3, 8  # steps


class Images(NamedTuple):
    """What is learnt from, and what is asked for its label."""

    training: Squares
    held_out: Squares


def main(arguments: argparse.Namespace) -> None:
    """Run every trial that has no result yet."""
    torch.set_num_threads(1)
    exact_arithmetic()
    trials = yaml.safe_load(arguments.trials.read_text())
    for number, trial in enumerate(trials):
        for seed in trial.get("seeds", [1]):
            if (trial["trial"], seed) not in finished(arguments.results):
                row = measure(trial, seed, arguments)
                add(arguments.results, row)
                print(f"{number + 1}/{len(trials)}", " ".join(map(str, row.values())), flush=True)


def finished(results: Path) -> set[tuple[str, int]]:
    """Trials and seeds that have a row."""
    if not results.exists():
        return set()
    with results.open(newline="") as file:
        return {(row["trial"], int(row["seed"])) for row in csv.DictReader(file)}


def add(results: Path, row: dict[str, Any]) -> None:
    """Add a row to the results."""
    new = not results.exists()
    with results.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def measure(trial: dict[str, Any], seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train a network for the epochs of the trial, or its minutes; measure how well it sees."""
    recipe, images = prepared(trial, arguments.data, arguments.held_out)
    if "epochs" in trial:
        epochs = trial["epochs"]
    else:
        seen_in_time = 60 * trial["minutes"] * images_per_second(recipe, images)
        epochs = max(1, round(seen_in_time / len(images.training.images)))
    recipe = dataclasses.replace(recipe, schedule_epochs=epochs)
    trainer = Trainer(recipe, seed, images.training.images, images.training.label, CPU)
    trainer.record_untrained()
    before = untrained(trainer, images, trial, seed)
    used = 0.0
    while trainer.epoch < epochs:
        began = time.process_time()
        for _ in trainer.train_epoch({}):
            pass
        used += time.process_time() - began
    first, last = trainer.history[0], trainer.history[-1]
    return {
        "trial": trial["trial"],
        "study": trial["study"],
        "seed": seed,
        "minutes": round(used / 60, 4),
        "instructions": os.environ.get("ONEDNN_MAX_CPU_ISA", "all"),
        "epochs": epochs,
        "images_per_second": round(epochs * len(images.training.images) / used),
        "knn": round(seen(trainer, images), 4),
        "view": number(last["view_top1"]),
        "nearest": number(last["knn_top1"]),
        "loss": number(last["loss"]),
        "untrained_knn": round(before, 4),
        "untrained_view": number(first["view_top1"]),
        "untrained_nearest": number(first["knn_top1"]),
        "processor": machine.processor(),
    }


CPU = torch.device("cpu")
_UNTRAINED: dict[str, float] = {}


def untrained(trainer: Trainer, images: Images, trial: dict[str, Any], seed: int) -> float:
    """Accuracy of a network before training, once for all trials that share it."""
    blocks = [trial["study"], trial.get("images"), trial.get("network"), seed]
    key = json.dumps(blocks, sort_keys=True)
    if key not in _UNTRAINED:
        _UNTRAINED[key] = seen(trainer, images)
    return _UNTRAINED[key]


def number(value: float | None) -> float:
    """A number of the history."""
    return float("nan") if value is None else round(value, 4)


def prepared(trial: dict[str, Any], data: Path, held_out: int) -> tuple[Recipe, Images]:
    """The recipe of a study with the changes of a trial, and its images."""
    settings = config.read(ours.REPOSITORY / "config" / f"{trial['study']}.yaml")
    for block in ("images", "network"):
        settings[block] = settings[block] | trial.get(block, {})
    changes = dict(trial.get("training", {}))
    changes["augmentation"] = settings["training"]["augmentation"] | changes.get("augmentation", {})
    settings["training"] = settings["training"] | changes
    source = settings["images"]["source"]
    if source != "openmoji":
        settings["images"]["path"] = str(data)
    recipe = Recipe.from_mapping(config.condition_settings(settings, "moco"))
    request = request_of(settings)
    found = registry.find(source)
    training = found.squares(request, lambda: None)
    if found.held_out is None:
        raise SystemExit(f"{source} holds no images out: choose another study")
    others = dataclasses.replace(request, count=held_out)
    return recipe, Images(training, found.held_out(others, lambda: None))


def request_of(settings: dict[str, Any]) -> Request:
    """The training images that a study wants."""
    images = settings["images"]
    excluded: tuple[str, ...] = ()
    if images["source"] == "openmoji":
        excluded = tuple(read_table(ours.REPOSITORY / settings["stimuli"]["table"]).files)
    path = None if images.get("path") is None else Path(images["path"])
    return Request(path, images["count"], images["stored_size"], images["seed"], excluded)


def images_per_second(recipe: Recipe, images: Images) -> float:
    """Speed of training, in images per second of one core."""
    measured = dataclasses.replace(recipe, probe_images=0)
    trainer = Trainer(measured, 0, images.training.images, images.training.label, CPU)
    steps = ours.steps(trainer)
    for _ in range(WARM_UP):
        next(steps)
    began = time.process_time()
    for _ in range(MEASURED):
        next(steps)
    return MEASURED * recipe.batch_size / (time.process_time() - began)


def seen(trainer: Trainer, images: Images) -> float:
    """Weighted nearest-neighbour accuracy of held-out images."""
    backbone, size = trainer.model.backbone, trainer.recipe.image_size

    def features(pixels: NDArray[Any]) -> torch.Tensor:
        parts = [pixels[start : start + 1000] for start in range(0, len(pixels), 1000)]
        return torch.cat(
            [diagnostics.features(backbone, network_input(part, size), 250) for part in parts]
        )

    return weighted_accuracy(
        features(images.training.images),
        torch.from_numpy(images.training.label).long(),
        features(images.held_out.images),
        torch.from_numpy(images.held_out.label).long(),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", type=Path, help="table of trials (YAML)")
    parser.add_argument("--results", type=Path, required=True, help="table to add to (CSV)")
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="folder of CIFAR-10 (default: data)"
    )
    parser.add_argument(
        "--held-out", type=int, default=5000, help="images to be named, at most (default: 5000)"
    )
    main(parser.parse_args())
