"""Draw whether nearest neighbours are of one category, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.nearest_neighbour import figure as figure_nearest_neighbour
from trajectories.analyses.nearest_neighbour import table as nearest_neighbour
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(
        arguments.table, nearest_neighbour.NEAREST_NEIGHBOUR, nearest_neighbour.TEXT
    )
    figure, caption = figure_nearest_neighbour.draw(table), figure_nearest_neighbour.caption(table)
    style.save_captioned(figure, figure_nearest_neighbour.TITLE, caption, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="nearest_neighbour.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
