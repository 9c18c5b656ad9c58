"""Compare the RDMs of all instances, layers and checkpoints, and place them in one space."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.geometry import table as geometry
from trajectories.statistics import states
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Compare, place, and write."""
    with states.opened(arguments.trajectories) as series:
        compared = states.identity(series)
        correlation = states.correlations(series)
    with states.opened(arguments.trajectories, most_states=None) as series:
        tables.write(arguments.to_final, geometry.to_final(series))
    path, axes = geometry.path(compared, correlation)
    geometry.write(arguments.output, compared, correlation)
    tables.write(arguments.similarity, geometry.mean_similarity(compared, correlation))
    tables.write(arguments.path, path)
    tables.write(arguments.path_axes, axes)


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
        "--output", type=Path, required=True, help="similarity of all states, to write (HDF5)"
    )
    parser.add_argument(
        "--similarity",
        type=Path,
        required=True,
        help="table of means over network instances, to write (CSV)",
    )
    parser.add_argument(
        "--to-final",
        type=Path,
        required=True,
        help="table of similarities to the final state, to write (CSV)",
    )
    parser.add_argument(
        "--path", type=Path, required=True, help="table of places in the space, to write (CSV)"
    )
    parser.add_argument(
        "--path-axes",
        type=Path,
        required=True,
        help="table of the variance on each axis, to write (CSV)",
    )
    cli.run(main, parser)
