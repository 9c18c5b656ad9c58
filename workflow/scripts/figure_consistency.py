"""Draw how alike network instances are, and their noise ceiling, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.consistency import figure as figure_consistency
from trajectories.analyses.consistency import table as consistency
from trajectories.plotting import style
from trajectories.rdms import similarity
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, consistency.CONSISTENCY)
    style.save_captioned(
        figure_consistency.draw(table, arguments.measure),
        figure_consistency.TITLE,
        figure_consistency.caption(table, arguments.measure),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="consistency.csv")
    parser.add_argument(
        "--measure",
        choices=similarity.MEASURES,
        default="pearson",
        help="similarity that the table holds (default: %(default)s)",
    )
    cli.add_captioned_output(parser)
    cli.run(main, parser)
