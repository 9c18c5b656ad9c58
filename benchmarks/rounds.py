"""Alternatives measured in turn, round after round, in one session; medians, spread, ratios.

Each alternative lives in a process of its own, so that none warms a cache or sets a thread count
for another. It reports when it is warm, waits, and works on request: only one works at a time.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


def serve(work: Callable[[], Mapping[str, float]]) -> None:
    """In a process that was started by `Alternative`: work at each line that comes."""
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(dict(work())), flush=True)


@dataclass
class Alternative:
    """One way to do the work, in one or several processes that work at the same time.

    Attributes
    ----------
    name : str
    command : sequence of str
        What to start; each process gets its number as the argument that follows it.
    processes : int
    threads : int or None
        CPU threads of each; None leaves them to its libraries.
    python : str
        The Python to start.
    """

    name: str
    command: Sequence[str]
    processes: int = 1
    threads: int | None = None
    python: str = sys.executable
    running: list["subprocess.Popen[str]"] = field(default_factory=list)
    results: list[dict[str, float]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start, and wait until all are warm."""
        limits = {} if self.threads is None else {"OMP_NUM_THREADS": str(self.threads)}
        self.running = [
            subprocess.Popen(
                [self.python, *self.command, str(number)],
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=ENVIRONMENT | limits,
            )
            for number in range(self.processes)
        ]
        for process in self.running:
            self._answer(process, "ready")
        return self

    def __exit__(self, *error: object) -> None:
        """End the processes."""
        for process in self.running:
            process.kill()
            process.wait()

    def work(self) -> None:
        """One round: wall time, and the sum of what the processes report."""
        began = time.perf_counter()
        for process in self.running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(self._answer(process)) for process in self.running]
        seconds = time.perf_counter() - began
        total = {key: sum(answer[key] for answer in answers) for key in answers[0]}
        self.results.append({"wall_seconds": seconds, **total})

    def median(self, key: str) -> float:
        """Median over rounds."""
        return statistics.median(result[key] for result in self.results)

    def spread(self, key: str) -> tuple[float, float]:
        """Least and most over rounds."""
        values = [result[key] for result in self.results]
        return min(values), max(values)

    def _answer(self, process: "subprocess.Popen[str]", expected: str | None = None) -> str:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line or (expected and line != expected):
            raise SystemExit(f"error: {self.name} gave no answer: see its message above")
        return line


def measure(alternatives: Sequence[Alternative], rounds: int) -> None:
    """Let all work in turn, every other round in reverse, so that none always comes first."""
    for number in range(rounds):
        for alternative in alternatives if number % 2 == 0 else reversed(alternatives):
            alternative.work()


def save(path: Path | None, name: str, result: Mapping[str, Any]) -> None:
    """Add the result of a benchmark to a JSON file, if one is wanted."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(known | {name: dict(result)}, indent=1) + "\n")
