"""Draw the figure of layer differences over learning."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.layer_differences import figure as figure_layer_differences
from trajectories.analyses.layer_differences import table as layer_differences
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, layer_differences.COLUMNS, layer_differences.TEXT)
    style.save_captioned(
        figure_layer_differences.draw(table, arguments.confidence),
        figure_layer_differences.TITLE,
        figure_layer_differences.caption(table, arguments.confidence),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="layer_differences.csv")
    cli.add_confidence(parser)
    cli.add_captioned_output(parser)
    cli.run(main, parser)
