"""Tabulate the noise ceilings of reference RDMs: how similar a perfect model would be."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.analyses.references import table as references
from trajectories.rdms import reference_rdms, similarity
from trajectories.stimuli import table as stimulus_table
from trajectories.storage import tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    stimulus = stimulus_table.read_table(arguments.table).stimulus
    found = reference_rdms.read_all(arguments.references, stimulus)
    tables.write(arguments.output, references.ceilings(found, arguments.measure))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--table", type=Path, required=True, help="table of test images (CSV, or the .mat file)"
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
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
