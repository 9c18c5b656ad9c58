"""Where a training step's time goes, by kinds of operation, and what fusing some could save.

    python benchmarks/operations.py
    python benchmarks/operations.py --settings resnet18-64 --precision bf16
    python benchmarks/operations.py --settings default --views

The bare step of data.py's settings, one thread of a CPU, under torch.profiler: the share that each
kind of operation takes by itself. Normalisation, ReLU and the joining of groups are what one pass
over memory could do at once, with a kernel of our own; even if that took no time, the step would be
only so many times as fast as the last column says. What the shares leave is Python and smaller
operations. With `--views` the operations are those that make the views of a batch, by which a
whole step is longer than the bare one.
"""

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import data
import machine
import ours
import outcome
import torch
from torch.profiler import ProfilerActivity, profile

from trajectories.training.trainer import Trainer

STEPS, BATCHES, MOST_OPERATIONS = 4, 10, 12
# Of torch's names of operations, and of our convolution by im2col.
KINDS = {
    "convolutions": ("mkldnn_convolution", "convolution_backward", "_Convolution"),
    "products": ("aten::mm", "aten::addmm", "aten::bmm"),
    "normalisation": ("batch_norm",),
    "ReLU": ("clamp_min", "threshold_backward", "aten::relu"),
    "joining": ("aten::cat",),
    "copies": ("aten::copy_", "aten::fill_", "aten::zero_"),
    "update": ("_fused_sgd", "aten::lerp"),
}
FUSIBLE = ("normalisation", "ReLU", "joining")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each setting."""
    torch.set_num_threads(1)
    print(machine.describe(torch.device("cpu")))
    if arguments.views:
        return tell_views(arguments)
    print(f"{'':<22}{'ms a step':>10}" + "".join(f"{kind:>15}" for kind in KINDS) + "  all fused")
    found = {}
    for name in arguments.settings:
        setting = dataclasses.replace(data.SETTINGS[name], precision=arguments.precision)
        milliseconds, shares = measured(setting)
        fused = 1 / (1 - sum(shares[kind] for kind in FUSIBLE))
        told = "".join(f"{share:>15.1%}" for share in shares.values())
        print(f"{name:<22}{milliseconds:>10.1f}{told}{fused:>9.2f} ×", flush=True)
        found[name] = {"milliseconds": milliseconds, "shares": shares, "all_fused": fused}
    numbers = {"precision": arguments.precision, "found": found}
    return outcome.conclude("operations", numbers, [], arguments.json)


def tell_views(arguments: argparse.Namespace) -> int:
    """Print the operations that take longest in making the views of a batch."""
    found = {}
    for name in arguments.settings:
        setting = data.SETTINGS[name]
        with tempfile.TemporaryDirectory() as folder:
            took = profiled(
                trainer_of(setting, "fp32", BATCHES + 3, Path(folder))._batches(), BATCHES
            )
        longest = sorted(took, key=lambda key: -took[key])[:MOST_OPERATIONS]
        print(f"{name}: {sum(took.values()):.2f} ms a batch of {setting.batch} images, of them")
        for key in longest:
            print(f"{took[key]:8.2f}  {key}")
        found[name] = took
    return outcome.conclude("operations of views", {"found": found}, [], arguments.json)


def trainer_of(setting: data.Setting, precision: str, batches: int, folder: Path) -> Trainer:
    """Training of a setting, with images for so many batches."""
    recipe = dataclasses.replace(setting.recipe("fp32"), precision=precision)
    images = data.load(setting, batches * recipe.batch_size, folder, None)
    return Trainer(recipe, 1, images, None, torch.device("cpu"))


def profiled(work: Iterator[Any], count: int) -> dict[str, float]:
    """Milliseconds that each operation takes by itself, in one of `count` pieces of work."""
    for _ in range(2):
        next(work)
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(count):
            next(work)
    return {each.key: each.self_cpu_time_total / 1000 / count for each in found.key_averages()}


def measured(setting: data.Setting) -> tuple[float, dict[str, float]]:
    """Milliseconds of a step, and the share of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(setting, setting.precision or "fp32", 2, Path(folder))
        took = profiled(ours.bare_steps(trainer, data.first_batch(trainer)), STEPS)
    total = sum(took.values())
    shares = {
        kind: sum(time for key, time in took.items() if any(word in key for word in words)) / total
        for kind, words in KINDS.items()
    }
    return total, shares


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    on_cpu = [name for name in data.ON_CPU if name != "resnet50-224"]
    parser.add_argument("--settings", nargs="+", choices=data.SETTINGS, default=on_cpu)
    parser.add_argument("--precision", choices=list(data.KINDS), default="fp32")
    parser.add_argument("--views", action="store_true", help="the making of views, by operation")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
