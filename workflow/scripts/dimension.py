"""Tabulate the dimension of all states, and CKA between the checkpoints of an instance."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.dimension import table as dimension
from trajectories.statistics import states
from trajectories.storage import hdf5, tables


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    with hdf5.sealed(arguments.trajectories[0]) as file:
        hdf5.require(file, "stimulus")
        n_stimuli = len(file["stimulus"])
    with states.opened(arguments.trajectories, most_states=None) as series:
        dimensions, cka = dimension.tables(series, n_stimuli)
    tables.write(arguments.dimension, dimensions)
    tables.write(arguments.cka, cka)


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
        "--dimension", type=Path, required=True, help="table of dimension, to write (CSV)"
    )
    parser.add_argument(
        "--cka", type=Path, required=True, help="table of CKA between checkpoints, to write (CSV)"
    )
    cli.run(main, parser)
