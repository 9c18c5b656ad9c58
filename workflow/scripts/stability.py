"""Tabulate how similar a network instance's RDM at each epoch is to the one at the next."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.rdms import metrics, similarity, trajectory
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    with trajectory.opened(arguments.trajectory) as instance:
        table = metrics.stability(instance, arguments.measure)
    tables.write(arguments.output, table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectory", type=Path, required=True, help="trajectory.h5 of the instance"
    )
    parser.add_argument(
        "--measure",
        choices=similarity.MEASURES,
        default="pearson",
        help="similarity of two RDMs; kendall is tau-a (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
