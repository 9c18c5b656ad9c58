"""Draw the figure of category effects over learning."""

import argparse
from pathlib import Path

from trajectories import cli, style, tables
from trajectories.analyses import category_effects, figure_category_effects


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
