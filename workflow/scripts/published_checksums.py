"""Write the checksums of what is made here of a published network, and what it was trained with."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.provenance import checksums, whose


def main(arguments: argparse.Namespace) -> None:
    """Keep what the network's own checksums say of its training, with files that are here."""
    needed = ("condition", "seed", "recipe_digest", "trained_with", "files")
    content = checksums.read(arguments.published, needed)
    for path in arguments.files:
        whose.require_own(path, arguments.run)
    content["files"] = checksums.of_files(arguments.run, [arguments.published, *arguments.files])
    checksums.write(arguments.output, content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument(
        "--published", type=Path, required=True, help="checksums.json where it was trained"
    )
    parser.add_argument(
        "--files", type=Path, nargs="+", required=True, help="results of the instance"
    )
    parser.add_argument("--output", type=Path, required=True, help="checksums (JSON) to write")
    cli.run(main, parser)
