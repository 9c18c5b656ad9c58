"""Hard links from an interim look to what the study has left."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from trajectories.status.interim.parts import Part, Parts
from trajectories.storage import history
from trajectories.storage.files import publish
from trajectories.study.config import Config, imported
from trajectories.study.epochs import checkpoint_name, segment_name

ORIGIN = "origin.json"
# Snakemake's own file in a folder that a job has made: its date is that of the folder.
_STAMP = ".snakemake_timestamp"

Record = Callable[[Path, Path], bool]
"""Takes a file of the study and its new name over into Snakemake's records; False if unknown."""


def link(config: Config, short: Config, parts: Parts, results: Path, record: Record) -> None:
    """Link everything that an interim look can use.

    Recipes, packed images, and checkpoints as far as the look goes; activations and RDMs of whole
    segments as far as Snakemake has a record of them, by which it then judges whether they are of
    the present settings and code, as it does in the study.

    Parameters
    ----------
    config, short : dict
        Of the study, and of the look, as `shortened` gives it.
    parts : dict
        As `parts.found` gives it.
    results : Path
        Folder of all experiments.
    record : callable
    """
    old, new = results / config["experiment"], results / short["experiment"]
    # Recipes were compared when parts were looked for; images are before the first job.
    for pattern in ("*/recipe.json", "dataset*.h5", "stimuli*.h5"):
        for file in sorted(old.glob(pattern)):
            _link_anyway(file, new / file.relative_to(old), record)
    for file in sorted(old.glob("checksums/*.json")):
        _link_recorded(file, new / file.relative_to(old), record)
    for (condition, seed), of_network in parts.items():
        if condition in short["conditions"] and seed in short["seeds"]:
            for part in of_network:
                _link_part(part, seed, short, old, new, record)
    for condition in short["conditions"]:
        if imported(config, condition) is not None:
            for seed in short["seeds"]:
                place = Path(condition, f"seed-{seed}")
                for folder in sorted((old / place / "checkpoints").glob("epochs-*")):
                    _link_recorded(folder, new / folder.relative_to(old), record)
                    _link_derived(place, folder.name, old, new, record)


def _link_part(part: Part, seed: int, short: Config, old: Path, new: Path, record: Record) -> None:
    segment, place = part.segment, Path(part.segment.condition, f"seed-{seed}")
    stop = min(part.last, short["training"]["epochs"])
    if stop <= segment.start:
        return
    name = segment_name(segment.start, stop)
    target = new / place / "checkpoints" / name
    whole = part.folder.name == name
    last = checkpoint_name(stop)
    if (target / last).exists() and not (target / last).samefile(part.folder / last):
        shutil.rmtree(target)  # the study was trained again since
    if not target.exists():
        if whole:
            _publish_dated(part.folder, target)
        else:
            _link_some(part, stop, target)
    if whole:
        _link_derived(place, name, old, new, record)


def _link_some(part: Part, stop: int, target: Path) -> None:
    """The first epochs of a segment, with their part of the history."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_name(f".{target.name}")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    for epoch in part.segment.epochs:
        if epoch <= stop:
            publish(part.folder / checkpoint_name(epoch), made / checkpoint_name(epoch))
    publish(part.folder / ORIGIN, made / ORIGIN)
    rows = history.read_history(part.history)
    kept = [row for row in rows if float(row["epoch"]) <= stop]
    history.write_history(made / "history.csv", kept, list(kept[0]))
    made.rename(target)


def _link_derived(place: Path, name: str, old: Path, new: Path, record: Record) -> None:
    """Activations and RDMs of a whole segment; activations that are gone have a record still."""
    for layer in sorted((old / place / "rdms").glob("*")):
        rdms = place / "rdms" / layer.name / f"{name}.h5"
        activations = place / "activations" / layer.name / f"{name}.h5"
        if _link_recorded(old / rdms, new / rdms, record):
            _link_recorded(old / activations, new / activations, record)


def _link_recorded(source: Path, target: Path, record: Record) -> bool:
    """Link what Snakemake knows to be done; whether it was linked."""
    if target.exists() or not record(source, target) or not source.exists():
        return False
    _publish_dated(source, target)
    return True


def _link_anyway(source: Path, target: Path, record: Record) -> None:
    if not target.exists():
        record(source, target)
        _publish_dated(source, target)


def _publish_dated(source: Path, target: Path) -> None:
    """Link a file or folder, which keeps the date that Snakemake compares."""
    publish(source, target)
    if source.is_dir():
        dated = source / _STAMP if (source / _STAMP).exists() else source
        date = dated.stat().st_mtime_ns
        os.utime(target, ns=(date, date))
