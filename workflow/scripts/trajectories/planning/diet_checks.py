"""What diets and sweeps must satisfy, in one sentence each, beyond the schema."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from trajectories.errors import UserError
from trajectories.planning.conditions.condition import Condition, conditions
from trajectories.study import sweeps
from trajectories.study.config import Config, imported, merged
from trajectories.training.diets import schedule
from trajectories.training.diets.changes import KINDS, few_pixels
from trajectories.training.diets.curves import CURVES
from trajectories.training.diets.strength import read_value

# px; the neighbour of a pixel counts for less than half a percent.
LEAST_SIGMA = 0.3
_ROUNDING = 1e-6
_LEAST_POINTS, _POINTS_AN_EPOCH = 200, 2  # of a training, for shares of it to be told in percent


def check(config: Config) -> list[str]:
    """Check the diet of each condition that is trained.

    Returns
    -------
    list of str
        Warnings: what is allowed but rarely intended.

    Raises
    ------
    UserError
        For the first fault, naming the key and the remedy.
    """
    trained = [each for each in conditions(config) if imported(config, each.name) is None]
    if not trained and config["training"]["diet"] is not None:
        raise UserError(
            "config key `training.diet` is set, but all conditions take existing checkpoints, which"
            " have been trained already: delete it"
        )
    eaten = [each for each in trained if each.training["diet"] is not None]
    members = {member.condition: member for member in sweeps.members(config)}
    warnings = []
    for condition in eaten:
        diet, member = condition.training["diet"], members.get(condition.name)
        key = f"sweeps.{member.sweep}.diet" if member else condition.key("training.diet")
        _check_clock(diet, key)
        if member:
            _check_window(condition, member)
        for number, change in enumerate(diet["changes"]):
            _check_change(change, diet["clock"], f"{key}.changes[{number}]")
        if not _inherited(condition):
            warnings += _warnings(condition, key)
    if config["activations"]["diet"] == "as_trained" and not eaten:
        warnings.append(
            "config key `activations.diet` is as_trained, but no network is trained with a diet, so"
            " that test images are shown as they are: write clear"
        )
    return warnings


def _check_clock(diet: Mapping[str, Any], key: str) -> None:
    clock, months = diet["clock"], diet["months_per_epoch"]
    if clock != "months" and months != schedule.MONTHS_PER_EPOCH:
        raise UserError(
            f"config key `{key}.months_per_epoch` is {months:g}, but the clock of this diet is"
            f" {clock}: delete it, or write `clock: months`"
        )


def _check_change(change: Mapping[str, Any], clock: str, key: str) -> None:
    at, between, name = change["at"], change["between"], change["change"]
    if isinstance(at, str):
        _check_curve(at, change, clock, key)
        return
    times = [time for time, _ in at]
    for earlier, later in pairwise(times):
        if not earlier < later:
            raise UserError(
                f"config key `{key}.at` has {later:g} after {earlier:g}: write each time once,"
                " in ascending order"
            )
    if times[0] < 0:
        raise UserError(
            f"config key `{key}.at` begins at {times[0]:g}, before training does: write 0 or more"
        )
    if clock == "share" and times[-1] > 1:
        raise UserError(
            f"config key `{key}.at` has the time {times[-1]:g}, but with the clock `share` training"
            " ends at 1: write shares, or `clock: epochs`"
        )
    for _, value in at:
        _check_value(value, name, f"{key}.at")
    if between == "hold":
        return
    if any(isinstance(value, Mapping) for _, value in at) or KINDS[name].whole:
        what = "odds" if any(isinstance(value, Mapping) for _, value in at) else f"`{name}`"
        raise UserError(
            f"config key `{key}.between` is {between}, but there is nothing between {what} at two"
            " knots: write hold"
        )
    least = min(read_value(value).limits[0] for _, value in at)
    if between == "geometric" and least <= 0:
        raise UserError(
            f"config key `{key}.between` is geometric, but `at` has the strength {least:g}, which"
            " no factor leads to: write linear, or strengths above 0"
        )


def _check_curve(curve: str, change: Mapping[str, Any], clock: str, key: str) -> None:
    fitting = [name for name, each in CURVES.items() if each.change == change["change"]]
    if curve not in CURVES or curve not in fitting:
        what = "there is no curve" if curve not in CURVES else f"{change['change']} has no curve"
        which = f"one of {', '.join(fitting)}, or knots" if fitting else "knots"
        raise UserError(
            f"config key `{key}.at` is {curve}, but {what} of that name: write {which} such as"
            " `{0: 4, 10: 0}`"
        )
    if clock != "months":
        raise UserError(
            f"config key `{key}.at` is {curve}, a curve over age, but the clock of this diet is"
            f" {clock}: write `clock: months` with `months_per_epoch`"
        )
    if change["between"] != "hold":
        raise UserError(
            f"config key `{key}.between` is {change['between']}, but `at` is a curve, which has no"
            " knots: delete it"
        )


def _check_value(value: Any, change: str, key: str) -> None:
    kind, parts = KINDS[change], read_value(value).parts
    for part in parts:
        for strength in (part.low, part.high):
            if not kind.fits(strength):
                raise UserError(
                    f"config key `{key}` has the strength {strength:g}, but that of {change}"
                    f" ({kind.unit}) has to be {kind.allowed()}: change it"
                )
        if part.low > part.high:
            raise UserError(
                f"config key `{key}` has the range [{part.low:g}, {part.high:g}]: write the lower"
                " number first, then the higher"
            )
    if isinstance(value, Mapping):
        _check_odds([part.odds for part in parts], [part.low for part in parts], key)
    elif kind.whole and parts[0].low != parts[0].high:
        raise UserError(
            f"config key `{key}` has a range, but {change} is {kind.allowed()}: write odds such as"
            " `{0: .5, 1: .5}`"
        )


def _check_odds(odds: list[float], strengths: list[float], key: str) -> None:
    if min(odds) < 0:
        raise UserError(f"config key `{key}` has the odds {min(odds):g}: write 0 or more")
    if abs(math.fsum(odds) - 1) > _ROUNDING:
        raise UserError(
            f"config key `{key}` has odds that add up to {math.fsum(odds):g}: make them add up to 1"
        )
    twice = [strength for strength in strengths if strengths.count(strength) > 1]
    if twice:
        raise UserError(f"config key `{key}` has odds for {twice[0]:g} twice: write one of them")


def _check_window(condition: Condition, member: sweeps.Member) -> None:
    """Refuse a member of a sweep whose window is not over, or not begun, when training ends."""
    diet, training = condition.training["diet"], condition.training
    about = condition.config["interim"]
    key, epochs = f"sweeps.{member.sweep}", about["epochs"] if about else training["epochs"]
    if diet["order"] != "forward":
        raise UserError(
            f"config key `{key}.diet.order` is {diet['order']}, but a sweep moves a diet that runs"
            " forward: delete it"
        )
    units = schedule.units(diet, training["schedule_epochs"])
    knots = [change["at"] for change in diet["changes"] if not isinstance(change["at"], str)]
    if len(knots) < len(diet["changes"]):
        raise UserError(
            f"config key `{key}.diet` has a curve, which begins at birth and cannot be put off:"
            " write knots"
        )
    times = [[time / units for time, _ in at] for at in knots]
    last, begins = max(map(max, times)), max(map(min, times))
    if last > epochs + _ROUNDING or begins >= epochs - _ROUNDING:
        raise UserError(
            f"config key `{key}.onset` has {member.onset:g}, whose window ends at epoch {last:g},"
            f" but training ends at epoch {epochs}: leave this onset out, shorten the window or"
            f" raise `{condition.key('training.epochs')}`"
        )


def _warnings(condition: Condition, key: str) -> list[str]:
    """What a diet asks for and training, or the pixels, cannot show."""
    diet, training = condition.training["diet"], condition.training
    size, epochs = condition.config["image_size"], training["epochs"]
    found: list[str] = []
    courses = _own_courses(condition, diet)
    units = schedule.units(diet, training["schedule_epochs"])
    length = schedule.length(diet, training["schedule_epochs"])
    moving, knots = False, []
    if (trunk := _unchanged_from(condition, courses)) is not None:
        found.append(
            f"config key `{key}` is another diet than that of {trunk}, from which"
            f" {condition.name} goes on, but the same from there on, so that it changes nothing"
        )
    for number, (change, course) in enumerate(zip(diet["changes"], courses, strict=True)):
        own = [] if isinstance(change["at"], str) else [time / units for time, _ in change["at"]]
        moving = moving or len(own) != 1 or own[0] > 0
        knots += own
        if hidden := _hidden(course, size, diet["image_side"]):
            found.append(f"config key `{key}.changes[{number}]`, {change['change']}, {hidden}")
    over_length = diet["clock"] == "share" or diet["order"] in ("reversed", "shuffled")
    late = [knot for knot in knots if knot >= epochs]
    if over_length and epochs < length:
        found.append(
            f"config key `{key}` runs over {length} epochs, but training ends at epoch {epochs}, so"
            f" that the networks see a part of it: write `length: {epochs}` for all of it"
        )
    elif late and diet["order"] == "forward" and not key.startswith("sweeps."):
        found.append(
            f"config key `{key}` has a knot at epoch {min(late):g}, but training ends at epoch"
            f" {epochs}, so that it is never reached"
        )
    if diet["order"] != "forward" and not moving:
        found.append(
            f"config key `{key}.order` is {diet['order']}, but the strengths of this diet never"
            " change, so that the order changes nothing"
        )
    if diet["order"] == "constant_first" and all(
        (course.low == course.high).all() and course.low[0] == KINDS[course.change].neutral
        for course in courses
    ):
        found.append(
            f"config key `{key}.order` is constant_first, but this diet begins with images as they"
            " are, so that it changes nothing"
        )
    return found


def _own_courses(condition: Condition, diet: Mapping[str, Any]) -> list[schedule.Course]:
    """Strengths over the epochs that a condition trains itself: of a branch, not its trunk's."""
    training, first = condition.training, condition.first_epoch
    epochs = training["epochs"]
    points = max(_POINTS_AN_EPOCH, math.ceil(_LEAST_POINTS / epochs))
    courses = schedule.courses(diet, training["schedule_epochs"], epochs, points=points)
    return [course.since(first) for course in courses]


