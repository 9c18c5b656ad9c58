"""Training speed on one CPU core of the default's network and of ResNet-18, in one run.

    python benchmarks/step.py

Images per second of the bare network (forward and backward) and of the whole training step
(two augmented views, keys, loss, update), by processor time, best of several steps.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import made_images
import ours
import torch

from trajectories.networks.backbone import build_backbone
from trajectories.study.recipe import Recipe
from trajectories.training.trainer import Trainer

REPEATS = 5
STORED_SIZE = 40  # as config/config.yaml stores them


def main() -> None:
    """Print a table."""
    torch.set_num_threads(1)
    rates: dict[str, float] = {}
    for architecture in ("resnet10_narrow", "resnet18"):
        recipe = ours.recipe("config", architecture=architecture)
        batch = recipe.batch_size
        if not rates:
            print(f"images per second, batch {batch}, {recipe.image_size} px, one core")
            print(f"{'network':<18}{'network alone':>15}{'whole step':>12}")
        images = made_images.small(batch, STORED_SIZE)
        trainer = Trainer(recipe, 1, images, None, torch.device("cpu"))
        alone = batch / best(bare_step(recipe))
        whole = batch / best(partial(next, ours.steps(trainer)))
        rates[architecture] = whole
        print(f"{architecture:<18}{alone:>15.0f}{whole:>12.0f}")
    print(f"ratio of whole steps: {rates['resnet10_narrow'] / rates['resnet18']:.1f}")


def bare_step(recipe: Recipe) -> Callable[[], Any]:
    """Forward and backward pass of a batch, group by group."""
    network = build_backbone(recipe.architecture, recipe.stem).train()
    network.to(memory_format=torch.channels_last)
    group = recipe.batch_size // recipe.bn_groups
    inputs = torch.randn(group, 3, recipe.image_size, recipe.image_size)

    def step() -> None:
        for _ in range(recipe.bn_groups):
            network(inputs).square().mean().backward()

    return step


def best(step: Callable[[], Any]) -> float:
    """Shortest processor time of a step, in seconds."""
    step()
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        step()
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    main()
