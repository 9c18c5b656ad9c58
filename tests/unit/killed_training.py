"""Runs train.py again and again, killing it at a chosen moment each time; no tests.

`python killed_training.py ARGUMENTS.json` reads a list of runs and prints the exit status of each:
`argv` (the flags of train.py), `moment` (a name in `EARLY`, `LATE` or `NEXT`, or null for a run
that is left alone), `remove` (what Snakemake removes beforehand: the outputs of a job that was cut
off) and `copy` (two folders, or null: an instance is to begin as a copy of another).
The runs are forks of one process, because importing torch takes seconds.
"""

import json
import os
import runpy
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trajectories.storage import files
from trajectories.training import segment as training_segment
from trajectories.training.objectives.moco import MoCo

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/train.py"


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after_calls(owner: object, name: str, count: int, then: Callable[..., None] = die) -> None:
    """Let the function die after it has been called `count` times."""
    function = getattr(owner, name)
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        result = function(*arguments, **named)
        calls += 1
        if calls == count:
            then(*arguments, **named)
        return result

    setattr(owner, name, counted)


def die_removing_work() -> None:
    """Die when the folder of the finished work has lost its first file but not yet the rest."""
    remove = shutil.rmtree

    def cut_off(folder: Any, *rest: Any, **named: Any) -> None:
        if (Path(folder) / "checkpoints").is_dir():
            (Path(folder) / "checkpoints" / "epoch-0001.000.pt").unlink()
            die()
        remove(folder, *rest, **named)

    shutil.rmtree = cut_off  # type: ignore[assignment]


def die_writing_state(count: int) -> None:
    """Die when the state has been written under its temporary name, for the `count`th time."""
    sync, seen = files.sync, 0

    def counted(path: Path) -> None:
        nonlocal seen
        seen += path.name.startswith(".state-") and path.is_file()
        if seen == count:
            die()
        sync(path)

    files.sync = counted


# Two steps an epoch, three epochs; a state is saved at the start and after each epoch, a
# checkpoint at 0, 0.5, 1, 2 and 3.
EARLY: dict[str, Callable[[], None]] = {
    "after the untrained checkpoint": lambda: after_calls(training_segment, "save_checkpoint", 1),
    "after the extra checkpoint": lambda: after_calls(training_segment, "save_checkpoint", 2),
    "right after the state of epoch 2": lambda: after_calls(training_segment, "save_state", 3),
}
# Of a job that has gone on after epoch 2.
LATE: dict[str, Callable[[], None]] = {
    "after the first step of epoch 3": lambda: after_calls(MoCo, "enqueue", 1),
    "within the second step of epoch 3": lambda: after_calls(MoCo, "follow_query", 2),
    "after the checkpoint of epoch 3": lambda: after_calls(training_segment, "save_checkpoint", 1),
    "while the state of epoch 3 is written": lambda: die_writing_state(1),
    "right after the state of epoch 3": lambda: after_calls(training_segment, "save_state", 1),
    "between the two results": lambda: after_calls(training_segment, "publish", 1),
    "right after both results": lambda: after_calls(training_segment, "publish", 2),
}
# Of the job that trains the segment from epoch 1 to 3.
NEXT: dict[str, Callable[[], None]] = {
    "while the work before it is removed": die_removing_work,
}


def run(argv: list[str], moment: str | None, remove: list[str], copy: list[str] | None) -> int:
    """Exit status of train.py, negative for the signal that killed it."""
    if copy is not None:
        shutil.copytree(*copy)
    for path in map(Path, remove):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        if moment is not None:
            (EARLY | LATE | NEXT)[moment]()
        sys.argv = [str(SCRIPT), *argv]
        try:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        except SystemExit as stop:
            os._exit(int(stop.code or 0))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    runs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps([run(**each) for each in runs]))
