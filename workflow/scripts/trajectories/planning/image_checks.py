"""Checks of the training images before any job starts: their settings, and their folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.images.sources import registry
from trajectories.images.sources.source import Request
from trajectories.stimuli.table import read_table
from trajectories.storage import hdf5
from trajectories.study.config import Config, image_sets, images_of, imported, merged
from trajectories.training.objectives.registry import describe


def check_all_settings(config: Config) -> list[str]:
    """Check the block `images` of a config and of its conditions; gives warnings.

    Raises
    ------
    UserError
        As `check_settings`.
    """
    warnings = []
    sets = {"images": config["images"]} if config["images"] is not None else {}
    for images, conditions in image_sets(config).values():
        if images != config["images"]:
            sets[f"conditions.{conditions[0]}.images"] = images
    for key, images in sets.items():
        check_settings(images, key)
        stored = images["stored_size"]
        if stored is not None and stored < config["image_size"]:
            warnings.append(
                f"config key `{key}.stored_size` is {stored}, less than"
                f" `image_size` ({config['image_size']}): training images will be enlarged"
            )
    return warnings


def check_settings(images: dict[str, Any], key: str = "images") -> None:
    """Check a block `images`, without looking at any file.

    Parameters
    ----------
    images : dict
    key : str
        Where it is in the config.

    Raises
    ------
    UserError
        If two of its keys do not fit.
    """
    name, path, storage = images["source"], images["path"], images["storage"]
    source = registry.find(name)
    if source.folder is None and path is not None:
        raise UserError(
            f"config key `{key}.path` is {path}, but `{name}` comes with a package: delete the"
            " key, or choose another `{key}.source`"
        )
    if source.folder is not None and path is None:
        raise UserError(
            f"config key `{key}.path` is missing: for `images.source` {name} name {source.folder}"
        )
    if storage == "jpeg" and source.pictures is None:
        others = [each for each, other in registry.SOURCES.items() if other.pictures is not None]
        raise UserError(
            f"config key `{key}.storage` is jpeg, but {name} has no JPEG files: write pixels, or"
            f" choose the `images.source` {' or '.join(others)}"
        )
    if storage == "pixels" and images["stored_size"] is None:
        raise UserError(
            f"config key `{key}.stored_size` is null, but images stored as pixels are of one size:"
            " write the side in pixels"
        )


def n_classes(config: Config, condition: str) -> int:
    """How many classes a condition's images are of, at most; 0 where it cannot be known here."""
    images = images_of(config, condition)
    if images is None:
        return 0
    source = registry.find(images["source"])
    if source.classes is None:
        return 0
    request = Request(
        path=None if images["path"] is None else Path(images["path"]),
        count=images["count"],
        side=images["stored_size"] or 0,
        seed=images["seed"],
        excluded=read_table(Path(config["stimuli"]["table"])).files
        if source.excludes_stimuli
        else (),
    )
    return source.classes(request) or 0


def check_classes(config: Config, results: Path) -> None:
    """Check that the training images have classes, if a condition learns from these.

    By their source or, where that cannot be looked at here, by the packed images.

    Raises
    ------
    UserError
        If some have none, or all are of one.
    """
    learning = [
        (name, objective)
        for name in config["conditions"]
        if imported(config, name) is None
        and describe(objective := merged(config, name)["training"]["objective"]).labelled
    ]
    for name, objective in learning:
        for file_name, (images, conditions) in image_sets(config).items():
            if name not in conditions:
                continue
            said = f"condition {name} learns from the classes of the training images ({objective}),"
            mend = "choose other `images`, or another `training.objective`"
            source, known = images["source"], n_classes(config, name)
            if registry.find(source).classes is None:
                raise UserError(f"{said} but images of {source} do not all have one: {mend}")
            packed = results / config["experiment"] / file_name
            if not known and packed.exists():
                with hdf5.opened(packed) as file:
                    hdf5.require(file, "label")
                    known = len(set(file["label"][:].tolist()))
            if known == 1:
                raise UserError(f"{said} but they are all of one: {mend}")


def check_folder(config: Config, results: Path) -> None:
    """Check that the folder of the training images is there, unless they are packed already.

    Pictures are neither counted nor opened: there may be millions.

    Raises
    ------
    UserError
        If the folder is missing, or does not hold what `images.source` says.
    """
    for name, (images, _) in image_sets(config).items():
        source = registry.find(images["source"])
        if source.folder is not None and not (results / config["experiment"] / name).exists():
            source.check(Path(images["path"]))


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
    folder, asked = results / config["experiment"], set(targets)
    lost = [
        (folder / name, condition)
        for name, (_, conditions) in image_sets(config).items()
        if not (folder / name).exists() and not asked & {"images", str(folder / name)}
        for condition in conditions
    ]
    for packed, condition in lost:
        if imported(config, condition) is None and any(folder.glob(f"{condition}/*/checkpoints/*")):
            raise UserError(
                f"{packed} is missing, and if it is made again in this run, Snakemake will train"
                " all networks again: make it alone first, with the target `images`, or move"
                f" {folder / condition} away"
            )
