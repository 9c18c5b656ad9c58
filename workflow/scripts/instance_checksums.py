"""Write the checksums of all files of a network instance."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.provenance import checksums, images_used, provenance, whose
from trajectories.storage import image_record
from trajectories.study.epochs import last_epoch
from trajectories.study.recipe import NetworkRecipe


def main(arguments: argparse.Namespace) -> None:
    """Join the checksums of segments, and add those of the files that the arguments name."""
    needed = ("recipe_digest", "trained_with", "files")
    instance = f"{arguments.condition} seed {arguments.seed}"
    segments = [checksums.read(path, needed) for path in arguments.segments]
    found = [segment["recipe_digest"] for segment in segments]
    expected = found[-1:] * len(found)
    recipe = NetworkRecipe.read(arguments.branch) if arguments.branch is not None else None
    if recipe is not None:
        expected = [recipe.digest_at(last_epoch(path.stem)) for path in arguments.segments]
    if found != expected:
        raise UserError(
            f"the segments of {instance} come from other recipes than they should: delete its"
            " checkpoints and states, and start the workflow again"
        )
    files = checksums.of_files(arguments.run, arguments.files)
    for segment in segments:
        files.update(segment["files"])
    # Of a branch, the first segments and their RDMs are in the folder of its trunk.
    folders = [path.parents[1] / "checkpoints" / path.stem for path in arguments.segments]
    for path in arguments.files:
        whose.require_own(path, arguments.run)
        if path.name == "history.csv":
            whose.require_joined(path, folders)
    said = dict(zip(arguments.segments, segments, strict=True))
    said |= {p: image_record.recorded(p) for p in arguments.files if p.suffix == ".h5"}
    parts = [each for path, each in said.items() if not _of_other_images(path, recipe)]
    origins = [origin for segment in segments for origin in segment["trained_with"]]
    content = {
        "condition": arguments.condition,
        "seed": arguments.seed,
        "recipe_digest": found[-1],
        "trained_with": provenance.distinct(origins),
        **images_used.agreed(instance, parts),
        "files": files,
    }
    checksums.write(arguments.output, content)


def _of_other_images(path: Path, recipe: NetworkRecipe | None) -> bool:
    """Whether a file is of a segment in which the trunk learnt from other images."""
    if recipe is None or not path.stem.startswith("epochs-"):
        return False
    return recipe.other_images_at(last_epoch(path.stem))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument("--condition", required=True, help="condition of the instance")
    parser.add_argument("--seed", type=int, required=True, help="seed of the instance")
    parser.add_argument(
        "--segments",
        type=Path,
        nargs="+",
        required=True,
        help="files written by segment_checksums.py",
    )
    parser.add_argument(
        "--branch", type=Path, help="recipe.json, if the first segments are those of a trunk"
    )
    parser.add_argument(
        "--files", type=Path, nargs="+", required=True, help="results of the instance"
    )
    parser.add_argument("--output", type=Path, required=True, help="checksums (JSON) to write")
    cli.run(main, parser)
