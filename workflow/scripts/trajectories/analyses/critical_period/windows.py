"""When the windows of sweeps begin and end, and which condition has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trajectories.study import sweeps
from trajectories.training.diets import schedule


@dataclass(frozen=True)
class Window:
    """The window of a condition of a sweep.

    Attributes
    ----------
    condition : str
    onset, end : float
        Epochs. It ends with the last knot of its diet, from which on the strength stays; a curve
        over age has no end.
    """

    condition: str
    onset: float
    end: float


def windows(
    settings: Mapping[str, Mapping[str, Any]], schedule_epochs: int
) -> dict[str, list[Window]]:
    """The windows of each sweep, by onset.

    Parameters
    ----------
    settings : mapping of name to mapping
        `sweeps` of a config, spelled out.
    schedule_epochs : int
    """
    found: dict[str, list[Window]] = {}
    for name, sweep in settings.items():
        units = schedule.units(sweep["diet"], schedule_epochs)
        # Those of a diet that is a curve over age do not end.
        knots = [
            time
            for change in sweep["diet"]["changes"]
            for time, _ in ([(float("inf"), 0)] if isinstance(change["at"], str) else change["at"])
        ]
        members = sweeps.members({"sweeps": {name: sweep}})
        found[name] = [
            # A tenth of twenty epochs is 2, but for rounding.
            Window(
                each.condition, *(round(time / units, 9) for time in (start, start + max(knots)))
            )
            for each in sorted(members, key=lambda member: member.onset)
            for start in [each.onset]
        ]
    return found


def undisturbed(conditions: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The first condition that changes nothing, from which a sweep differs in its diet alone."""
    return next((name for name, settings in conditions.items() if not _changes(settings)), None)


def _changes(settings: Any) -> bool:
    """Whether there is any value among nested settings."""
    if isinstance(settings, Mapping):
        return any(_changes(each) for each in settings.values())
    return settings is not None