def _inherited(condition: Condition) -> bool:
    """Whether a branch is fed as its trunk is, of which all has been said."""
    origin = condition.config["conditions"][condition.name]["from"]
    if origin is None:
        return False
    trunk = merged(condition.config, origin["condition"])["training"]
    keys = ("diet", "epochs", "schedule_epochs")
    return all(trunk[key] == condition.training[key] for key in keys)


def _unchanged_from(condition: Condition, courses: list[schedule.Course]) -> str | None:
    """The trunk whose diet is another, but the same in all epochs that the branch trains."""
    origin = condition.config["conditions"][condition.name]["from"]
    if origin is None:
        return None
    trunk = merged(condition.config, origin["condition"])["training"]["diet"]
    if trunk is None or trunk == condition.training["diet"]:
        return None
    theirs = _own_courses(condition, trunk)
    same = [each.change for each in theirs] == [each.change for each in courses] and all(
        np.array_equal(getattr(mine, part), getattr(other, part))
        for mine, other in zip(courses, theirs, strict=True)
        for part in ("mean", "low", "high")
    )
    return str(origin["condition"]) if same else None


def _hidden(course: schedule.Course, size: int, side: float) -> str | None:
    """What part of a change is too weak for the pixels to show, in words."""
    if course.change == "blur":
        weak = (course.high > 0) & (course.high * size / side < LEAST_SIGMA)
        why = (
            f"σ is below {LEAST_SIGMA} px at this image_size ({size}), as {side / size:.3g} in the"
            " unit of the diet are 1 px: write larger σ, or the size that they are meant for in"
            " `image_side`"
        )
    elif course.change in ("resolution", "field"):
        weak = (course.low < 1) & (few_pixels(course.low, size) == size)
        why = f"the share is that of all {size} pixels: write a smaller one"
    else:
        return None
    share = float(np.mean(weak))
    return f"is too weak to be seen in {share:.0%} of training: {why}" if share else None
