"""Write the checksums of all files of a network instance."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.provenance import checksums, provenance


def main(arguments: argparse.Namespace) -> None:
    """Join the checksums of segments, and add those of the files that the arguments name."""
    needed = ("recipe_digest", "trained_with", "files")
    segments = [checksums.read(path, needed) for path in arguments.segments]
    recipes = {segment["recipe_digest"] for segment in segments}
    if len(recipes) > 1:
        raise UserError(
            f"the segments of {arguments.condition} seed {arguments.seed} come from {len(recipes)}"
            " recipes: delete its checkpoints and states, and start the workflow again"
        )
    files = checksums.of_files(arguments.run, arguments.files)
    for segment in segments:
        files.update(segment["files"])
    origins = [origin for segment in segments for origin in segment["trained_with"]]
    content = {
        "condition": arguments.condition,
        "seed": arguments.seed,
        "recipe_digest": recipes.pop(),
        "trained_with": provenance.distinct(origins),
        "files": files,
    }
    checksums.write(arguments.output, content)


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
        "--files", type=Path, nargs="+", required=True, help="results of the instance"
    )
    parser.add_argument("--output", type=Path, required=True, help="checksums (JSON) to write")
    cli.run(main, parser)
