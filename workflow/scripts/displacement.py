"""Tabulate how far an instance's weights move between whole epochs, up to each layer."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks import displacement
from trajectories.networks.catalogue import describe, input_size
from trajectories.networks.checkpoints import checkpoint_name, load_checkpoint
from trajectories.study.recipe import NetworkRecipe


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    recipe = NetworkRecipe.read(arguments.recipe)
    steps = displacement.whole_steps(arguments.epochs)
    epochs = [steps[0][0], *(stop for _, stop in steps)]
    paths = find(arguments.checkpoints, epochs)
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


def find(folders: Sequence[Path], epochs: Sequence[float]) -> list[Path]:
    """Paths of the checkpoints at `epochs`, whichever folder each is in."""
    known = {path.name: path for folder in folders for path in folder.glob("*.pt")}
    names = [checkpoint_name(epoch) for epoch in epochs]
    if missing := [name for name in names if name not in known]:
        raise UserError(
            f"{', '.join(map(str, folders))} lack {', '.join(missing)}: delete the folder of this"
            " segment and start the workflow again, which makes it again"
        )
    return [known[name] for name in names]


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
