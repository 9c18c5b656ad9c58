"""Does data slow training down? Training compared with the bare model step on views in memory.

    python benchmarks/data.py
    python benchmarks/data.py --device cuda --workers 8
    python benchmarks/data.py --device cuda --dataset results/paper/dataset.h5

A whole step is what the workflow runs: images read, by worker processes if there are any, two
augmented views, keys, loss, update, records. The bare step is the same momentum contrast with views
that are on the device from the start. Both alternate, round after round, in one process; on a CPU
with one thread, as `make run` trains. Without workers, a CPU's time is that of the core, to which
it hardly matters what else the machine does. Also printed: the multiplications and additions of the
bare step, as a share of the most that the device reaches in a large matrix product, in fp32 or in
bf16, whichever is faster. Where a setting leaves the precision open, it is the faster one too.
"""

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import machine
import made_images
import ours
import outcome
import torch
from torch.utils.flop_counter import FlopCounterMode

from trajectories.images import training_images
from trajectories.networks.backbone import exact_arithmetic, pick_device
from trajectories.training.objectives.objective import Batch
from trajectories.training.trainer import Trainer

LEAST_SHARE = 0.9
# Batches that each worker has ready before they are asked for: as many do not count.
READY = 2
KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}
# Matrices whose product measures the device: their side doubles until one product takes so many
# seconds, which between devices and precisions differ ten thousandfold.
FIRST_SIDE, LEAST_SECONDS, REPEATS = 256, 0.01, 10


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network, its images and steps of a round; without a network, config/config.yaml as it is.

    Images are squares of `stored` pixels in memory, or with 0 photographs in a file, as JPEG.
    Without a precision, the one in which the device multiplies faster is taken.
    """

    architecture: str | None
    size: int
    stored: int
    batch: int
    precision: str | None
    steps: int
    queue: int = 1024

    def recipe(self, faster: str) -> Any:
        """What is trained, in the `faster` precision if none is set."""
        if self.architecture is None:
            return ours.recipe("config")
        return ours.recipe(
            architecture=self.architecture,
            image_size=self.size,
            batch_size=self.batch,
            queue=self.queue,
            precision=self.precision or faster,
        )


SETTINGS = {
    "default": Setting(None, 32, 40, 64, "fp32", 20),
    "resnet18-32": Setting("resnet18", 32, 32, 64, None, 10),
    "resnet18-64": Setting("resnet18", 64, 64, 64, None, 5),
    "resnet50-32": Setting("resnet50", 32, 32, 64, None, 5),
    "resnet50-224": Setting("resnet50", 224, 0, 32, None, 2, queue=256),
    "paper-fp32": Setting("resnet50", 224, 256, 256, "fp32", 20, queue=65536),
    "paper-bf16": Setting("resnet50", 224, 256, 256, "bf16", 20, queue=65536),
    "try": Setting("resnet10_narrow", 32, 32, 32, "fp32", 1, queue=64),
    "try-jpeg": Setting("resnet10_narrow", 64, 0, 32, None, 1, queue=64),
}
ON_CPU = ("default", "resnet18-32", "resnet18-64", "resnet50-32", "resnet50-224")
ON_GPU = ("paper-fp32", "paper-bf16")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each setting; the exit status is 1 if the bound is not met."""
    device = pick_device(arguments.device)
    if device.type == "cpu":
        torch.set_num_threads(1)
    exact_arithmetic()
    print(machine.describe(device))
    speeds = {precision: speed(device, kind) for precision, kind in KINDS.items()}
    told = ", ".join(f"{each / 1e9:,.0f} a second in {name}" for name, each in speeds.items())
    print(f"billions of multiplications and additions in matrix products: {told}")
    print(
        f"images per second, median (least – most) of {arguments.rounds} rounds,"
        f" {arguments.workers} workers"
    )
    print(f"{'':<22}{'bare step':>26}{'whole step':>26}{'share':>8}{'of peak':>9}")
    bounds, numbers = [], {}
    for name in arguments.settings or (ON_GPU if device.type == "cuda" else ON_CPU):
        found = measured(SETTINGS[name], device, speeds, arguments)
        share = statistics.median(found["whole"]) / statistics.median(found["bare"])
        title = f"{name}, {found['precision']}"
        print(
            f"{title:<22}{spread(found['bare']):>26}{spread(found['whole']):>26}"
            f"{share:>8.1%}{found['of_peak']:>9.1%}",
            flush=True,
        )
        bounds.append(
            outcome.Bound(f"{name}: whole beside bare step", share, LEAST_SHARE, least=True)
        )
        numbers[name] = found
    print(machine.memory(device))
    return outcome.conclude("data", {"images_per_second": numbers}, bounds, arguments.json)


