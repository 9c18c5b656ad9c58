"""Training speed on one CPU core of the default's network beside ResNet-18, in one run.

    python benchmarks/step.py

Images per second of the bare network (forward and backward) and of the whole training step
(two augmented views, keys, loss, update), by processor time, best of several steps.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import yaml  # noqa: E402

from trajectories.backbone import build_backbone  # noqa: E402
from trajectories.config import condition_settings, resolve  # noqa: E402
from trajectories.recipe import Recipe  # noqa: E402
from trajectories.training import Trainer  # noqa: E402

REPEATS = 5


def main() -> None:
    """Print a table."""
    torch.set_num_threads(1)
    config = resolve(yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text()))
    batch, size = config["training"]["batch_size"], config["images"]["stored_size"]
    images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    print(f"images per second, batch {batch}, {config['image_size']} px, one core")
    print(f"{'network':<18}{'network alone':>15}{'whole step':>12}")
    rates = {}
    for architecture in ("resnet10_narrow", "resnet18"):
        settings = condition_settings(config, next(iter(config["conditions"])))
        settings["network"] = settings["network"] | {"architecture": architecture}
        settings["training"] = settings["training"] | {"probe_images": 0}
        recipe = Recipe.from_mapping(settings)
        trainer = Trainer(recipe, 1, images, None, torch.device("cpu"))
        alone = batch / best(bare_step(recipe))
        whole = batch / best(lambda trainer=trainer: list(trainer.train_epoch({})))  # type: ignore[misc]
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
