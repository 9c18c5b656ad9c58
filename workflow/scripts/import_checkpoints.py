"""Import the user's own checkpoints of a segment, and write them as training would."""

import argparse
import logging
import tempfile
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks import imported_weights
from trajectories.networks.checkpoints import checkpoint_name, save_checkpoint
from trajectories.networks.imported_weights import Expected
from trajectories.storage.files import publish
from trajectories.study.recipe import NetworkRecipe

log = logging.getLogger("trajectories")


def main(arguments: argparse.Namespace) -> None:
    """Import the checkpoints that the arguments name."""
    if len(arguments.files) != len(arguments.epochs):
        raise UserError(
            f"there are {len(arguments.files)} --files but {len(arguments.epochs)} --epochs: give"
            " one epoch for each file"
        )
    if arguments.output.exists():
        raise UserError(f"{arguments.output} already exists: move it away before importing again")
    recipe = NetworkRecipe.read(arguments.recipe)
    expected = Expected.of(recipe.architecture, recipe.stem)
    description = f"{arguments.condition} seed {arguments.seed}, importing"
    others = []
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=arguments.output.parent, prefix=".importing-") as work,
        cli.progress(len(arguments.files), description, "checkpoint") as bar,
    ):
        # A folder inside: the temporary one is for its owner alone.
        folder = Path(work) / "checkpoints"
        for path, epoch in zip(arguments.files, arguments.epochs, strict=True):
            weights, says = imported_weights.read(path, expected, arguments.prefix)
            if says is not None and says != epoch:
                others.append((path, says, epoch))
            save_checkpoint(
                folder / checkpoint_name(epoch),
                weights,
                epoch=epoch,
                step=None,
                seed=arguments.seed,
                recipe_digest=recipe.digest,
            )
            bar.update()
        publish(folder, arguments.output)
    if others:
        path, says, epoch = others[0]
        more = f" (and {len(others) - 1} more files)" if len(others) > 1 else ""
        log.warning(
            "warning: %s says that it is from epoch %g, but by its name and `epoch_offset` it is"
            " taken for epoch %g%s: if the file is right, add %g to `epoch_offset`",
            path,
            says,
            epoch,
            more,
            says - epoch,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, required=True, help="recipe.json of the condition")
    parser.add_argument(
        "--files", type=Path, nargs="+", required=True, help="checkpoints that torch.save wrote"
    )
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="epochs of training of each file"
    )
    parser.add_argument(
        "--prefix", help="what precedes the names of the weights (default: found automatically)"
    )
    parser.add_argument("--condition", default="network", help="name for the progress lines")
    parser.add_argument("--seed", type=int, required=True, help="recorded in the output")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    cli.run(main, parser)
