"""Write a few images as the networks of a condition see them at several epochs."""

import argparse
from pathlib import Path

import numpy as np

from trajectories import cli
from trajectories.errors import UserError
from trajectories.images import training_images
from trajectories.stimuli import packing as stimuli
from trajectories.study.recipe import NetworkRecipe
from trajectories.training.diets import shown, strip


def main(arguments: argparse.Namespace) -> None:
    """Write what the arguments describe."""
    recipes, datasets, spans = arguments.recipe, arguments.dataset, arguments.epochs
    if not len(recipes) == len(datasets) == len(spans):
        raise UserError(
            f"there are {len(recipes)} recipes, {len(datasets)} values of --dataset and"
            f" {len(spans)} of --epochs: give as many of each"
        )
    _, test = stimuli.load(arguments.stimuli)
    fed, made = arguments.diet == "as_trained", []
    for recipe, dataset, epochs in zip(recipes, datasets, spans, strict=True):
        with training_images.opened(dataset) as stored:
            images = strip.images_of(stored, test, NetworkRecipe.read(recipe).image_size)
        made.append(strip.make(*images, shown.diet_of(recipe, arguments.seed), epochs, fed))
    strip.write(
        arguments.output,
        np.concatenate(made),
        [epoch for span in spans for epoch in span],
        arguments.condition,
        fed,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--recipe",
        type=Path,
        nargs="+",
        required=True,
        help="recipe.json of the condition, after those of the trunks that it goes on from",
    )
    parser.add_argument(
        "--dataset", type=Path, nargs="+", required=True, help="training images (HDF5) of each"
    )
    parser.add_argument("--stimuli", type=Path, required=True, help="test images (HDF5)")
    parser.add_argument(
        "--epochs",
        type=float,
        nargs="+",
        action="append",
        required=True,
        help="when; given once for each recipe",
    )
    parser.add_argument("--seed", type=int, required=True, help="seed of a network instance")
    parser.add_argument("--condition", required=True, help="recorded in the output")
    parser.add_argument(
        "--diet",
        choices=("clear", "as_trained"),
        default="clear",
        help="how test images are shown (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help="images (HDF5) to write")
    cli.run(main, parser)
