"""Fit the RDM of every state as a sum of category models."""

import argparse
import json
from pathlib import Path

import numpy as np

from trajectories import cli
from trajectories.analyses.model_rdms import table as model_rdms
from trajectories.errors import UserError
from trajectories.statistics import states
from trajectories.storage import hdf5, tables


def main(arguments: argparse.Namespace) -> None:
    """Make the table that the arguments describe."""
    models = _models(arguments.trajectories[0], arguments.models)
    for sentence in models.left_out:
        cli.log.info("left out: %s", sentence)
    with states.opened(arguments.trajectories, most_states=None) as series:
        tables.write(arguments.output, model_rdms.table(series, models))


def _models(trajectory: Path, text: str) -> model_rdms.Models:
    """The models for the test images of a trajectory: all instances have the same."""
    try:
        wanted = json.loads(text)
    except ValueError as error:
        raise UserError(
            f'--models is not JSON ({error}): write it like \'{{"faces": "face"}}\'.'
        ) from error
    with hdf5.sealed(trajectory) as file:
        hdf5.require(file, "stimulus", "categories")
        flags = {
            flag: np.asarray(values, dtype=np.bool_) for flag, values in file["categories"].items()
        }
        return model_rdms.select(wanted, flags, len(file["stimulus"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of each network instance",
    )
    parser.add_argument(
        "--models",
        default="null",
        help="models as expressions of stimulus flags with & | ~ ( ), as JSON such as"
        ' {"faces": "face"}; null for the usual ones that the flags allow (default: %(default)s)',
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    cli.run(main, parser)
