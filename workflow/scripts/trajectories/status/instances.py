"""How far each network instance of a study is, from the files that training leaves.

Nothing is locked, changed or loaded with torch, so that a running study does not notice. Files come
and go meanwhile; what is gone between two looks counts as not there.
"""

import csv
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trajectories.planning import cost
from trajectories.status import recipes
from trajectories.storage import lock
from trajectories.study import segments
from trajectories.study.config import Config, imported, merged
from trajectories.training import unfinished

Row = dict[str, float | None]

_CHECKPOINT = re.compile(r"epoch-(\d+)\.000\.pt")
_RATE_ROWS = 5  # epochs over which speed is averaged


@dataclass(frozen=True)
class Progress:
    """How far a network instance is.

    Attributes
    ----------
    epochs, done : int
        Epochs that the config asks for, and those trained.
    begins : int
        Epochs that a branch takes from its trunk; 0 for others.
    operations : int
        Of its own training; what of it is done grows with `done`.
    rows : list of dict
        Its history so far.
    seconds : float or None
        That an epoch takes, measured over the last ones.
    owner : str or None
        Who trains it, or did when it died: "process 12 on node3, SLURM job 7".
    training : bool
        Whether the owner seems to be alive.
    waiting : float or None
        Seconds since its last checkpoint, while somebody trains it.
    finished : bool
        Whether its trajectory has been made.
    """

    condition: str
    seed: int
    folder: Path
    epochs: int
    done: int
    begins: int
    operations: int
    rows: list[Row]
    seconds: float | None
    owner: str | None
    training: bool
    waiting: float | None
    finished: bool

    @property
    def name(self) -> str:
        """What logs call it."""
        return f"{self.condition} seed {self.seed}"

    @property
    def row(self) -> Row | None:
        """The last line of its history; None before the first epoch."""
        return self.rows[-1] if self.rows else None

    @property
    def remaining(self) -> float:
        """Share of its training that is left."""
        own = self.epochs - self.begins
        return min(1.0, (self.epochs - self.done) / own) if own else 0.0

    @property
    def epochs_left(self) -> float:
        """Epochs that are still to be trained here."""
        return self.remaining * (self.epochs - self.begins)


def trained(config: Config, results: Path) -> list[Progress]:
    """All instances that the config trains, in its order.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    results : Path
        The study's folder.
    """
    digests = recipes.digests(config)
    return [
        _instance(config, results, digests, condition, seed)
        for condition in config["conditions"]
        if imported(config, condition) is None
        for seed in config["seeds"]
    ]


def _instance(
    config: Config, results: Path, digests: Mapping[str, str], condition: str, seed: int
) -> Progress:
    folder = results / condition / f"seed-{seed}"
    done, rows, latest = 0, list[Row](), None
    planned = segments.of_instance(config, condition, seed)
    for segment in planned:
        digest = digests[segment.condition]
        place = results / segment.condition / f"seed-{seed}"
        published = place / "checkpoints" / segment.name
        work = unfinished.work_folder(place / "unfinished", segment.start, segment.stop, digest)
        if published.is_dir():
            done = segment.stop
            rows += _rows(published / "history.csv")
            continue
        if (found := _latest_checkpoint(work / "checkpoints")) is not None:
            done, latest = max(found[0], done), found[1]
            rows += _rows(work / unfinished.HISTORY)
        break
    holder = lock.holder(folder / "unfinished" / "lock")
    training = merged(config, condition)["training"]
    needs = cost.segment_needs(config, condition, n_stimuli=0)
    return Progress(
        condition=condition,
        seed=seed,
        folder=folder,
        epochs=training["epochs"],
        done=done,
        begins=min(segment.start for segment in planned if segment.condition == condition),
        operations=sum(each.operations for each in needs),
        rows=rows,
        seconds=_seconds_per_epoch(rows, needs[0].images / needs[0].epochs),
        owner=None if holder is None else str(holder[0]),
        training=holder is not None and holder[1],
        waiting=None if holder is None or latest is None else max(0.0, time.time() - latest),
        finished=(folder / "trajectory.h5").exists(),
    )


def _rows(path: Path) -> list[Row]:
    """Numbers of a history, None where nothing was measured; empty where there is none yet."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                {name: float(value) if value else None for name, value in row.items()}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, TypeError):
        return []


def _latest_checkpoint(folder: Path) -> tuple[int, float] | None:
    """The last epoch saved in a folder, and when, in seconds since 1970."""
    found = [(int(match[1]), path) for path, match in _checkpoints(folder)]
    for epoch, path in sorted(found, reverse=True):
        with suppress(OSError):
            return epoch, path.stat().st_mtime
    return None


def _checkpoints(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    with suppress(OSError):
        for path in folder.iterdir():
            if match := _CHECKPOINT.fullmatch(path.name):
                yield path, match


def _seconds_per_epoch(rows: list[Row], images: float) -> float | None:
    """By the last epochs' images per second."""
    rates = [rate for row in rows[-_RATE_ROWS:] if (rate := row.get("images_per_second"))]
    return images * sum(1 / rate for rate in rates) / len(rates) if rates else None
