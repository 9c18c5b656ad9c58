"""Write the activations of layers for the test images, at all checkpoints of a segment."""

import argparse
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from trajectories import cli
from trajectories.errors import UserError
from trajectories.images import training_images
from trajectories.images.inputs import IMAGENET_MEAN, IMAGENET_SD, network_input, renormalise
from trajectories.networks import catalogue, memory
from trajectories.networks.activations import ActivationWriter, Responses, recalibration_sample
from trajectories.networks.backbone import (
    build_backbone,
    exact_arithmetic,
    memory_format,
    pick_device,
)
from trajectories.networks.checkpoints import load_checkpoint, require_checkpoints
from trajectories.networks.readout import MAPS, TOKENS, Readout
from trajectories.stimuli import packing as stimuli
from trajectories.storage import image_record
from trajectories.storage.files import atomic
from trajectories.study.recipe import NetworkRecipe
from trajectories.training.diets import shown

log = logging.getLogger("trajectories")


def main(arguments: argparse.Namespace) -> None:
    """Extract the activations that the arguments describe."""
    layers, modules = arguments.layer, arguments.module or arguments.layer
    for given, name in ((modules, "--module"), (arguments.output, "--output")):
        if len(given) != len(layers):
            raise UserError(
                f"there are {len(layers)} layers but {len(given)} values of {name}: give as many"
            )
    memory.keep_freed()
    torch.set_num_threads(arguments.threads)
    exact_arithmetic()
    device = pick_device(arguments.device)
    recipe = NetworkRecipe.read(arguments.recipe)
    paths = require_checkpoints(arguments.checkpoints, arguments.epochs)
    names, images = stimuli.load(arguments.stimuli)
    # The images of a network that its library describes are made for it.
    described = catalogue.input_size(recipe.architecture, recipe.image_size, recipe.preprocessing)
    size = described or images.shape[1]
    backbone = build_backbone(recipe.architecture, recipe.stem, size)
    seen = {image_record.TEST: image_record.content(arguments.stimuli)}
    sample, seen_in_training = _sample(arguments, backbone, recipe.architecture, size)
    if sample is not None:
        seen[image_record.TRAINING] = seen_in_training
    responses = Responses(
        backbone,
        list(dict.fromkeys(modules)),
        device,
        sample,
        readout=Readout(arguments.tokens, arguments.maps),
        memory_format=memory_format(recipe.architecture),
    )
    test_images = network_input(images, size, arguments.mean, arguments.sd)
    diet = shown.diet_of(arguments.recipe, arguments.seed) if arguments.diet != "clear" else None
    attributes = {
        "condition": arguments.condition,
        "seed": arguments.seed,
        "batchnorm": arguments.batchnorm,
        "recipe_digest": recipe.digest,
        **{kind: content for kind, content in seen.items() if content is not None},
    } | ({} if diet is None else {"diet": arguments.diet})
    # Of what is usual, nothing is said.
    kept = {"tokens": arguments.tokens, "maps": arguments.maps}
    attributes |= {key: value for key, value in kept.items() if value != "all"}
    description = f"{arguments.condition} seed {arguments.seed}, {', '.join(layers)}"
    with (
        ExitStack() as opened,
        cli.progress(len(paths), description, "checkpoint") as bar,
    ):
        writers = []
        for layer, module, output in zip(layers, modules, arguments.output, strict=True):
            own = {"layer": layer} | ({"module": module} if module != layer else {})
            temporary = opened.enter_context(atomic(output))
            writer = ActivationWriter(temporary, arguments.epochs, names, attributes | own)
            writers.append((module, opened.enter_context(writer)))
        for index, (path, epoch) in enumerate(zip(paths, arguments.epochs, strict=True)):
            weights = load_checkpoint(
                path,
                epoch=epoch,
                seed=arguments.seed,
                recipe_digest=recipe.digest,
                training_images=seen.get(image_record.TRAINING),
            )
            presented = test_images
            if diet is not None:
                presented = shown.as_trained(test_images, diet, epoch)
                if sample is not None:
                    responses.recalibration = shown.as_trained(sample, diet, epoch)
            found = responses(weights, presented)
            for module, writer in writers:
                writer.write(index, found[module])
            # Not beside those of the next checkpoint: a layer may have a million units.
            del weights, found
            bar.update()


def _sample(
    arguments: argparse.Namespace, backbone: torch.nn.Module, architecture: str, size: int
) -> tuple[Tensor | None, str | None]:
    """Training images to recalibrate batch normalisation on, if it is, and their content."""
    if arguments.batchnorm == "running":
        return None, None
    if not any(isinstance(module, _BatchNorm) for module in backbone.modules()):
        log.info("%s has no batch normalisation: nothing is recalibrated", architecture)
        return None, None
    if arguments.dataset is None:
        raise UserError("recalibrated statistics are those of training images: give --dataset")
    with training_images.opened(arguments.dataset) as stored:
        sample = recalibration_sample(stored, arguments.recalibration_images, size)
        return renormalise(sample, arguments.mean, arguments.sd), stored.content


def _channels(parser: argparse.ArgumentParser, name: str, usual: Sequence[float]) -> None:
    parser.add_argument(
        f"--{name}", type=float, nargs=3, default=usual, help="of each channel, for values 0 to 1"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of a segment")
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="the checkpoints to expect there"
    )
    parser.add_argument("--stimuli", type=Path, required=True, help="test images (HDF5)")
    parser.add_argument(
        "--layer", nargs="+", required=True, help="modules of the network, such as layer4, or roles"
    )
    parser.add_argument(
        "--module", nargs="+", help="modules that the layers are, if these are roles"
    )
    parser.add_argument("--tokens", choices=TOKENS, default="all", help="what is kept of tokens")
    parser.add_argument("--maps", choices=MAPS, default="all", help="what is kept of feature maps")
    _channels(parser, "mean", IMAGENET_MEAN)
    _channels(parser, "sd", IMAGENET_SD)
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
    parser.add_argument(
        "--diet",
        choices=("clear", "as_trained"),
        default="clear",
        help="images as they are, or as the network has last seen the world (default: %(default)s)",
    )
    parser.add_argument("--condition", required=True, help="recorded in the output")
    parser.add_argument("--seed", type=int, required=True, help="network instance to expect")
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="activations (HDF5) to write, one file for each layer",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    cli.run(main, parser)
