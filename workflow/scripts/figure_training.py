"""Draw the training diagnostics from the histories of all instances."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.diagnostics import figure as figure_training
from trajectories.plotting import figure_data, style


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    history = figure_data.read_histories(arguments.histories)
    figure = figure_training.draw(history, width=arguments.width, height=arguments.height)
    style.save(figure, arguments.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Draw the training diagnostics: loss, accuracies beside chance, and spread of"
        " the embedding, for each network instance."
    )
    parser.add_argument(
        "--histories",
        type=Path,
        nargs="+",
        required=True,
        help="files named <condition>/seed-<seed>/history.csv",
    )
    parser.add_argument("--width", type=float, help="mm (default: by the number of panels)")
    parser.add_argument("--height", type=float, help="mm (default: 55)")
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        required=True,
        help="files to write, ending in .pdf or .png",
    )
    cli.run(main, parser)
