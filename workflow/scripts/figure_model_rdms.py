"""Draw what category models explain of the RDM, over training."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.model_rdms import figure as figure_model_rdms
from trajectories.analyses.model_rdms import table as model_rdms
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, model_rdms.TABLE, model_rdms.TEXT)
    figure, caption = figure_model_rdms.draw(table), figure_model_rdms.caption(table)
    style.save_captioned(figure, figure_model_rdms.TITLE, caption, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="models.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
