"""The files of a study that is being published: all that its analyses need."""

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from trajectories.publication import manifest, parts, picture_files, rounded
from trajectories.stimuli.table import StimulusTable
from trajectories.storage.files import atomic
from trajectories.study.config import Config

# What is of the machine or of its user, or says what a study is.
NOT_PUBLISHED = ("compute", "notify", "interim", "published")


@dataclass(frozen=True)
class Sources:
    """Where each network that is to be published lies.

    Parameters
    ----------
    config : dict
        Of these networks.
    run, target : Path
        Folders of the study's results, and of the published study, which need not be there.
    kept : set of (condition, seed)
        Those that are published and stay as they are; all others are in `run`.
    """

    config: Config
    run: Path
    target: Path
    kept: frozenset[tuple[str, int]]

    @property
    def networks(self) -> dict[tuple[str, int], Path]:
        """Folders of all networks, by condition and seed."""
        return {
            (condition, seed): (self.target if (condition, seed) in self.kept else self.run)
            / condition
            / f"seed-{seed}"
            for condition in self.config["conditions"]
            for seed in self.config["seeds"]
        }

    @property
    def conditions_from_target(self) -> set[str]:
        """Conditions of which all networks stay as they are published."""
        here = {
            condition for condition, seed in self.networks if (condition, seed) not in self.kept
        }
        return set(self.config["conditions"]) - here


def write(
    folder: Path, sources: Sources, config: Config, table: StimulusTable, pictures: bool
) -> None:
    """Write all files of a published study.

    Parameters
    ----------
    folder : Path
        Which this makes.
    sources : Sources
    config : dict
        Of the study, with the networks that are not finished.
    table : StimulusTable
    pictures : bool
        Whether to publish the pictures that are here.

    Raises
    ------
    UserError
        If a file is damaged, or pictures are wanted that are not there.
    """
    short = sources.config
    folder.mkdir()
    _write_table(folder / parts.TABLE, table)
    _write_config(folder / parts.CONFIG, short, config, sources.target)
    for condition in short["conditions"]:
        (folder / condition).mkdir()
        here = sources.target if condition in sources.conditions_from_target else sources.run
        shutil.copyfile(here / condition / parts.RECIPE, folder / condition / parts.RECIPE)
    for (condition, seed), source in sources.networks.items():
        made = folder / condition / source.name
        if (condition, seed) in sources.kept:
            shutil.copytree(source, made)
        else:
            _write_network(made, source, parts.of_network(short, condition))
    picture_files.write(folder, short, sources.run, sources.target, pictures)
    _write_provenance(folder / parts.PROVENANCE, sources, config)
    manifest.write(folder)


def _write_network(made: Path, source: Path, names: list[str]) -> None:
    made.mkdir()
    for name in [*names, parts.CHECKSUMS]:
        if name == parts.TRAJECTORY:
            rounded.write(made / name, source / name)
        else:
            shutil.copyfile(source / name, made / name)


def _write_provenance(path: Path, sources: Sources, config: Config) -> None:
    """Copy what says how a whole study was made, if one machine has made all of it."""
    planned = {(name, seed) for name in config["conditions"] for seed in config["seeds"]}
    if set(sources.networks) != planned or sources.kept not in (set(), planned):
        return
    made = (sources.target if sources.kept else sources.run) / parts.PROVENANCE
    if made.is_file():
        shutil.copyfile(made, path)


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
    told = {key: value for key, value in short.items() if key not in NOT_PUBLISHED}
    told["stimuli"] = {**told["stimuli"], "table": (target / parts.TABLE).as_posix()}
    number, of = (len(each["conditions"]) * len(each["seeds"]) for each in (short, config))
    with atomic(path) as temporary:
        temporary.write_text(
            f"# {number} networks of a study that plans {of}. Their results without training:\n"
            f"# make results STUDY={target.name}\n"
            + yaml.safe_dump(told, sort_keys=False, allow_unicode=True),
            encoding="utf-8",
        )
