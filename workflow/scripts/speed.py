"""Tabulate how fast layers approach their final RDM, and log10(1 - r) of consecutive RDMs."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.speed import table as speed
from trajectories.statistics import condition_curves
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    parts = [
        speed.tables(curves, arguments.confidence)
        for curves in condition_curves.read(arguments.resamples)
    ]
    outputs = (arguments.output, arguments.summary, arguments.progress, arguments.change)
    for output, of_conditions in zip(outputs, zip(*parts, strict=True), strict=True):
        tables.write(output, pd.concat(of_conditions, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_resamples(parser)
    cli.add_confidence(parser)
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
