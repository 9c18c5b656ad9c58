"""Tabulate when categories emerge: their index over learning, latencies, differences of these."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.emergence import table as emergence
from trajectories.statistics import condition_curves, verdicts
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    rules = verdicts.Rules(confidence=arguments.confidence, time=arguments.margin_time)
    conditions = condition_curves.read(arguments.resamples)
    curves = [emergence.emergence(each, rules.confidence) for each in conditions]
    compared = [emergence.compared(each, rules) for each in conditions]
    for path, parts in (
        (arguments.output, curves),
        (arguments.latencies, [latencies for latencies, _ in compared]),
        (arguments.differences, [differences for _, differences in compared]),
    ):
        tables.write(path, pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_resamples(parser)
    cli.add_confidence(parser)
    parser.add_argument(
        "--margin-time",
        type=float,
        default=0.05,
        help="differences of times that count as none, share of the epochs (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="table of the index over learning (CSV)"
    )
    parser.add_argument("--latencies", type=Path, required=True, help="table of latencies (CSV)")
    parser.add_argument(
        "--differences", type=Path, required=True, help="table of their differences (CSV)"
    )
    cli.run(main, parser)
