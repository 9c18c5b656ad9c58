"""Merge the RDMs of all layers and segments of one network instance into one file."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.rdms import branch, segment_rdms, trajectory
from trajectories.stimuli import table as stimulus_table
from trajectories.study.recipe import NetworkRecipe


def main(arguments: argparse.Namespace) -> None:
    """Merge the files that the arguments name."""
    parts = [segment_rdms.stored(path) for path in arguments.rdms]
    if arguments.branch is not None:
        recipe = NetworkRecipe.read(arguments.branch)
        parts = [branch.adopted(part, recipe, arguments.condition) for part in parts]
    merged = trajectory.merge(
        parts,
        stimulus_table.read_table(arguments.table),
        {
            "experiment": arguments.experiment,
            "condition": arguments.condition,
            "seed": arguments.seed,
        },
    )
    trajectory.write(arguments.output, merged)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rdms",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="files written by rdms.py, each for one layer and segment; layers keep this order",
    )
    parser.add_argument(
        "--branch", type=Path, help="recipe.json, if the first segments are those of a trunk"
    )
    parser.add_argument("--table", type=Path, required=True, help="stimulus table (CSV, .mat)")
    parser.add_argument("--experiment", required=True, help="recorded in the output")
    parser.add_argument("--condition", required=True, help="condition to expect in the RDMs")
    parser.add_argument("--seed", type=int, required=True, help="seed to expect in the RDMs")
    parser.add_argument("--output", type=Path, required=True, help="trajectory.h5 to write")
    cli.run(main, parser)
