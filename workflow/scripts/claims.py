"""Decide the paper's claims for each condition: statistic, interval, verdict and a sentence."""

import argparse
import json
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.claims import table as claims
from trajectories.plotting import figure_data
from trajectories.statistics import condition_curves, pace, verdicts
from trajectories.storage import tables
from trajectories.storage.files import atomic


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe, and the same as JSON."""
    rules = verdicts.Rules(
        arguments.confidence,
        arguments.margin_dissimilarity,
        arguments.margin_time,
        arguments.margin_factor,
    )
    histories = (
        figure_data.read_histories(arguments.histories) if arguments.histories else pd.DataFrame()
    )
    decided = [
        claim
        for curves in condition_curves.read(arguments.resamples)
        for claim in claims.decide(curves, pace.learning_rates(histories, curves.condition), rules)
    ]
    table = claims.table(decided)
    tables.write(arguments.output, table)
    with atomic(arguments.json) as temporary:
        # Numbers that there are not are null there.
        records = json.loads(table.to_json(orient="records", double_precision=15))
        found = [record | {"title": claims.TITLES[record["claim"]]} for record in records]
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_resamples(parser)
    parser.add_argument(
        "--histories",
        type=Path,
        nargs="*",
        default=[],
        help="history.csv of the instances that were trained, for learning rates",
    )
    cli.add_confidence(parser)
    parser.add_argument(
        "--margin-dissimilarity",
        type=float,
        default=0.05,
        help="differences of mean dissimilarity that count as none (default: %(default)s)",
    )
    parser.add_argument(
        "--margin-time",
        type=float,
        default=0.05,
        help="differences of times that count as none, share of the epochs (default: %(default)s)",
    )
    parser.add_argument(
        "--margin-factor",
        type=float,
        default=1.5,
        help="ratios below it count as none (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    parser.add_argument("--json", type=Path, required=True, help="the same as JSON, with titles")
    cli.run(main, parser)
