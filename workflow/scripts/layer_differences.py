"""Tabulate paired tests between layers: of change from epoch to epoch, and of progress."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli, tables
from trajectories.analyses import condition_curves, layer_differences, resampled_curves


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    instances = [resampled_curves.read(path) for path in arguments.resamples]
    parts = [
        layer_differences.table(curves, arguments.confidence)
        for curves in condition_curves.by_condition(instances)
    ]
    tables.write(arguments.output, pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--resamples", type=Path, nargs="+", required=True, help="resamples.h5 of all instances"
    )
    parser.add_argument(
        "--confidence", type=float, default=0.95, help="of the intervals (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
