"""Tabulate how similar the RDMs of network instances are to each other, at each epoch."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.consistency import table as consistency
from trajectories.rdms import similarity
from trajectories.statistics import states
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    with states.opened(arguments.trajectories, most_states=None) as series:
        table = consistency.consistency(series, arguments.measure)
    tables.write(arguments.output, table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of each network instance",
    )
    parser.add_argument(
        "--measure",
        choices=similarity.MEASURES,
        default="pearson",
        help="similarity of two RDMs; kendall is tau-a (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
