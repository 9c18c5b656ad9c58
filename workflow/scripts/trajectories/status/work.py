"""How much of a run's work is done, by what its jobs cost and not by how many there are."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

_ALMOST = 0.95  # of a running job that takes longer than expected


@dataclass(frozen=True)
class Job:
    """A job of a run.

    Attributes
    ----------
    rule : str
    cost : float
        What it costs beside other jobs of the same rule, such as operations.
    seconds : float
        What it takes, as far as is known before any job of its rule has ended.
    """

    rule: str
    cost: float
    seconds: float


class Work:
    """The jobs of a run: those that wait, those that run and those that have ended.

    Parameters
    ----------
    jobs : mapping of hashable to Job
        By any name.
    """

    def __init__(self, jobs: Mapping[Hashable, Job]) -> None:
        self.jobs = dict(jobs)
        self.started: dict[Hashable, float] = {}
        self.ended: dict[Hashable, float] = {}

    def start(self, name: Hashable, now: float) -> None:
        """Note that a job runs; one that starts again starts anew."""
        if name in self.jobs:
            self.started[name] = now
            self.ended.pop(name, None)

    def end(self, name: Hashable, now: float) -> None:
        """Note that a job has succeeded; if its start is unknown, it took what it should."""
        if name in self.jobs:
            self.ended[name] = now - self.started.setdefault(name, now - self.jobs[name].seconds)

    def stop(self, name: Hashable) -> None:
        """Note that a job has failed: its work is to be done again."""
        self.started.pop(name, None)

    @property
    def running(self) -> list[Hashable]:
        """Jobs that have started and not ended, oldest first."""
        return [name for name in self.started if name not in self.ended]

    def share(self, now: float, fractions: Mapping[Hashable, float] | None = None) -> float:
        """Share of the work that is done, from 0 to 1.

        Parameters
        ----------
        now : float
            Seconds, on the clock of `start` and `end`.
        fractions : mapping, optional
            How much of running jobs is done, where that is known.
        """
        done, left = self._seconds(now, fractions or {})
        return done / (done + left) if done + left else 1.0

    def left(self, now: float, fractions: Mapping[Hashable, float] | None = None) -> float | None:
        """Seconds that the rest takes, if as many jobs run at a time as until now.

        None until a job has ended or is known to be partly done.
        """
        fractions = fractions or {}
        if not self.ended and not any(fractions.values()):
            return None
        _, left = self._seconds(now, fractions)
        busy = sum(self.ended.values()) + sum(now - self.started[name] for name in self.running)
        since = now - min(self.started.values())
        at_once = max(1.0, busy / since) if since > 0 else 1.0
        return left / at_once

    def _seconds(self, now: float, fractions: Mapping[Hashable, float]) -> tuple[float, float]:
        """Seconds of work that are done, and left."""
        paces = self._paces(now, fractions)
        done = left = 0.0
        for name, job in self.jobs.items():
            expected = paces.get(job.rule, math.nan) * job.cost
            if math.isnan(expected):
                expected = job.seconds
            if name in self.ended:
                done += self.ended[name]
            elif name in self.started:
                part = fractions.get(name)
                if part is None:
                    part = min((now - self.started[name]) / expected, _ALMOST) if expected else 1.0
                done += part * expected
                left += (1 - part) * expected
            else:
                left += expected
        return done, left

    def _paces(self, now: float, fractions: Mapping[Hashable, float]) -> dict[str, float]:
        """Seconds that a unit of cost has taken in the jobs of each rule."""
        seconds: dict[str, float] = {}
        costs: dict[str, float] = {}
        for name, job in self.jobs.items():
            if name in self.ended:
                took, part = self.ended[name], 1.0
            elif name in self.started and fractions.get(name):
                took, part = now - self.started[name], fractions[name]
            else:
                continue
            seconds[job.rule] = seconds.get(job.rule, 0.0) + took
            costs[job.rule] = costs.get(job.rule, 0.0) + part * job.cost
        return {rule: seconds[rule] / costs[rule] for rule in seconds if costs[rule]}
