"""Draw how fast layers approach their final RDM, and how much they change from epoch to epoch."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.speed import figure as figure_speed
from trajectories.analyses.speed import table as speed
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    paths = (arguments.speed, arguments.summary, arguments.progress, arguments.change)
    kinds = (speed.SPEED, speed.SUMMARY, speed.PROGRESS, speed.CHANGE)
    times, summary, progress, change = (
        tables.read_columns(path, columns, speed.TEXT)
        for path, columns in zip(paths, kinds, strict=True)
    )
    style.save_captioned(
        figure_speed.draw(times, summary, progress, change, arguments.confidence),
        figure_speed.TITLE,
        figure_speed.caption(summary, progress, arguments.confidence),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", type=Path, required=True, help="speed.csv")
    parser.add_argument("--summary", type=Path, required=True, help="speed_summary.csv")
    parser.add_argument("--progress", type=Path, required=True, help="speed_progress.csv")
    parser.add_argument("--change", type=Path, required=True, help="speed_change.csv")
    cli.add_confidence(parser)
    cli.add_captioned_output(parser)
    cli.run(main, parser)
