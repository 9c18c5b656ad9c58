"""Tabulate how similar a network instance's RDMs are to those of brains or behaviour."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.references import table as references
from trajectories.rdms import reference_rdms, similarity, trajectory
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the tables that the arguments describe."""
    with trajectory.opened(arguments.trajectory) as instance:
        found = reference_rdms.read_all(arguments.references, instance.stimulus)
        made = references.similarities(instance, found, arguments.measure)
    tables.write(arguments.subjects, made.subjects)
    tables.write(arguments.output, made.references)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectory", type=Path, required=True, help="trajectory.h5 of the instance"
    )
    parser.add_argument(
        "--references",
        required=True,
        help="names and settings as in the config, as JSON, such as"
        ' {"human_it": {"file": "human.csv", "rdm": null, "table": null}}',
    )
    parser.add_argument(
        "--measure",
        choices=similarity.MEASURES,
        default="pearson",
        help="similarity of two RDMs; kendall is tau-a (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="similarity to each reference (CSV) to write"
    )
    parser.add_argument(
        "--subjects", type=Path, required=True, help="similarity to each subject (CSV) to write"
    )
    cli.run(main, parser)
