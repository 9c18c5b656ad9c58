"""Draw how similar the state of each checkpoint is to that of every other."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.geometry import table as geometry
from trajectories.plotting import maps as figure_checkpoint_similarity
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, geometry.SIMILARITY, geometry.TEXT)
    style.save_captioned(
        figure_checkpoint_similarity.draw(table),
        figure_checkpoint_similarity.TITLE,
        figure_checkpoint_similarity.caption(table),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="checkpoint_similarity.csv")
    cli.add_captioned_output(parser)
    cli.run(main, parser)
