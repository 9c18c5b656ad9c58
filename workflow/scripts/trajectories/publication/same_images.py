"""Networks of one study have seen the same images, wherever they were trained."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectories.errors import UserError
from trajectories.publication import parts
from trajectories.rdms import trajectory
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import image_record


def require(
    paths: Mapping[tuple[str, int], Path], table: StimulusTable, name: str, target: Path
) -> None:
    """Refuse networks of other images, be it under the same names.

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
        If a network has other test images than the table or another network, or has learnt from
        other images than another one of its condition.
    """
    first: dict[tuple[str, ...], tuple[str, Path]] = {}
    for (condition, _), path in paths.items():
        with trajectory.opened(path) as found:
            if not _of_table(found, table):
                raise UserError(
                    f"{path} is of another table of test images than {name}:"
                    f" {_mend_of_table(path, target)}"
                )
            said = found.attributes
        for key in ((image_record.TEST,), (image_record.TRAINING, condition)):
            if key[0] not in said:
                continue
            content, where = first.setdefault(key, (said[key[0]], path))
            if said[key[0]] != content:
                raise UserError(
                    f"{path} was made from other {key[0].replace('_', ' ')} than {where}, so that"
                    " they cannot be of one study: use the images of one of them for both, or give"
                    " this study another `experiment`"
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