def spread(rates: list[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(rates):,.1f} ({min(rates):,.1f} – {max(rates):,.1f})"


def measured(
    setting: Setting,
    device: torch.device,
    speeds: dict[str, float],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Images per second of each round, and the share of the device's peak."""
    recipe = setting.recipe(faster=max(speeds, key=lambda precision: speeds[precision]))
    with tempfile.TemporaryDirectory() as folder:
        warm_up = 2 + READY * arguments.workers
        # So many that no new epoch, with its start of workers, begins in a round.
        count = recipe.batch_size * (2 + warm_up + arguments.rounds * setting.steps)
        images = load(setting, count, Path(folder), arguments.dataset)
        trainer = Trainer(recipe, 1, images, None, device, arguments.workers)
        ways = {
            "bare": ours.bare_steps(trainer, first_batch(trainer)),
            "whole": ours.steps(trainer),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for steps in ways.values():
            for _ in range(warm_up):
                next(steps)
        for _ in range(arguments.rounds):
            for name, steps in ways.items():
                seconds = time_of(steps, setting.steps, device, arguments.workers)
                rates[name].append(setting.steps * recipe.batch_size / seconds)
    with FlopCounterMode(display=False) as counter:
        next(ways["bare"])
    each = counter.get_total_flops() / recipe.batch_size
    reached = each * statistics.median(rates["bare"])
    peak = max(speeds.values())
    return {
        **rates,
        "precision": recipe.precision,
        "operations_an_image": each,
        "peak": peak,
        "of_peak": reached / peak,
    }


def load(setting: Setting, count: int, folder: Path, dataset: Path | None) -> Any:
    """Training images: those of a data set that the workflow packed, or some made for this."""
    if dataset is not None:
        return training_images.load(dataset)
    if setting.stored:
        return made_images.small(count, setting.stored)
    made_images.write_photographs(folder, count)
    return training_images.load(made_images.pack(folder, count))


def first_batch(trainer: Trainer) -> Batch:
    """The first batch, on the device."""
    return next(trainer._batches())


def time_of(steps: Iterator[None], count: int, device: torch.device, workers: int = 0) -> float:
    """Seconds of some steps; on a CPU and without workers, those of its core."""
    on_core = device.type == "cpu" and not workers
    clock = time.process_time if on_core else time.perf_counter
    machine.synchronise(device)
    began = clock()
    for _ in range(count):
        next(steps)
    machine.synchronise(device)
    return clock() - began


def speed(device: torch.device, kind: torch.dtype) -> float:
    """Multiplications and additions a second of a large matrix product, the best of several."""
    side = FIRST_SIDE
    while True:
        endless = products(side, device, kind)
        next(endless)
        seconds = min(time_of(endless, 1, device) for _ in range(REPEATS))
        if seconds >= LEAST_SECONDS:
            return 2 * side**3 / seconds
        side *= 2


def products(side: int, device: torch.device, kind: torch.dtype) -> Iterator[None]:
    """The product of two square matrices, again and again, halted after each."""
    left, right = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    while True:
        torch.matmul(left, right)
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS)
    parser.add_argument("--dataset", type=Path, help="training images (HDF5); made without")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=0, help="loading processes")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
