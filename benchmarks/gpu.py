"""Training speed of ResNet-50 at 224 px beside the bare model step, in fp32 and bf16, in one run.

    python benchmarks/gpu.py                                   on a machine with a GPU
    python benchmarks/gpu.py --dataset results/paper/dataset.h5
    python benchmarks/gpu.py --device cpu --image-size 32 --steps 2 --warm-up 1   for a try

The whole step is what the workflow runs: images read by worker processes, two augmented views,
keys, loss, update. The bare step is the same momentum contrast with views that lie on the device
from the start. What the first takes longer is the price of loading and augmentation. Exits with 1
if that is 10% or more on a GPU.
"""

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import machine  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from trajectories import augment, config, dataset, seeding  # noqa: E402
from trajectories.backbone import exact_arithmetic, pick_device  # noqa: E402
from trajectories.recipe import Recipe  # noqa: E402
from trajectories.training import Trainer  # noqa: E402

MOST_SHARE = 0.1


def main(arguments: argparse.Namespace) -> int:
    """Print a table; the exit status."""
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    device = pick_device(arguments.device)
    images = training_images(arguments)
    print(machine.describe(device))
    print(
        f"{arguments.architecture}, {arguments.image_size} px, {arguments.bn_groups} x"
        f" {arguments.batch_size // arguments.bn_groups} images, {arguments.queue:,} keys,"
        f" {arguments.workers} workers; images per second over {arguments.steps} steps"
    )
    print(f"{'precision':<12}{'bare step':>12}{'whole step':>12}{'augmentation':>14}{'share':>9}")
    shares = []
    for precision in arguments.precision:
        trainer = Trainer(recipe(arguments, precision), 1, images, None, device, arguments.workers)
        views = [view(trainer, images, number) for number in range(2)]
        bare = rate(arguments, device, bare_steps(trainer, views))
        alone = rate(arguments, device, augmentation(trainer, images))
        whole = rate(arguments, device, whole_steps(trainer))
        shares.append(1 - whole / bare)
        print(f"{precision:<12}{bare:>12,.1f}{whole:>12,.1f}{alone:>14,.1f}{shares[-1]:>9.1%}")
    print(machine.memory(device))
    kept = max(shares) < MOST_SHARE
    counts = device.type == "cuda"
    print(
        f"bound on a GPU: loading and augmentation take under {MOST_SHARE:.0%} of the step:"
        f" {'kept' if kept else 'BROKEN' if counts else 'not kept'}"
    )
    return int(counts and not kept)


def recipe(arguments: argparse.Namespace, precision: str) -> Recipe:
    """The paper's recipe, with the sizes that the arguments give."""
    paper = config.read(REPOSITORY / "config" / "paper.yaml")
    return dataclasses.replace(
        Recipe.from_mapping(config.condition_settings(paper, "moco")),
        architecture=arguments.architecture,
        image_size=arguments.image_size,
        batch_size=arguments.batch_size,
        bn_groups=arguments.bn_groups,
        queue=arguments.queue,
        precision=precision,
    )


def training_images(arguments: argparse.Namespace) -> Any:
    """What the trainer takes as its images: those of a data set, or random pixels."""
    if arguments.dataset is not None:
        return dataset.load(arguments.dataset)[0]
    # So many that no new epoch starts in between, as hardly one does on ImageNet.
    count = arguments.batch_size * (arguments.warm_up + arguments.steps)
    shape = (count, arguments.stored_size, arguments.stored_size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def whole_steps(trainer: Trainer) -> Iterator[None]:
    """Real training, epoch after epoch, halted after each step."""
    every = {step: float(step) for step in range(1, trainer.steps_per_epoch + 1)}
    while True:
        for _ in trainer.train_epoch(every):
            yield


def bare_steps(trainer: Trainer, views: list[Tensor]) -> Iterator[None]:
    """The same algorithm on views that are there already."""
    model, optimiser, settings = trainer.model, trainer.optimiser, trainer.recipe
    device = views[0].device
    order = seeding.generator(1, "shuffle").permutation(settings.batch_size)
    permutation = torch.from_numpy(order).to(device)
    mixed = settings.precision == "bf16"
    while True:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=mixed):
            model.follow_query()
            keys = model.keys(views[1], permutation)
            optimiser.forget_gradients()
            for loss, _, _ in model.contrast(views[0], keys):
                loss.backward()
        optimiser.step()
        model.enqueue(keys)
        yield


def augmentation(trainer: Trainer, images: Any) -> Iterator[None]:
    """Both views of the same batch again and again, without loading."""
    while True:
        for number in range(2):
            view(trainer, images, number)
        yield


def view(trainer: Trainer, images: Any, number: int) -> Tensor:
    """A view of the first batch of images, on the device of the trainer."""
    first = torch.from_numpy(images[: trainer.recipe.batch_size])
    pixels = first.to(trainer.device).permute(0, 3, 1, 2).contiguous()
    n, _, height, width = pixels.shape
    generator = seeding.generator(1, "augmentation", 0, 0, number)
    settings = augment.AugmentationSettings.from_mapping(trainer.recipe.augmentation)
    heights, widths = np.full(n, height), np.full(n, width)
    parameters = augment.draw(generator, n, heights, widths, settings)
    augmented = augment.apply(pixels, parameters, trainer.recipe.image_size)
    return augmented.contiguous(memory_format=torch.channels_last)


def rate(arguments: argparse.Namespace, device: torch.device, steps: Iterator[None]) -> float:
    """Images per second of some steps, after some that do not count."""
    for _ in range(arguments.warm_up):
        next(steps)
    machine.synchronise(device)
    began = time.perf_counter()
    for _ in range(arguments.steps):
        next(steps)
    machine.synchronise(device)
    return float(arguments.steps * arguments.batch_size / (time.perf_counter() - began))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], help="fp32, bf16")
    parser.add_argument("--dataset", type=Path, help="training images (HDF5); random without")
    parser.add_argument("--stored-size", type=int, default=256, help="side of random images")
    parser.add_argument("--architecture", default="resnet50", help="torchvision network")
    parser.add_argument("--image-size", type=int, default=224, help="side of the views, pixels")
    parser.add_argument("--batch-size", type=int, default=256, help="images per step")
    parser.add_argument("--bn-groups", type=int, default=8, help="groups of a batch")
    parser.add_argument("--queue", type=int, default=65536, help="keys to contrast with")
    parser.add_argument("--steps", type=int, default=60, help="steps to time")
    # More than the batches that the workers have ready when the first is asked for.
    parser.add_argument("--warm-up", type=int, default=20, help="steps before that")
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=min(8, cores - 1), help="loading processes")
    parser.add_argument("--threads", type=int, default=cores, help="CPU threads")
    sys.exit(main(parser.parse_args()))
