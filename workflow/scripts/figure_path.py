"""Draw the path of all networks through one common space."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.geometry import figure_path
from trajectories.analyses.geometry import table as geometry
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    path = tables.read_columns(arguments.path, geometry.PATH, geometry.TEXT)
    axes = tables.read_columns(arguments.path_axes, geometry.PATH_AXES, geometry.TEXT)
    style.save_captioned(
        figure_path.draw(path, axes),
        "Path of learning in one common space",
        figure_path.caption(path, axes),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="path.csv")
    parser.add_argument("--path-axes", type=Path, required=True, help="path_axes.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
