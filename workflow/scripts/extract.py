"""Write the activations of one layer for the test images, at all checkpoints of a segment."""

import argparse
import logging
from pathlib import Path

import torch

from trajectories import cli
from trajectories.errors import UserError
from trajectories.images import training_images
from trajectories.images.inputs import network_input
from trajectories.networks.activations import ActivationWriter, LayerResponses, recalibration_sample
from trajectories.networks.backbone import build_backbone, exact_arithmetic, pick_device
from trajectories.networks.catalogue import describe
from trajectories.networks.checkpoints import load_checkpoint, require_checkpoints
from trajectories.stimuli import packing as stimuli
from trajectories.storage.files import atomic
from trajectories.study.recipe import NetworkRecipe

log = logging.getLogger("trajectories")


def main(arguments: argparse.Namespace) -> None:
    """Extract the activations that the arguments describe."""
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    device = pick_device(arguments.device)
    recipe = NetworkRecipe.read(arguments.recipe)
    paths = require_checkpoints(arguments.checkpoints, arguments.epochs)
    names, images = stimuli.load(arguments.stimuli)
    sample = None
    network = describe(recipe.architecture, recipe.stem, recipe.image_size)
    if arguments.batchnorm == "recalibrated" and not network.has_batchnorm:
        log.info("%s has no batch normalisation: nothing is recalibrated", recipe.architecture)
    elif arguments.batchnorm == "recalibrated":
        if arguments.dataset is None:
            raise UserError("recalibrated statistics are those of training images: give --dataset")
        with training_images.opened(arguments.dataset) as stored:
            sample = recalibration_sample(stored, arguments.recalibration_images, recipe.image_size)
    responses = LayerResponses(
        build_backbone(recipe.architecture, recipe.stem), arguments.layer, device, sample
    )
    test_images = network_input(images, recipe.image_size)
    attributes = {
        "condition": arguments.condition,
        "seed": arguments.seed,
        "layer": arguments.layer,
        "batchnorm": arguments.batchnorm,
        "recipe_digest": recipe.digest,
    }
    description = f"{arguments.condition} seed {arguments.seed}, {arguments.layer}"
    with (
        atomic(arguments.output) as temporary,
        cli.progress(len(paths), description, "checkpoint") as bar,
        ActivationWriter(temporary, arguments.epochs, names, attributes) as writer,
    ):
        for index, (path, epoch) in enumerate(zip(paths, arguments.epochs, strict=True)):
            weights = load_checkpoint(
                path, epoch=epoch, seed=arguments.seed, recipe_digest=recipe.digest
            )
            writer.write(index, responses(weights, test_images))
            bar.update()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of a segment")
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="the checkpoints to expect there"
    )
    parser.add_argument("--stimuli", type=Path, required=True, help="test images (HDF5)")
    parser.add_argument("--layer", required=True, help="module of the network, such as layer4")
    parser.add_argument(
        "--batchnorm",
        choices=("running", "recalibrated"),
        required=True,
        help="statistics from training, or estimated again on training images",
    )
    parser.add_argument("--dataset", type=Path, help="training images (HDF5), to recalibrate on")
    parser.add_argument(
        "--recalibration-images", type=int, default=512, help="number of images to use"
    )
    parser.add_argument("--condition", required=True, help="recorded in the output")
    parser.add_argument("--seed", type=int, required=True, help="network instance to expect")
    parser.add_argument("--output", type=Path, required=True, help="activations (HDF5) to write")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    cli.run(main, parser)
