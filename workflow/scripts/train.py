"""Train one segment of one network instance."""

import argparse
import math
from pathlib import Path

import torch

from trajectories import cli
from trajectories.images import training_images
from trajectories.networks import memory
from trajectories.networks.backbone import exact_arithmetic
from trajectories.study.recipe import Recipe
from trajectories.training import distributed, launcher, precision
from trajectories.training.batches import require_enough
from trajectories.training.distributed import Processes
from trajectories.training.segment import TrainingSegment, train_segment
from trajectories.training.trainer import Trainer


def main(arguments: argparse.Namespace) -> None:
    """Train the segment that the arguments describe."""
    exact_arithmetic()
    count, kind = launcher.parse_devices(arguments.device)
    if count > 1 and not distributed.started():
        launcher.require_shares(count, Recipe.read(arguments.recipe), kind)
        launcher.start(count)
        return
    with distributed.connected(kind) as (processes, device):
        train(arguments, processes, device)


def train(arguments: argparse.Namespace, processes: Processes, device: torch.device) -> None:
    """Train in this process, and in the others that it belongs to."""
    memory.keep_freed()
    torch.set_num_threads(max(1, arguments.threads // processes.size))
    recipe = Recipe.read(arguments.recipe)
    if processes.first:
        precision.warn_if_slow(recipe.precision, device)
    images = training_images.load(arguments.dataset)
    require_enough(images, recipe, arguments.dataset)
    workers = math.ceil(arguments.workers / processes.size)
    trainer = Trainer(recipe, arguments.seed, images, images.label, device, workers, processes)
    trainer.require_room()
    segment = TrainingSegment(
        start=arguments.start,
        stop=arguments.stop,
        previous_state=arguments.previous_state,
        checkpoints=arguments.checkpoints,
        state=arguments.state,
        unfinished=arguments.unfinished,
    )
    where = device if processes.size == 1 else f"{processes.size} × {device.type}"
    description = f"{arguments.condition} seed {arguments.seed} on {where}"
    train_segment(trainer, segment, description)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument("--dataset", type=Path, required=True, help="training images (HDF5)")
    parser.add_argument("--condition", default="network", help="name for the progress lines")
    parser.add_argument("--seed", type=int, required=True, help="seed of the network instance")
    parser.add_argument("--start", type=int, required=True, help="epochs trained before")
    parser.add_argument("--stop", type=int, required=True, help="epochs trained after")
    parser.add_argument("--previous-state", type=Path, help="state at --start, unless that is 0")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder to make")
    parser.add_argument("--state", type=Path, required=True, help="state at --stop, to write")
    parser.add_argument(
        "--unfinished", type=Path, required=True, help="folder for work that may be interrupted"
    )
    parser.add_argument(
        "--device",
        default="auto",
        help="auto, cpu, cuda, cuda:1, or several for one network: 4*cuda",
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch, in total")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that load batches, in total"
    )
    cli.run(main, parser)
