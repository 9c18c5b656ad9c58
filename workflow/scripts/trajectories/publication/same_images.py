"""Networks of one study have seen the same images, wherever they were trained."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectories.errors import UserError
from trajectories.publication import parts
from trajectories.rdms import trajectory
from trajectories.stimuli.table import StimulusTable


def require(
    paths: Mapping[tuple[str, int], Path], table: StimulusTable, name: str, target: Path
) -> None:
    """Refuse networks of another table of test images.

    Parameters
    ----------
    paths : mapping of (condition, seed) to Path
        The `trajectory.h5` of each network.
    table : StimulusTable
    name : str
        Where that table is.
    target : Path
        Folder of the published study, in which some of the networks may be.

    Raises
    ------
    UserError
        If a network has other test images than the table.
    """
    for path in paths.values():
        with trajectory.opened(path) as found:
            if not _of_table(found, table):
                raise UserError(
                    f"{path} is of another table of test images than {name}:"
                    f" {_mend_of_table(path, target)}"
                )


def _of_table(found: trajectory.Trajectory, table: StimulusTable) -> bool:
    return (
        found.stimulus == table.stimulus
        and list(found.flags) == list(table.flags)
        and all(np.array_equal(found.flags[flag], table.flags[flag]) for flag in table.flags)
    )


def _mend_of_table(path: Path, target: Path) -> str:
    if path.is_relative_to(target):
        return f"name the table that it was published with, {target / parts.TABLE}"
    return "start the workflow again, which makes it anew"
