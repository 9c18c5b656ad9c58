"""What an interim look says of itself; without the schema, which jobs need not have."""

from collections.abc import Mapping
from typing import Any


def stamp(config: Mapping[str, Any]) -> str | None:
    """What is to be said wherever results of an interim look are shown; None for other studies.

    Parameters
    ----------
    config : mapping
        As `config.resolve` gives it.
    """
    about = config["interim"]
    if about is None:
        return None
    return (
        f"interim: epochs 0–{about['epoch']} of {about['epochs']},"
        f" {about['networks']} of {about['of_networks']} networks"
    )
