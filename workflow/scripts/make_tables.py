"""Make the tables of an analysis from the files of all network instances."""

import argparse
from pathlib import Path

import pandas as pd

from trajectories import cli
from trajectories.analyses import arguments as given
from trajectories.analyses import declaration
from trajectories.errors import UserError
from trajectories.storage import tables

READS = {
    "trajectories": "trajectory.h5 of all instances",
    "resamples": "resamples.h5 of all instances",
    "displacements": "displacement.csv of all instances",
    "histories": "history.csv of the instances that were trained, which may be none",
    "recipes": "recipe.json of each condition, in a folder named as the condition",
}


def main(arguments: argparse.Namespace) -> None:
    """Make what the arguments describe."""
    analysis = declaration.load(arguments.analysis)
    settings = given.settings(arguments.settings, analysis.settings)
    names = [*(f"tables/{name}.csv" for name in analysis.tables), *analysis.files]
    outputs = given.by_name(arguments.output, [Path(name).name for name in names], "--output")
    reads = {kind: getattr(arguments, kind) for kind in analysis.reads}
    if lacking := [kind for kind, paths in reads.items() if not paths and kind != "histories"]:
        raise UserError(f"{arguments.analysis} is made from --{lacking[0]}: give these files.")
    made = declaration.module(arguments.analysis, "table").tabulate(**reads, **settings)
    for path, each in zip(outputs, made, strict=True):
        if isinstance(each, pd.DataFrame):
            tables.write(path, each)
        else:
            each(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    given.add(parser)
    for kind, files in READS.items():
        parser.add_argument(f"--{kind}", type=Path, nargs="*", default=[], help=files)
    parser.add_argument(
        "--output", type=Path, nargs="+", required=True, help="its tables and files, to write"
    )
    cli.run(main, parser)
