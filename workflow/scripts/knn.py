"""Measure how well a network sees at a few epochs, by weighted k-nearest neighbours."""

import argparse
from pathlib import Path

import numpy as np
import torch

from trajectories import cli
from trajectories.images import dataset, training_images
from trajectories.networks.activations import recalibration_sample
from trajectories.networks.backbone import (
    build_backbone,
    exact_arithmetic,
    memory_format,
    pick_device,
)
from trajectories.networks.checkpoints import find_checkpoints, load_checkpoint
from trajectories.storage.history import KNN_COLUMNS, write_history
from trajectories.study.recipe import NetworkRecipe
from trajectories.training import neighbours


def main(arguments: argparse.Namespace) -> None:
    """Write the table that the arguments describe."""
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    recipe = NetworkRecipe.read(arguments.recipe)
    bank = training_images.load(arguments.dataset)
    labels = np.full(len(bank), -1) if bank.label is None else bank.label
    queries = training_images.load(arguments.held_out)
    wanted = neighbours.matched(
        dataset.label_names(arguments.held_out), dataset.label_names(arguments.dataset)
    )[queries.label]
    sample = None
    if arguments.batchnorm == "recalibrated":
        sample = recalibration_sample(bank, arguments.recalibration_images, recipe.image_size)
    backbone = build_backbone(recipe.architecture, recipe.stem, recipe.image_size)
    backbone.to(pick_device(arguments.device)).to(memory_format=memory_format(recipe.architecture))
    measure = neighbours.Neighbours(
        neighbours.Labelled(bank, labels),
        neighbours.Labelled(queries, wanted),
        backbone,
        sample,
        recipe.image_size,
    )
    paths = find_checkpoints(arguments.checkpoints, arguments.epochs)
    rows = []
    description = f"seed {arguments.seed}, neighbours"
    with cli.progress(len(arguments.epochs), description, "epoch") as bar:
        for epoch, path in zip(arguments.epochs, paths, strict=True):
            weights = load_checkpoint(
                path,
                epoch=epoch,
                seed=arguments.seed,
                recipe_digest=recipe.digest_at(epoch),
            )
            accuracy = measure(weights, arguments.k, arguments.temperature)
            values = (f"{epoch:g}", accuracy, measure.chance)
            rows.append(dict(zip(("epoch", *KNN_COLUMNS), values, strict=True)))
            bar.update()
    write_history(arguments.output, rows, ("epoch", *KNN_COLUMNS))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument(
        "--checkpoints", type=Path, nargs="+", required=True, help="folders of all segments"
    )
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="checkpoints to measure"
    )
    parser.add_argument("--dataset", type=Path, required=True, help="training images (HDF5)")
    parser.add_argument("--held-out", type=Path, required=True, help="other images (HDF5)")
    parser.add_argument("--k", type=int, default=neighbours.K, help="neighbours that vote")
    parser.add_argument(
        "--temperature", type=float, default=neighbours.TEMPERATURE, help="of their weights"
    )
    parser.add_argument(
        "--batchnorm",
        choices=("running", "recalibrated"),
        default="running",
        help="statistics from training, or estimated again on training images",
    )
    parser.add_argument(
        "--recalibration-images", type=int, default=512, help="number of images to use"
    )
    parser.add_argument("--seed", type=int, required=True, help="network instance to expect")
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    cli.run(main, parser)
