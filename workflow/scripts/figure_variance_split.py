"""Draw the variance between network instances by its source, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.variance_split import figure as figure_variance_split
from trajectories.analyses.variance_split import table as variance_split
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, variance_split.VARIANCE_SPLIT, variance_split.TEXT)
    style.save_captioned(
        figure_variance_split.draw(table),
        figure_variance_split.TITLE,
        figure_variance_split.caption(table),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="variance_split.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
