"""Import the user's own checkpoints of a segment, and write them as training would."""

import argparse
import logging
import tempfile
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks import catalogue, imported_weights
from trajectories.networks.checkpoints import checkpoint_name, save_checkpoint
from trajectories.networks.files.matching import Expected
from trajectories.storage import leftovers
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
    size = catalogue.input_size(recipe.architecture, recipe.image_size, recipe.preprocessing)
    expected = Expected.of(recipe.architecture, recipe.stem, size)
    description = f"{arguments.condition} seed {arguments.seed}, importing"
    others, notes = [], dict[str, Path]()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(
            dir=arguments.output.parent, prefix=leftovers.prefix("importing")
        ) as work,
        cli.progress(len(arguments.files), description, "checkpoint") as bar,
    ):
        # A folder inside: the temporary one is for its owner alone.
        folder = Path(work) / "checkpoints"
        for path, epoch in zip(arguments.files, arguments.epochs, strict=True):
            weights, says, note = imported_weights.read(
                path,
                expected,
                arguments.prefix,
                key=arguments.key,
                leave_out=arguments.leave_out,
            )
            notes.setdefault(note, path)
            if says is not None and says != epoch and not arguments.epochs_as_given:
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
    for note, path in notes.items():
        log.info("%s: %s", path, note)
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
    parser.add_argument("--files", type=Path, nargs="+", required=True, help="files of weights")
    parser.add_argument(
        "--epochs", type=float, nargs="+", required=True, help="epochs of training of each file"
    )
    parser.add_argument(
        "--prefix", help="what precedes the names of the weights (default: found automatically)"
    )
    parser.add_argument(
        "--key", help="path of the state dict inside the files (default: found automatically)"
    )
    parser.add_argument(
        "--leave-out", nargs="*", default=[], help="modules beside the network, not to be read"
    )
    parser.add_argument(
        "--epochs-as-given",
        action="store_true",
        help="do not compare --epochs with what files say, as where they are in another unit",
    )
    parser.add_argument("--condition", default="network", help="name for the progress lines")
    parser.add_argument("--seed", type=int, required=True, help="recorded in the output")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    cli.run(main, parser)
