"""Tabulate paired tests between layers: of change from epoch to epoch, and of progress."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.layer_differences import table as layer_differences
from trajectories.statistics import condition_curves
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    parts = [
        layer_differences.table(curves, arguments.confidence)
        for curves in condition_curves.read(arguments.resamples)
    ]
    tables.write(arguments.output, pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_resamples(parser)
    cli.add_confidence(parser)
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
