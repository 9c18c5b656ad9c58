"""Draw the figure of category effects over learning."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.category_effects import figure as figure_category_effects
from trajectories.analyses.category_effects import table as category_effects
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, category_effects.COLUMNS, category_effects.TEXT)
    style.save_captioned(
        figure_category_effects.draw(table, arguments.confidence),
        figure_category_effects.TITLE,
        figure_category_effects.caption(table, arguments.confidence),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="category_effects.csv")
    cli.add_confidence(parser)
    cli.add_captioned_output(parser)
    cli.run(main, parser)
