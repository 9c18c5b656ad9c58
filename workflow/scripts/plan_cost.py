"""Print what a study costs, from its config, and how precise its claims will be.

Costs are steps, operations, GPU hours and disk space. Precision is predicted from the study's own
results where it has been run, else from those of the default study, config/pilot.csv.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

from trajectories import cli
from trajectories.analyses.claims import precision
from trajectories.errors import UserError
from trajectories.planning import checks, cost, cost_report
from trajectories.stimuli import expected as expected_stimuli
from trajectories.stimuli.table import located
from trajectories.study import config

HOME = Path(__file__).resolve().parents[2]
log = logging.getLogger("trajectories")


def main(arguments: argparse.Namespace) -> None:
    """Print the cost that the arguments ask for, or write it into the config."""
    settings = config.read(arguments.config)
    checks.check_settings(settings)  # its warnings are told by the plan of jobs
    table = Path(settings["stimuli"]["table"])
    if arguments.stimuli is None and not located(table).exists():
        log.warning("note: %s", expected_stimuli.note(table))
    n_stimuli = cost.stimulus_count(table, arguments.stimuli)
    if not cost.trained(settings) and not arguments.write:
        lines = ["Nothing is trained: all networks are from existing checkpoints."]
    else:
        lines = cost_report.describe(
            settings["experiment"],
            cost.study_needs(settings, n_stimuli),
            rate(arguments),
            settings["activations"]["keep"],
        )
    if arguments.write:
        cost_report.write_block(arguments.config, lines)
    else:
        print("\n".join([*lines, "", *precise(arguments, settings, n_stimuli)]))


def precise(arguments: argparse.Namespace, settings: dict[str, Any], n_stimuli: int) -> list[str]:
    """Lines on the intervals to expect."""
    own = Path("results") / settings["experiment"] / "tables" / "study_size.csv"
    pilot = arguments.pilot or (own if own.exists() else HOME / "config" / "pilot.csv")
    confidence = settings["statistics"]["confidence"]
    return precision.planned(pilot, len(settings["seeds"]), n_stimuli, confidence)


def rate(arguments: argparse.Namespace) -> cost.Rate:
    """The rate that the user gives, or else the reported one."""
    for value, unit, flag in (
        (arguments.tflops and arguments.tflops * 1e12, "operations", "--tflops"),
        (arguments.images_per_second, "images", "--images-per-second"),
    ):
        if value is not None:
            if not 0 < value < float("inf"):
                raise UserError(f"{flag} must be a number above 0")
            return cost.Rate(value, unit, f"given by {flag}")
    return cost.Rate.reported()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--config", type=Path, default=HOME / "config" / "config.yaml", help="config of the study"
    )
    parser.add_argument(
        "--stimuli", type=int, help="number of test images (default: those of the table)"
    )
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument(
        "--tflops", type=float, help="sustained 10^12 operations per second of your GPU"
    )
    speed.add_argument(
        "--images-per-second", type=float, help="training images per second of your GPU"
    )
    parser.add_argument(
        "--pilot",
        type=Path,
        help="study_size.csv of a finished study, to predict the precision of the claims from",
    )
    parser.add_argument(
        "--write", action="store_true", help="write the lines into the config, as a comment block"
    )
    cli.run(main, parser)
