"""Publishing a study: its finished networks, and those of other machines that are published."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.publication import (
    finished,
    joined,
    manifest,
    parts,
    replacement,
    same_images,
    writing,
)
from trajectories.status import recipes
from trajectories.stimuli.table import read_table
from trajectories.storage import leftovers
from trajectories.study.config import Config

MOST_BYTES = 15_000_000
"""Of all published studies together, which everyone who clones the repository downloads."""


def publish(
    config: Config, run: Path, studies: Path, pictures: bool = False, most_bytes: int = MOST_BYTES
) -> tuple[Path, Config]:
    """Write `studies/<experiment>/`, in the place of one that is there.

    Networks of that one that are not finished here stay, so that machines can share a study; so do
    its pictures.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    run : Path
        Folder of the study's results.
    studies : Path
        Folder of all published studies.
    pictures : bool
        Whether to publish the test images, and inputs of a diet: their licences must allow it.
    most_bytes : int
        Of all published studies.

    Returns
    -------
    folder : Path
    config : dict
        Of the finished networks, which are published.

    Raises
    ------
    UserError
        If no network is finished, files are not as recorded, networks have seen different images,
        all studies are too large, the published study is damaged or has changed meanwhile, or a
        network of other settings or a file that was not published would be lost.
    """
    for key in ("interim", "published"):
        if config[key]:
            raise UserError(
                f"{config['experiment']} is made of another study ({key}): publish that one"
            )
    target = studies / config["experiment"]
    replacement.prepare(target)
    listed = manifest.content(target)
    lacking, settings = finished.lacking(config, run), recipes.settings(config)
    kept = joined.published(config, target, settings, lacking)
    short = finished.of_finished(config, lacking | dict.fromkeys(kept))
    joined.require_kept(kept, short, target)
    sources = writing.Sources(short, run, target, frozenset(kept))
    finished.require_recipes(short, run, settings, sources.conditions_from_target)
    table = read_table(Path(config["stimuli"]["table"]))
    trajectories = {network: path / parts.TRAJECTORY for network, path in sources.networks.items()}
    same_images.require(trajectories, table, config["stimuli"]["table"], target)
    studies.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=studies, prefix=leftovers.prefix(target.name), ignore_cleanup_errors=True
    ) as temporary:
        folder = Path(temporary) / target.name
        writing.write(folder, sources, config, table, pictures)
        _require_small(folder, target, most_bytes)
        replacement.replace(target, folder, listed)
    return target, short


def places_of_machine(config: Mapping[str, Any], key: str = "") -> list[str]:
    """Keys of a config that hold absolute paths, which are published as well."""
    found = []
    for name, value in config.items():
        if not key and name in writing.NOT_PUBLISHED:
            continue
        if isinstance(value, Mapping):
            found += places_of_machine(value, f"{key}{name}.")
        elif isinstance(value, str) and (value.startswith("~/") or Path(value).is_absolute()):
            found.append(f"{key}{name}")
    return [each for each in found if each != "stimuli.table"]  # another is written in its place


def _require_small(folder: Path, target: Path, most_bytes: int) -> None:
    own, rest = _size(folder), sum(_size(path) for path in _others(target))
    if own + rest > most_bytes:
        beside = f", beside {rest / 1e6:.1f} MB of other studies" if rest else ""
        raise UserError(
            f"{target} would have {own / 1e6:.1f} MB{beside}, but all published studies together"
            f" may have {most_bytes / 1e6:.1f} MB: publish fewer seeds, conditions, layers or"
            " checkpoints"
        )


def _others(target: Path) -> list[Path]:
    """What else is in the folder of studies; hidden is what is being written or left over."""
    there = target.parent.iterdir()
    return [path for path in there if path != target and not path.name.startswith(".")]


def _size(path: Path) -> int:
    files = [each for each in (path, *path.rglob("*")) if each.is_file()]
    return sum(each.stat().st_size for each in files)
