"""Tabulate category effects over learning, with intervals and tests by permutation of labels."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses.category_effects import table as category_effects
from trajectories.errors import UserError
from trajectories.rdms import categories, trajectory
from trajectories.statistics import condition_curves, resampled_curves
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    definitions = categories.parse(arguments.categories)
    paths = dict(zip(arguments.resamples, arguments.trajectories, strict=True))
    instances = {path: resampled_curves.read(path) for path in paths}
    parts = []
    for curves in condition_curves.by_condition(list(instances.values())):
        of_condition = [
            (paths[path], each)
            for path, each in instances.items()
            if str(each.attributes["condition"]) == curves.condition
        ]
        with ExitStack() as stack:
            parts.append(
                category_effects.table(
                    curves,
                    _opened(of_condition, stack),
                    definitions,
                    arguments.confidence,
                    arguments.permutations,
                    arguments.seed,
                )
            )
    tables.write(arguments.output, pd.concat(parts, ignore_index=True))


def _opened(
    instances: Sequence[tuple[Path, resampled_curves.Curves]], stack: ExitStack
) -> Iterator[trajectory.Trajectory]:
    """Trajectories, each that of its resamples, open as long as the stack is."""
    for path, curves in instances:
        found = stack.enter_context(trajectory.opened(path))
        for key in ("condition", "seed"):
            if found.attributes[key] != curves.attributes[key]:
                raise UserError(
                    f"{path} is of {key} {found.attributes[key]}, its resamples of"
                    f" {curves.attributes[key]}: give both in the same order."
                )
        yield found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of all instances",
    )
    parser.add_argument(
        "--resamples",
        type=Path,
        nargs="+",
        required=True,
        help="their resamples.h5, in the same order",
    )
    parser.add_argument(
        "--categories",
        required=True,
        help='JSON such as {"faces": {"within": "face", "between": "~face"}}',
    )
    cli.add_confidence(parser)
    parser.add_argument(
        "--permutations", type=int, default=1000, help="number of them (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the permutations (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
