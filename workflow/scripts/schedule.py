"""Tabulate RDM change per epoch, per unit of summed learning rate and of weight displacement."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.schedule import table as schedule
from trajectories.networks import displacement
from trajectories.plotting import figure_data
from trajectories.statistics import condition_curves, pace
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    moved = pd.concat(
        [tables.read_columns(path, displacement.COLUMNS) for path in arguments.displacements],
        ignore_index=True,
    )
    histories = (
        figure_data.read_histories(arguments.histories) if arguments.histories else pd.DataFrame()
    )
    parts = [
        schedule.tables(
            curves,
            pace.learning_rates(histories, curves.condition),
            moved[moved["condition"] == curves.condition],
            arguments.confidence,
        )
        for curves in condition_curves.read(arguments.resamples)
    ]
    outputs = (arguments.output, arguments.summary)
    for output, of_conditions in zip(outputs, zip(*parts, strict=True), strict=True):
        tables.write(output, pd.concat(of_conditions, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_resamples(parser)
    parser.add_argument(
        "--displacements",
        type=Path,
        nargs="+",
        required=True,
        help="displacement.csv of all instances",
    )
    parser.add_argument(
        "--histories",
        type=Path,
        nargs="*",
        default=[],
        help="history.csv of the instances that were trained, for learning rates",
    )
    cli.add_confidence(parser)
    parser.add_argument(
        "--output", type=Path, required=True, help="table of each step to write (CSV)"
    )
    parser.add_argument(
        "--summary", type=Path, required=True, help="ratios of the first step to the last quarter"
    )
    cli.run(main, parser)
