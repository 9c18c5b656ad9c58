"""What does a diet cost? Each change of the images, beside a training step without a diet.

    python benchmarks/diets.py
    python benchmarks/diets.py --device cuda

A change is made as training makes it: drawn for each image of the batch, with a strength of its own
where there are such, and made to both views on the device. Steps and changes alternate, round after
round, in one process; on a CPU with one thread, whose time is that of the core. The bound holds for
each change at each size. Networks are those that are trained at these sizes; a larger one makes the
share smaller.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import data
import machine
import made_images
import ours
import outcome
import torch
from torch import Tensor

from trajectories.networks.backbone import exact_arithmetic, pick_device
from trajectories.training.batches import Batches
from trajectories.training.diets import draws, pixels
from trajectories.training.diets.schedule import Diet
from trajectories.training.trainer import Trainer

MOST_SHARE = 0.1
# Of each change the dearest: another strength for each image.
CHANGES: dict[str, Any] = {
    "blur": [7.0, 28.0],
    "saturation": [0.0, 0.9],
    "contrast": [0.1, 0.9],
    "brightness": [0.1, 0.9],
    "resolution": [0.1, 0.9],
    "spectrum": [0.001, 0.02],
    "field": [0.3, 0.9],
    "noise": [0.05, 0.2],
    "flip": 1.0,
}
SETTINGS = {
    "32": data.SETTINGS["default"],
    "64": data.SETTINGS["resnet18-64"],
    "224": data.Setting("resnet50", 224, 256, 32, None, 1, queue=256),
    "224-gpu": data.Setting("resnet50", 224, 256, 256, "bf16", 5, queue=65536),
    "try": data.SETTINGS["try"],
}
ON_CPU, ON_GPU = ("32", "64", "224"), ("32", "64", "224-gpu")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each change; the exit status is 1 if the bound is not met."""
    device = pick_device(arguments.device)
    if device.type == "cpu":
        torch.set_num_threads(1)
    exact_arithmetic()
    print(machine.describe(device))
    names = arguments.settings or (ON_GPU if device.type == "cuda" else ON_CPU)
    print(
        f"seconds a batch, median (least – most) of {arguments.rounds} rounds, and share of a step"
    )
    bounds, numbers = [], {}
    for name in names:
        found = measured(SETTINGS[name], device, arguments.rounds)
        step = statistics.median(found["step"])
        print(f"{name} px, a step without a diet: {spread(found['step'])}", flush=True)
        for change in CHANGES:
            share = statistics.median(found[change]) / step
            print(f"  {change:<12}{spread(found[change]):>40}{share:>9.1%}", flush=True)
            bounds.append(outcome.Bound(f"{change} at {name} px, share", share, MOST_SHARE))
        numbers[name] = found
    return outcome.conclude("diets", {"seconds": numbers}, bounds, arguments.json)


def spread(seconds: list[float]) -> str:
    """Median, least and most, in milliseconds."""
    median, low, high = (1e3 * f(seconds) for f in (statistics.median, min, max))
    return f"{median:,.2f} ms ({low:,.2f} – {high:,.2f})"


def measured(setting: data.Setting, device: torch.device, rounds: int) -> dict[str, list[float]]:
    """Seconds of a step, and of each change to a batch, of each round."""
    recipe = setting.recipe("fp32")
    count = recipe.batch_size * (4 + rounds * setting.steps)
    trainer = Trainer(recipe, 1, made_images.small(count, setting.stored), None, device)
    batches = Batches(trainer.images, recipe, trainer.seeds, 0)
    views = torch.rand(2 * recipe.batch_size, 3, setting.size, setting.size, device=device)
    ways = {"step": ours.steps(trainer)} | {
        change: changes(change, strength, batches, views) for change, strength in CHANGES.items()
    }
    for steps in ways.values():
        for _ in range(2):
            next(steps)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, steps in ways.items():
            times = setting.steps
            seconds[name].append(data.time_of(steps, times, device) / times)
    return seconds


def changes(change: str, strength: Any, batches: Batches, views: Tensor) -> Iterator[None]:
    """A change made again and again, to fresh copies of the same views, halted after each."""
    at = [[0.0, strength]]
    diet = Diet.from_mapping({"changes": [{"change": change, "at": at}]}, 1, 1)
    count = len(batches.batches[0])
    draw = partial(draws.of_batch, diet, 1, 0, 0, 1, count)
    places = [batches.places(0, view) for view in range(2)]
    while True:
        pixels.apply(views.clone(), draw(places), diet.side)
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS)
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
