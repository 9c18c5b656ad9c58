"""Draw Figure 1 from the summary of the stability table."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.stability import figure as figure_stability
from trajectories.plotting import figure_data, style


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    summary = figure_data.read_table(
        arguments.summary, ["next_epoch", "mean"], "stability_summary.csv"
    )
    figure = figure_stability.draw(
        summary,
        measure=arguments.measure,
        first_epoch=arguments.first_epoch,
        width=arguments.width,
        height=arguments.height,
        y_limits=arguments.y_limits,
    )
    style.save(figure, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Draw Figure 1: similarity of the RDMs of consecutive epochs, mean and SD over"
        " network instances."
    )
    parser.add_argument("--summary", type=Path, required=True, help="stability_summary.csv")
    parser.add_argument(
        "--measure",
        choices=figure_stability.MEASURES,
        default="pearson",
        help="similarity that the table holds (default: %(default)s)",
    )
    parser.add_argument(
        "--first-epoch",
        type=float,
        default=0,
        help="leave out steps that start before it (default: %(default)s)",
    )
    parser.add_argument("--width", type=float, help="mm (default: by the number of conditions)")
    parser.add_argument("--height", type=float, help="mm (default: 80)")
    parser.add_argument(
        "--y-limits",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="limits of the upper y axis (default: from the data)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png",
    )
    cli.run(main, parser)
