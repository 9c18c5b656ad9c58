"""Tabulate whether nearest neighbours are of one category, for all states."""

import argparse
from pathlib import Path

import numpy as np

from trajectories import cli
from trajectories.analyses.nearest_neighbour import table as nearest_neighbour
from trajectories.rdms import categories
from trajectories.statistics import states
from trajectories.storage import hdf5, tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    definitions = categories.parse(arguments.categories)
    with hdf5.sealed(arguments.trajectories[0]) as file:
        hdf5.require(file, "categories")
        flags = {
            flag: np.asarray(values, dtype=np.bool_) for flag, values in file["categories"].items()
        }
    with states.opened(arguments.trajectories, most_states=None) as series:
        tables.write(arguments.output, nearest_neighbour.table(series, definitions, flags))


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
        "--categories",
        required=True,
        help="""categories as expressions of stimulus flags with & | ~ ( ), such as
        {"faces": {"within": "face"}}""",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
