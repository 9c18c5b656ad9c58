"""Networks that learn at once on one device: images per second of all, beside one alone.

    python benchmarks/sharing.py                       # of a CPU, as many as it has cores, too
    python benchmarks/sharing.py --device cuda         # ResNet-18 at 32 px, ResNet-50 at 224 px

The workflow's own training, views and all, each network in a process of its own, as `make run`
starts them. A small network leaves a large GPU idle, so that several at once do more together.
"""

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import machine
import made_images
import ours
import outcome
import rounds
import torch

from trajectories.networks.backbone import exact_arithmetic, pick_device
from trajectories.training.trainer import Trainer


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network and its images; steps of a round."""

    architecture: str
    stem: str
    size: int
    batch: int
    precision: str
    steps: int


SETTINGS = {
    "resnet18-32-small-fp32": Setting("resnet18", "small", 32, 512, "fp32", 20),
    "resnet18-32-small-bf16": Setting("resnet18", "small", 32, 512, "bf16", 20),
    "resnet50-224-bf16": Setting("resnet50", "imagenet", 224, 256, "bf16", 5),
    "resnet18-32": Setting("resnet18", "imagenet", 32, 64, "fp32", 10),
    "try": Setting("resnet10_narrow", "imagenet", 32, 32, "fp32", 1),
}
ON_CPU = ("resnet18-32",)
ON_GPU = ("resnet18-32-small-fp32", "resnet18-32-small-bf16", "resnet50-224-bf16")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each setting and number of networks."""
    device = pick_device(arguments.device)
    on_gpu = device.type == "cuda"
    print(machine.describe(device))
    counts = arguments.networks or ([1, 2, 4] if on_gpu else sorted({1, machine.cores()}))
    print(f"images per second of all together, median of {arguments.rounds} rounds")
    print(f"{'':<26}{'networks':>9}{'images/s':>12}{'of one':>9}")
    found: dict[str, dict[int, float]] = {}
    for name in arguments.settings or (ON_GPU if on_gpu else ON_CPU):
        found[name] = {}
        for count in counts:
            found[name][count] = measured(name, count, arguments)
            ratio = found[name][count] / found[name][counts[0]]
            print(f"{name:<26}{count:>9}{found[name][count]:>12,.0f}{ratio:>8.2f} ×", flush=True)
    return outcome.conclude("sharing", {"images_per_second": found}, [], arguments.json)


def measured(name: str, count: int, arguments: argparse.Namespace) -> float:
    """Images per second of so many networks at once."""
    command = [__file__, "--work", name, arguments.device]
    with rounds.Alternative(f"{count} networks", command, count, threads=1) as networks:
        rounds.measure([networks], arguments.rounds)
    return networks.median("images") / networks.median("wall_seconds")


def work(setting: Setting, device: torch.device, seed: int) -> None:
    """In a process of its own: warm up, then some steps on each request."""
    if device.type == "cpu":
        torch.set_num_threads(1)
    exact_arithmetic()
    recipe = ours.recipe(
        architecture=setting.architecture,
        stem=setting.stem,
        image_size=setting.size,
        batch_size=setting.batch,
        queue=8 * setting.batch,
        precision=setting.precision,
    )
    images = made_images.small(4 * setting.batch, setting.size)
    steps = ours.steps(Trainer(recipe, seed, images, None, device))
    for _ in range(2):
        next(steps)

    def one_round() -> dict[str, float]:
        began = time.perf_counter()
        for _ in range(setting.steps):
            next(steps)
        machine.synchronise(device)
        return {"images": setting.steps * setting.batch, "seconds": time.perf_counter() - began}

    rounds.serve(one_round)


if __name__ == "__main__":
    if "--work" in sys.argv:
        name, device, number = sys.argv[sys.argv.index("--work") + 1 :]
        work(SETTINGS[name], pick_device(device), int(number))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
        parser.add_argument("--settings", nargs="+", choices=SETTINGS)
        parser.add_argument("--networks", nargs="+", type=int, help="how many at once")
        parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
        parser.add_argument("--json", type=Path, help="file to add the numbers to")
        sys.exit(main(parser.parse_args()))
