"""Tabulate dimension, CKA between checkpoints, and nearest-neighbour accuracy of all states."""

import argparse
from pathlib import Path

import numpy as np

from trajectories import categories, cli, hdf5, tables
from trajectories.analyses import dimension, nearest_neighbour, states


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    definitions = categories.parse(arguments.categories)
    with hdf5.sealed(arguments.trajectories[0]) as file:
        hdf5.require(file, "stimulus", "categories")
        n_stimuli = len(file["stimulus"])
        flags = {
            flag: np.asarray(values, dtype=np.bool_) for flag, values in file["categories"].items()
        }
    with states.opened(arguments.trajectories, most_states=None) as series:
        dimensions, cka = dimension.tables(series, n_stimuli)
        neighbours = nearest_neighbour.table(series, definitions, flags)
    tables.write(arguments.dimension, dimensions)
    tables.write(arguments.cka, cka)
    tables.write(arguments.nearest_neighbour, neighbours)


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
    parser.add_argument(
        "--dimension", type=Path, required=True, help="table of dimension, to write (CSV)"
    )
    parser.add_argument(
        "--cka", type=Path, required=True, help="table of CKA between checkpoints, to write (CSV)"
    )
    parser.add_argument(
        "--nearest-neighbour",
        type=Path,
        required=True,
        help="table of nearest-neighbour accuracy, to write (CSV)",
    )
    cli.run(main, parser)
