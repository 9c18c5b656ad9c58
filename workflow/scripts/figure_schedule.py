"""Draw RDM change per epoch, per unit of summed learning rate and of weight displacement."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.schedule import figure as figure_schedule
from trajectories.analyses.schedule import table as schedule
from trajectories.plotting import style
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Read, draw, save."""
    table = tables.read_columns(arguments.table, schedule.SCHEDULE, schedule.TEXT)
    summary = tables.read_columns(arguments.summary, schedule.SUMMARY, schedule.TEXT)
    style.save_captioned(
        figure_schedule.draw(table, arguments.confidence),
        figure_schedule.TITLE,
        figure_schedule.caption(table, summary, arguments.confidence),
        arguments.output,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="schedule.csv")
    parser.add_argument("--summary", type=Path, required=True, help="schedule_summary.csv")
    cli.add_confidence(parser)
    cli.add_captioned_output(parser)
    cli.run(main, parser)
