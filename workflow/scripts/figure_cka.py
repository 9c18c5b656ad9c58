"""Draw linear CKA between checkpoints."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.dimension import figure as figure_dimension
from trajectories.analyses.dimension import table as dimension
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, dimension.CKA)
    figure, caption = figure_dimension.draw_cka(table), figure_dimension.caption_cka(table)
    style.save_captioned(figure, figure_dimension.CKA_TITLE, caption, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="cka.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
