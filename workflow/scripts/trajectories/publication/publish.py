"""Writing a published study: all that its analyses need, and no picture unless it is wanted."""

import csv
import io
import shutil
import tempfile
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from trajectories.errors import UserError
from trajectories.publication import finished, joined, manifest, rounded
from trajectories.rdms import trajectory
from trajectories.status import recipes
from trajectories.stimuli.table import StimulusTable, read_table
from trajectories.storage.files import atomic
from trajectories.study.config import Config

MOST_BYTES = 15_000_000
"""Of all published studies together, which everyone who clones the repository downloads."""

CONFIG = "config.yaml"
TABLE = "stimuli.csv"
PICTURES = "stimuli.h5"
INPUTS = "inputs.h5"
# What is of the machine or of its user, or says what a study is.
_NOT_PUBLISHED = ("compute", "notify", "interim", "published")


def publish(
    config: Config, run: Path, studies: Path, pictures: bool = False, most_bytes: int = MOST_BYTES
) -> tuple[Path, Config]:
    """Write `studies/<experiment>/`, in the place of one that is there.

    Networks of that one that are not finished here stay, so that machines can share a study.

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
        If no network is finished, files are not as recorded, all studies are too large, or a
        network of other settings or a file that was not published would be lost.
    """
    for key in ("interim", "published"):
        if config[key]:
            raise UserError(
                f"{config['experiment']} is made of another study ({key}): publish that one"
            )
    target = studies / config["experiment"]
    lacking, settings = finished.lacking(config, run), recipes.settings(config)
    kept = joined.published(config, target, settings, lacking)
    short = finished.of_finished(config, lacking | dict.fromkeys(kept))
    joined.require_kept(kept, short, target)
    finished.require_recipes(short, run, settings, {condition for condition, _ in kept})
    studies.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=studies, prefix=".") as temporary:
        folder = Path(temporary) / target.name
        folder.mkdir()
        _write(short, config, run, folder, target, kept, pictures)
        _require_small(folder, target, most_bytes)
        if target.exists():
            _require_published(target)
            target.rename(Path(temporary) / "former")
        folder.rename(target)
    return target, short


def places_of_machine(config: Mapping[str, Any], key: str = "") -> list[str]:
    """Keys of a config that hold absolute paths, which are published as well."""
    found = []
    for name, value in config.items():
        if not key and name in _NOT_PUBLISHED:
            continue
        if isinstance(value, Mapping):
            found += places_of_machine(value, f"{key}{name}.")
        elif isinstance(value, str) and (value.startswith("~/") or Path(value).is_absolute()):
            found.append(f"{key}{name}")
    return [each for each in found if each != "stimuli.table"]  # another is written in its place


def _write(
    short: Config,
    config: Config,
    run: Path,
    folder: Path,
    target: Path,
    kept: Set[tuple[str, int]],
    pictures: bool,
) -> None:
    table = read_table(Path(config["stimuli"]["table"]))
    _write_table(folder / TABLE, table)
    _write_config(folder / CONFIG, short, config, target)
    for condition in short["conditions"]:
        place = folder / condition
        place.mkdir()
        here = run if (run / condition / "recipe.json").is_file() else target
        shutil.copyfile(here / condition / "recipe.json", place / "recipe.json")
        if pictures and (run / condition / INPUTS).is_file():
            shutil.copyfile(run / condition / INPUTS, place / INPUTS)
        for seed in short["seeds"]:
            network = Path(condition, f"seed-{seed}")
            if (condition, seed) in kept:
                _require_table(target / network / finished.TRAJECTORY, config, table)
                shutil.copytree(target / network, folder / network)
            else:
                _write_network(short, run, folder, network, table)
    if pictures:
        if not (run / PICTURES).is_file():
            raise UserError(f"there is no {run / PICTURES}: publish without pictures")
        shutil.copyfile(run / PICTURES, folder / PICTURES)
    whole = short["seeds"] == config["seeds"] and [*short["conditions"]] == [*config["conditions"]]
    if whole and not kept and (run / "provenance.json").is_file():
        shutil.copyfile(run / "provenance.json", folder / "provenance.json")
    manifest.write(folder)


def _write_network(
    config: Config, run: Path, folder: Path, place: Path, table: StimulusTable
) -> None:
    source, made = run / place, folder / place
    made.mkdir()
    _require_table(source / finished.TRAJECTORY, config, table)
    rounded.write(made / finished.TRAJECTORY, source / finished.TRAJECTORY)
    for name in finished.files(config, place.parent.name):
        if name != finished.TRAJECTORY:
            shutil.copyfile(source / name, made / name)
    shutil.copyfile(source / finished.CHECKSUMS, made / finished.CHECKSUMS)


def _require_table(path: Path, config: Config, table: StimulusTable) -> None:
    with trajectory.opened(path) as found:
        same = found.stimulus == table.stimulus and list(found.flags) == list(table.flags)
        if not same or any(
            not np.array_equal(found.flags[flag], table.flags[flag]) for flag in table.flags
        ):
            raise UserError(
                f"{path} is of another table of test images than"
                f" {config['stimuli']['table']}: start the workflow again, which makes it anew"
            )


def _write_table(path: Path, table: StimulusTable) -> None:
    """Names and flags, which are no pictures: also of a table that lies in a file with these."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["stimulus", "file", *table.flags])
    columns = [values.astype(int) for values in table.flags.values()]
    for row in zip(table.stimulus, table.files, *columns, strict=True):
        rows.writerow(row)
    with atomic(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _write_config(path: Path, short: Config, config: Config, target: Path) -> None:
    told = {key: value for key, value in short.items() if key not in _NOT_PUBLISHED}
    told["stimuli"] = {**told["stimuli"], "table": (target / TABLE).as_posix()}
    number, of = (len(each["conditions"]) * len(each["seeds"]) for each in (short, config))
    with atomic(path) as temporary:
        temporary.write_text(
            f"# {number} networks of a study that plans {of}. Their results without training:\n"
            f"# make results STUDY={target.name}\n"
            + yaml.safe_dump(told, sort_keys=False, allow_unicode=True),
            encoding="utf-8",
        )


def _require_published(target: Path) -> None:
    listed = manifest.names(target)
    for path in sorted(target.rglob("*")):
        if path.is_file() and path.relative_to(target).as_posix() not in listed:
            raise UserError(
                f"{path} is no file of a published study, all of whose folder is replaced: move it"
                " away"
            )


def _require_small(folder: Path, target: Path, most_bytes: int) -> None:
    others = [
        path
        for path in target.parent.rglob("*")
        if path.is_file() and not _in(path, target) and not _in(path, folder.parent)
    ]
    own, rest = _size([path for path in folder.rglob("*") if path.is_file()]), _size(others)
    if own + rest > most_bytes:
        beside = f", beside {rest / 1e6:.1f} MB of other studies" if rest else ""
        raise UserError(
            f"{target} would have {own / 1e6:.1f} MB{beside}, but all published studies together"
            f" may have {most_bytes / 1e6:.1f} MB: publish fewer seeds, conditions, layers or"
            " checkpoints"
        )


def _in(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder)


def _size(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)
