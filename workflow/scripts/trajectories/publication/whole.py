"""Published studies are read if they are whole: what was published is there, and nothing else is.

Whatever is wrong with one, its mend is to get it again: to move it away would lose networks.
"""

import re
from pathlib import Path

from trajectories.errors import UserError
from trajectories.publication import manifest, parts
from trajectories.study import config as study_config
from trajectories.study.config import Config

_OF_NETWORK = re.compile(r"(?P<condition>[^/]+)/seed-(?P<seed>\d+)/.+")


def is_there(folder: Path) -> bool:
    """Whether a folder has a published study, be it damaged.

    Raises
    ------
    UserError
        If it has one without checksums, so that nobody knows what of it was published.
    """
    path = folder / manifest.NAME
    if path.is_file():
        return True
    if (folder / parts.CONFIG).is_file() or any(folder.glob(f"*/seed-*/{parts.TRAJECTORY}")):
        raise UserError(
            f"there is no {path}, with the checksums of the study in that folder: get {folder}"
            " again"
        )
    return False


def read(folder: Path) -> tuple[Config, list[Path]]:
    """Config of a published study, and its files by their paths in its folder.

    Raises
    ------
    UserError
        If a file is not as published, or config and checksums do not name the same networks.
    """
    names = manifest.verified(folder)
    listed = {name.as_posix() for name in names}
    _require_listed(folder, listed, [parts.CONFIG])
    config = _config(folder / parts.CONFIG)
    there = [name for name in parts.optional(config) if (folder / name).is_file()]
    _require_listed(folder, listed, [*parts.needed(config), *there])
    for name in sorted(listed):
        network = _OF_NETWORK.fullmatch(name)
        if network and not (
            network["condition"] in config["conditions"] and int(network["seed"]) in config["seeds"]
        ):
            raise UserError(
                f"{folder / parts.CONFIG} does not name {network['condition']} seed"
                f" {network['seed']}, of which {folder / manifest.NAME} has {name}: get"
                f" {folder} again"
            )
    return config, names


def _require_listed(folder: Path, listed: set[str], names: list[str]) -> None:
    for name in names:
        if name not in listed:
            raise UserError(f"{folder / manifest.NAME} has no line for {name}: get {folder} again")


def _config(path: Path) -> Config:
    try:
        return study_config.read(path)
    except UserError as error:
        if str(path) in str(error):
            raise
        raise UserError(f"{path} cannot be used here, as {error}") from error
