"""One training step and one extraction at exactly the paper's sizes, on CPU or GPU.

    python benchmarks/paper_step.py --threads 2

ResNet-50, 224 px, a batch of 8 × 32 random images, 65,536 keys, as config/paper.yaml says; then the
activations of its layers for 96 random test images, and their RDMs. Uses the code that the workflow
runs, in one process. Prints time and memory; exits with 1 if a number is not finite.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import machine  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from trajectories.images.inputs import network_input  # noqa: E402
from trajectories.networks.activations import LayerResponses  # noqa: E402
from trajectories.networks.backbone import build_backbone, exact_arithmetic, pick_device  # noqa: E402
from trajectories.rdms.rdm import correlation_distance  # noqa: E402
from trajectories.study import config  # noqa: E402
from trajectories.study.recipe import Recipe  # noqa: E402
from trajectories.training.trainer import Trainer  # noqa: E402

N_STIMULI, STORED_SIZE = 96, 256

Result = TypeVar("Result")


def main(arguments: argparse.Namespace) -> int:
    """Do both once, and print their time and memory."""
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    device = pick_device(arguments.device)
    paper = config.read(REPOSITORY / "config" / "paper.yaml")
    recipe = Recipe.from_mapping(config.condition_settings(paper, "moco"))
    print(machine.describe(device))
    print(
        f"{recipe.architecture}, {recipe.image_size} px, {recipe.bn_groups} x"
        f" {recipe.batch_size // recipe.bn_groups} images, {recipe.queue:,} keys,"
        f" {recipe.precision}"
    )

    rng = np.random.default_rng(0)
    shape = (recipe.batch_size, STORED_SIZE, STORED_SIZE, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    trainer = Trainer(recipe, 1, images, None, device)
    # As many images as a batch: an epoch is one step.
    timed("training step", device, lambda: list(trainer.train_epoch({})))
    loss = trainer.history[-1]["loss"]
    chance = math.log(recipe.queue + 1)
    print(f"loss {loss:.3f} (chance {chance:.3f}); {machine.memory(device)}")

    shape = (N_STIMULI, recipe.image_size, recipe.image_size, 3)
    stimuli = network_input(rng.integers(0, 256, shape, dtype=np.uint8), recipe.image_size)
    weights = trainer.backbone()
    finite = loss is not None and math.isfinite(loss)
    for layer in paper["activations"]["layers"]:
        responses = LayerResponses(build_backbone(recipe.architecture, recipe.stem), layer, device)
        flat = timed(f"{layer}: responses", device, partial(responses, weights, stimuli))
        flat = flat.reshape(N_STIMULI, -1)
        rdm = timed(f"{layer}: RDM", device, partial(correlation_distance, flat))
        print(f"{flat.shape[1]:,} units, {rdm.size:,} pairs, mean distance {rdm.mean():.4f}")
        finite &= bool(np.isfinite(rdm).all())
    print(machine.memory(device))
    return 0 if finite else 1


def timed(name: str, device: torch.device, action: Callable[[], Result]) -> Result:
    """Result of an action, whose time is printed."""
    began = time.perf_counter()
    result = action()
    machine.synchronise(device)
    print(f"{name:<24}{time.perf_counter() - began:10.2f} s", flush=True)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads")
    sys.exit(main(parser.parse_args()))
