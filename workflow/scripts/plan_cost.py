"""Print what a study costs: steps, operations, GPU hours and disk space, from its config."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.planning import cost, cost_report
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import table as stimulus_table
from trajectories.study import config


def main(arguments: argparse.Namespace) -> None:
    """Print the cost that the arguments ask for, or write it into the config."""
    settings = config.read(arguments.config)
    n_stimuli = stimulus_count(Path(settings["stimuli"]["table"]))
    lines = cost_report.describe(
        settings["experiment"],
        cost.study_needs(settings, n_stimuli),
        rate(arguments),
        settings["activations"]["keep"],
    )
    if arguments.write:
        cost_report.write_block(arguments.config, lines)
    else:
        print("\n".join(lines))


def stimulus_count(table: Path) -> int:
    """Number of test images; that of the published set is known without its file."""
    if published_stimuli.is_published(table) and not table.exists():
        return cost.PUBLISHED_STIMULI
    return len(stimulus_table.read_table(table).stimulus)


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
    home = Path(__file__).resolve().parents[2]
    parser.add_argument(
        "--config", type=Path, default=home / "config" / "config.yaml", help="config of the study"
    )
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument(
        "--tflops", type=float, help="sustained 10^12 operations per second of your GPU"
    )
    speed.add_argument(
        "--images-per-second", type=float, help="training images per second of your GPU"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the lines into the config, as a comment block"
    )
    cli.run(main, parser)
