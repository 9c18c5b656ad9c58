"""Tabulate how far an instance's weights move between whole epochs, up to each layer."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.networks import displacement
from trajectories.networks.catalogue import describe, input_size
from trajectories.networks.checkpoints import find_checkpoints, load_checkpoint
from trajectories.study.recipe import NetworkRecipe


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    recipe = NetworkRecipe.read(arguments.recipe)
    steps = displacement.whole_steps(arguments.epochs)
    epochs = [steps[0][0], *(stop for _, stop in steps)]
    paths = find_checkpoints(arguments.checkpoints, epochs)
    size = input_size(recipe.architecture, recipe.image_size, recipe.preprocessing)
    network = describe(recipe.architecture, recipe.stem, size)
    modules = zip(arguments.layers, arguments.modules or arguments.layers, strict=True)
    prefixes = {layer: network.weights_up_to(module) for layer, module in modules}
    checkpoints = (
        (
            epoch,
            load_checkpoint(
                path, epoch=epoch, seed=arguments.seed, recipe_digest=recipe.digest_at(epoch)
            ),
        )
        for epoch, path in zip(epochs, paths, strict=True)
    )
    rows = displacement.displacements(checkpoints, prefixes)
    displacement.write(arguments.output, arguments.condition, arguments.seed, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument(
        "--checkpoints", type=Path, nargs="+", required=True, help="folders of all segments"
    )
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="the checkpoints to expect there"
    )
    parser.add_argument(
        "--layers",
        nargs="+",
        required=True,
        help="modules of the network, such as layer4, or roles",
    )
    parser.add_argument(
        "--modules", nargs="+", help="modules that the layers are, if these are roles"
    )
    parser.add_argument("--condition", required=True, help="recorded in the output")
    parser.add_argument("--seed", type=int, required=True, help="network instance to expect")
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
