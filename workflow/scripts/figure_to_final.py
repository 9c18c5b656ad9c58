"""Draw how similar the RDM is to the final one, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.geometry import figure_to_final
from trajectories.analyses.geometry import table as geometry
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, geometry.TO_FINAL, geometry.TEXT)
    figure, caption = figure_to_final.draw(table), figure_to_final.caption(table)
    style.save_captioned(figure, figure_to_final.TITLE, caption, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="to_final.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
