"""Draw Figure 2 from the summary of the category table."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.categories import figure as figure_categories
from trajectories.plotting import figure_data, style


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    summary = figure_data.read_table(
        arguments.summary, ["category", "mean"], "categories_summary.csv"
    )
    figure = figure_categories.draw(
        summary,
        first_epoch=arguments.first_epoch,
        width=arguments.width,
        height=arguments.height,
        y_limits=arguments.y_limits,
    )
    style.save(figure, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Draw Figure 2: dissimilarity within and between categories, mean and SD over"
        " network instances."
    )
    parser.add_argument("--summary", type=Path, required=True, help="categories_summary.csv")
    parser.add_argument(
        "--first-epoch",
        type=float,
        default=0,
        help="leave out checkpoints before it (default: %(default)s)",
    )
    parser.add_argument("--width", type=float, help="mm (default: by the number of layers)")
    parser.add_argument("--height", type=float, help="mm (default: by the number of rows)")
    parser.add_argument(
        "--y-limits",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="limits of all y axes (default: from the data)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png",
    )
    cli.run(main, parser)
