"""One line on how far a run is: what is done, what runs, what is left."""

import re
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trajectories.status.work import Work

_CHECKPOINT = re.compile(r"epoch-(\d+)\.000\.pt")
_DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Training:
    """A job that trains a segment.

    Attributes
    ----------
    network : str
        What messages call it: "moco seed 2".
    unfinished : Path
        Folder of the work of the network instance.
    start, stop : int
        Epochs trained before the segment and at its end.
    """

    network: str
    unfinished: Path
    start: int
    stop: int

    def epoch(self) -> int:
        """Epochs trained so far; `start` before the first, or where they lie elsewhere."""
        found = self.start
        with suppress(OSError):
            name = f"epochs-{self.start:04d}-{self.stop:04d}-*/checkpoints/epoch-*.pt"
            for path in self.unfinished.glob(name):
                if match := _CHECKPOINT.fullmatch(path.name):
                    found = max(found, int(match[1]))
        return min(found, self.stop)


def line(work: Work, trainings: Mapping[Hashable, Training], now: float) -> str:
    """The line.

    Parameters
    ----------
    work : Work
    trainings : mapping of hashable to Training
        Those of its jobs that train.
    now : float
        Seconds, on the clock of `work`.
    """
    epochs = {name: trainings[name].epoch() for name in work.running if name in trainings}
    fractions = {
        name: (epoch - trainings[name].start) / (trainings[name].stop - trainings[name].start)
        for name, epoch in epochs.items()
    }
    n_ended, n_jobs = len(work.ended), len(work.jobs)
    # Never 100% before the last job has ended.
    percent = 100 if n_ended == n_jobs else min(99, int(100 * work.share(now, fractions)))
    parts = [f"{percent}% of the work done", f"{n_ended} of {n_jobs} jobs"]
    if epochs:
        name, *others = epochs
        more = f" and {len(others)} more" if others else ""
        said = f"{trainings[name].network} ({epochs[name]} of {trainings[name].stop} epochs)"
        parts.append(f"training {said}{more}")
    elif running := sorted({work.jobs[name].rule for name in work.running}):
        parts.append(", ".join(running[:3]) + (", …" if len(running) > 3 else ""))
    left = work.left(now, fractions)
    if left is not None and n_ended < n_jobs:
        about = "" if duration(left).startswith("less") else "about "
        parts.append(f"{about}{duration(left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time in the two units that matter: "3 d 4 h", "12 min"."""
    minutes = round(seconds / 60)
    if minutes >= _DAY:
        return f"{minutes // _DAY} d {minutes % _DAY // 60} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else "less than a minute"
