"""Tabulate how fast layers approach their final RDM, and log10(1 - r) of consecutive RDMs."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli, tables
from trajectories.analyses import condition_curves, resampled_curves, speed


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    instances = [resampled_curves.read(path) for path in arguments.resamples]
    parts = [
        speed.tables(curves, arguments.confidence)
        for curves in condition_curves.by_condition(instances)
    ]
    outputs = (arguments.output, arguments.summary, arguments.progress, arguments.change)
    for output, of_conditions in zip(outputs, zip(*parts, strict=True), strict=True):
        tables.write(output, pd.concat(of_conditions, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--resamples", type=Path, nargs="+", required=True, help="resamples.h5 of all instances"
    )
    parser.add_argument(
        "--confidence", type=float, default=0.95, help="of the intervals (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="table of each instance's times to write (CSV)"
    )
    parser.add_argument(
        "--summary", type=Path, required=True, help="their means, and differences between layers"
    )
    parser.add_argument(
        "--progress", type=Path, required=True, help="similarity to the last RDM, normalised"
    )
    parser.add_argument(
        "--change", type=Path, required=True, help="log10(1 - r) of consecutive RDMs"
    )
    cli.run(main, parser)
