"""Draw the emergence of categories: their index over learning, and latencies."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.emergence import figure as figure_emergence
from trajectories.analyses.emergence import table as emergence
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table, latencies, differences = (
        tables.read_columns(path, columns, emergence.TEXT)
        for path, columns in (
            (arguments.table, emergence.EMERGENCE),
            (arguments.latencies, emergence.LATENCIES),
            (arguments.differences, emergence.DIFFERENCES),
        )
    )
    style.save_captioned(
        figure_emergence.draw(table, latencies, differences, arguments.confidence),
        figure_emergence.TITLE,
        figure_emergence.caption(table, differences, arguments.confidence),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="emergence.csv")
    parser.add_argument("--latencies", type=Path, required=True, help="latencies.csv")
    parser.add_argument("--differences", type=Path, required=True, help="latency_differences.csv")
    cli.add_confidence(parser)
    cli.add_captioned_output(parser)
    cli.run(main, parser)
