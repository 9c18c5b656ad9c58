"""Checks of the training images before any job starts: their settings, and their folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.images.sources import registry
from trajectories.study.config import Config, imported


def check_settings(images: dict[str, Any]) -> None:
    """Check the block `images` of a config, without looking at any file.

    Raises
    ------
    UserError
        If two of its keys do not fit.
    """
    name, path, storage = images["source"], images["path"], images["storage"]
    source = registry.find(name)
    if source.folder is None and path is not None:
        raise UserError(
            f"config key `images.path` is {path}, but `{name}` comes with a package: delete the"
            " key, or choose another `images.source`"
        )
    if source.folder is not None and path is None:
        raise UserError(
            f"config key `images.path` is missing: for `images.source` {name} name {source.folder}"
        )
    if storage == "jpeg" and source.pictures is None:
        others = [each for each, other in registry.SOURCES.items() if other.pictures is not None]
        raise UserError(
            f"config key `images.storage` is jpeg, but {name} has no JPEG files: write pixels, or"
            f" choose the `images.source` {' or '.join(others)}"
        )
    if storage == "pixels" and images["stored_size"] is None:
        raise UserError(
            "config key `images.stored_size` is null, but images stored as pixels are of one size:"
            " write the side in pixels"
        )


def check_folder(config: Config, results: Path) -> None:
    """Check that the folder of the training images is there, unless they are packed already.

    Pictures are neither counted nor opened: there may be millions.

    Raises
    ------
    UserError
        If the folder is missing, or does not hold what `images.source` says.
    """
    if config["images"] is None:
        return
    source, packed = registry.find(config["images"]["source"]), results / config["experiment"]
    if source.folder is not None and not (packed / "dataset.h5").exists():
        source.check(Path(config["images"]["path"]))


def check_lost(config: Config, results: Path, targets: Iterable[str]) -> None:
    """Refuse a run that would train again because the training images are gone.

    Snakemake would make `dataset.h5` again, and then everything made from it.

    Parameters
    ----------
    targets : iterable of str
        What Snakemake was asked for, rules or files.

    Raises
    ------
    UserError
        If there are checkpoints but no `dataset.h5`, unless it is what was asked for.
    """
    folder = results / config["experiment"]
    packed = folder / "dataset.h5"
    if config["images"] is None or packed.exists() or set(targets) & {"images", str(packed)}:
        return
    for condition in config["conditions"]:
        if imported(config, condition) is None and any(folder.glob(f"{condition}/*/checkpoints/*")):
            raise UserError(
                f"{packed} is missing, and if it is made again in this run, Snakemake will train"
                " all networks again: make it alone first, with the target `images`, or move"
                f" {folder / condition} away"
            )
