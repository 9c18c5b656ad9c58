"""What needs a person's eye in a study that runs."""

import math
import re
from collections.abc import Iterable
from pathlib import Path

from trajectories.status.instances import Progress

_ERROR = re.compile(r"error\b", re.IGNORECASE)  # "ValueError: …" too
# A log may hold a traceback of any length; the end is what says why.
_TAIL = 4096  # bytes
# An epoch may take longer than the last one did, as when others share the machine.
_STALLED = 5
_STALLED_AT_LEAST = 600.0  # seconds
# Until so many epochs have passed, a loss at chance is no sign of anything.
_PATIENCE = 5


def of_training(progress: Iterable[Progress]) -> list[str]:
    """Sentences on instances whose training has died, hangs, or learns nothing.

    Parameters
    ----------
    progress : iterable of Progress
    """
    found = []
    for each in progress:
        found += [f"{each.name}: {what}" for what in _of_instance(each)]
    return found


def of_logs(results: Path) -> list[str]:
    """The last line of each log under a study's folder that ends in an error, with its file.

    A job that starts again empties its log first, so an error there is that of the last try.
    """
    found = []
    for path in sorted(results.rglob("logs/*.log")):
        line = _last_line(path)
        if _ERROR.search(line):
            found.append(f"{path.relative_to(results)}: {line}")
    return found


def _of_instance(each: Progress) -> Iterable[str]:
    if each.owner is not None and not each.training:
        yield f"{each.owner} has died: the next start goes on after the last finished epoch"
    if each.training and each.waiting is not None and each.seconds is not None:
        longest = max(_STALLED * each.seconds, _STALLED_AT_LEAST)
        if each.waiting > longest:
            yield (
                f"no epoch has ended for {each.waiting / 60:.0f} minutes, where one takes"
                f" {each.seconds / 60:.1f}"
            )
    yield from _of_learning(each)


def _of_learning(each: Progress) -> Iterable[str]:
    row = each.row or {}
    loss, chance = row.get("loss"), row.get("chance_loss")
    if loss is None:
        return
    if not math.isfinite(loss):
        yield "its loss is not finite"
    elif chance is not None and loss >= chance and each.done >= _PATIENCE:
        yield f"after {each.done} epochs its loss is {loss:.2f}, where chance is {chance:.2f}"


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read().decode("utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
