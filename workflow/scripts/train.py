"""Train one segment of one network instance with MoCo v2."""

import argparse
from pathlib import Path

import torch

from trajectories import cli, dataset
from trajectories.backbone import exact_arithmetic, pick_device
from trajectories.recipe import Recipe
from trajectories.training import Trainer
from trajectories.training_segment import TrainingSegment, train_segment


def main(arguments: argparse.Namespace) -> None:
    """Train the segment that the arguments describe."""
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    device = pick_device(arguments.device)
    recipe = Recipe.read(arguments.recipe)
    images, labels = dataset.load(arguments.dataset)
    trainer = Trainer(recipe, arguments.seed, images, labels, device, arguments.workers)
    segment = TrainingSegment(
        start=arguments.start,
        stop=arguments.stop,
        previous_state=arguments.previous_state,
        checkpoints=arguments.checkpoints,
        state=arguments.state,
        unfinished=arguments.unfinished,
    )
    description = f"{arguments.condition} seed {arguments.seed} on {device}"
    train_segment(trainer, segment, description)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument("--dataset", type=Path, required=True, help="training images (HDF5)")
    parser.add_argument("--condition", default="network", help="name for the progress lines")
    parser.add_argument("--seed", type=int, required=True, help="which network instance")
    parser.add_argument("--start", type=int, required=True, help="epochs trained before")
    parser.add_argument("--stop", type=int, required=True, help="epochs trained after")
    parser.add_argument("--previous-state", type=Path, help="state at --start, unless that is 0")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder to make")
    parser.add_argument("--state", type=Path, required=True, help="state at --stop, to write")
    parser.add_argument(
        "--unfinished", type=Path, required=True, help="folder for work that may be cut off"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--workers", type=int, default=0, help="processes that gather batches")
    cli.run(main, parser)
