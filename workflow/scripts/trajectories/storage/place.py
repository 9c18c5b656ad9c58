"""Whether a file is of the network instance in whose folder it lies, by what it says itself."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trajectories.errors import UserError

OF_LAYERS = ("rdms", "activations")
"""Folders of an instance that have one for each layer."""


def require(path: Path, said: Iterable[Mapping[Any, Any]]) -> None:
    """Refuse a file that is of another instance.

    Parameters
    ----------
    path : Path
        In ``<condition>/seed-<seed>/``, or in the folder of a layer there; other files pass.
    said : iterable of mapping
        What the file says, each with `condition` and `seed`, or without.

    Raises
    ------
    UserError
        If it is of another condition or seed.
    """
    own = path.absolute().parent
    if own.parent.name in OF_LAYERS:
        own = own.parent.parent
    if not re.fullmatch(r"seed-\d+", own.name):
        return
    wanted = {"condition": own.parent.name, "seed": own.name.removeprefix("seed-")}
    for each in said:
        if any(str(each.get(key, value)) != value for key, value in wanted.items()):
            of = ", ".join(f"{key} {each[key]}" for key in wanted if key in each)
            raise UserError(
                f"{path} is of {of}, not of its folder: delete it and start the workflow again,"
                " which makes it again."
            )
