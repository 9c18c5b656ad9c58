"""Tabulate a network instance's mean dissimilarity within and between categories of stimuli."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.rdms import categories, metrics, trajectory
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    definitions = categories.parse(arguments.categories)
    with trajectory.opened(arguments.trajectory) as instance:
        table = metrics.category_means(instance, definitions)
    tables.write(arguments.output, table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectory", type=Path, required=True, help="trajectory.h5 of the instance"
    )
    parser.add_argument(
        "--categories",
        metavar="JSON",
        required=True,
        help="""categories as expressions of stimulus flags with & | ~ ( ), such as
        '{"faces": {"within": "face", "between": "animal & ~face"}}';
        without "between", all stimuli outside count""",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
