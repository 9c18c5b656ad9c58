"""Time of a training step whose batch is normalised in 8 groups of 32, compared with one of 256.

    python benchmarks/bn_groups.py
    python benchmarks/bn_groups.py --device cuda      # ResNet-50 at 224 px, in fp32 and bf16

Both are whole steps of the workflow's own training, in turn, each in a process of its own with one
thread on a CPU. Where groups cost more than the bound allows, the operations that differ most are
printed: their own milliseconds per step.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import machine
import made_images
import numpy as np
import ours
import outcome
import rounds
import torch

from trajectories.networks.backbone import exact_arithmetic, pick_device
from trajectories.training.trainer import Trainer

MOST_RATIO = 1.1
GROUPS = 8
STEPS_A_PROFILE, OPERATIONS = 2, 12


@dataclasses.dataclass(frozen=True)
class Setting:
    """One network, image size and precision; steps of a round."""

    architecture: str
    size: int
    precision: str = "fp32"
    steps: int = 1


SETTINGS = {
    "resnet18-32": Setting("resnet18", 32, steps=3),
    "resnet18-32-bf16": Setting("resnet18", 32, "bf16", steps=3),
    "resnet50-64": Setting("resnet50", 64),
    "resnet50-224": Setting("resnet50", 224, steps=10),
    "resnet50-224-bf16": Setting("resnet50", 224, "bf16", steps=10),
    "try": Setting("resnet10_narrow", 32),
}
ON_CPU = ("resnet18-32", "resnet18-32-bf16", "resnet50-64")
ON_GPU = ("resnet50-224", "resnet50-224-bf16")


def main(arguments: argparse.Namespace) -> int:
    """Print a table for each setting; the exit status is 1 if the bound is not met."""
    device = pick_device(arguments.device)
    print(machine.describe(device))
    print(
        f"seconds a step, batch {arguments.batch}, median (least – most) of"
        f" {arguments.rounds} rounds"
    )
    bounds, numbers = [], {}
    for name in arguments.settings or (ON_GPU if device.type == "cuda" else ON_CPU):
        seconds = measured(name, arguments)
        ratio = float(np.median(seconds["grouped"]) / np.median(seconds["ungrouped"]))
        for which, found in seconds.items():
            print(
                f"{name:<20}{which:<12}{np.median(found):8.3f}"
                f" ({min(found):.3f} – {max(found):.3f})"
            )
        bounds.append(outcome.Bound(f"{name}: grouped beside ungrouped", ratio, MOST_RATIO))
        numbers[name] = seconds
        if ratio > MOST_RATIO:
            print_profile(name, arguments)
    return outcome.conclude("bn_groups", {"seconds": numbers}, bounds, arguments.json)


def measured(name: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of a step in each round."""
    common = [__file__, "--work", name, arguments.device, str(arguments.batch)]
    alternatives = [
        rounds.Alternative("ungrouped", [*common, "1"], threads=1),
        rounds.Alternative("grouped", [*common, str(GROUPS)], threads=1),
    ]
    with ExitStack() as stack:
        for each in alternatives:
            stack.enter_context(each)
        rounds.measure(alternatives, arguments.rounds)
    return {each.name: [result["seconds"] for result in each.results] for each in alternatives}


def work(setting: Setting, device: torch.device, batch: int, groups: int) -> None:
    """In a process of its own: warm up, then some steps on each request."""
    steps = training(setting, device, batch, groups)
    next(steps)

    def one_round() -> dict[str, float]:
        # On a CPU, time of the core: what else the machine does hardly matters to it.
        clock = time.process_time if device.type == "cpu" else time.perf_counter
        machine.synchronise(device)
        began = clock()
        for _ in range(setting.steps):
            next(steps)
        machine.synchronise(device)
        return {"seconds": (clock() - began) / setting.steps}

    rounds.serve(one_round)


def training(setting: Setting, device: torch.device, batch: int, groups: int) -> Iterator[None]:
    """The workflow's own training, halted after each step."""
    if device.type == "cpu":
        torch.set_num_threads(1)
    exact_arithmetic()
    recipe = ours.recipe(
        architecture=setting.architecture,
        image_size=setting.size,
        batch_size=batch,
        bn_groups=groups,
        queue=8 * batch,
        precision=setting.precision,
    )
    images = made_images.small(4 * batch, setting.size)
    return ours.steps(Trainer(recipe, 1, images, None, device))


def print_profile(name: str, arguments: argparse.Namespace) -> None:
    """The operations whose own time differs most."""
    device = pick_device(arguments.device)
    one, other = (
        profiled(training(SETTINGS[name], device, arguments.batch, groups), device)
        for groups in (1, GROUPS)
    )
    by_difference = sorted(
        one | other, key=lambda key: -abs(other.get(key, 0.0) - one.get(key, 0.0))
    )
    print(f"{'operation':<44}{'ungrouped':>10}{'grouped':>10}{'more':>8}  (ms a step)")
    for key in by_difference[:OPERATIONS]:
        before, after = one.get(key, 0.0), other.get(key, 0.0)
        print(f"{key[:43]:<44}{before:>10.1f}{after:>10.1f}{after - before:>8.1f}")


def profiled(steps: Iterator[None], device: torch.device) -> dict[str, float]:
    """Milliseconds per step that each operation takes by itself."""
    from torch.profiler import ProfilerActivity, profile

    next(steps)
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=activities) as found:
        for _ in range(STEPS_A_PROFILE):
            next(steps)
    events: Any = found.key_averages()
    own = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    return {event.key: getattr(event, own) / 1000 / STEPS_A_PROFILE for event in events}


if __name__ == "__main__":
    if "--work" in sys.argv:
        name, device, batch, groups, _ = sys.argv[sys.argv.index("--work") + 1 :]
        work(SETTINGS[name], pick_device(device), int(batch), int(groups))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
        parser.add_argument("--settings", nargs="+", choices=SETTINGS)
        parser.add_argument("--batch", type=int, default=256, help="a multiple of 8")
        parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
        outcome.add_json(parser)
        sys.exit(main(parser.parse_args()))
