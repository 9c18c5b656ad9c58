"""Diets of a config spelled out: presets in numbers, and knots as JSON can hold them.

What a user writes as `{0: 4, 10: 3}` becomes `[[0.0, 4.0], [10.0, 3.0]]`, since JSON has no numbers
as names, and the order of knots counts. What is spelled out stays as it is. Keys and their values
are left for the schema to check.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trajectories.errors import UserError

_PACKAGE = Path(__file__).parents[1]
# Beside the rules in the repository, in the package where it is installed.
FOLDER = next(
    folder for parent in (_PACKAGE.parents[1], _PACKAGE) if (folder := parent / "diets").is_dir()
)
_LIST = "write a list of changes such as `- {change: blur, at: {0: 4, 10: 0}}`"
_KNOTS = "write times and strengths such as `{0: 4, 10: 0}`, or the name of a curve"
_VALUE = "write a number, a range such as `[0, 4]`, or odds such as `{0: .2, 8: .8}`"


def presets() -> list[str]:
    """Names of the published diets that come with the software."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def preset(name: str) -> Mapping[str, Any]:
    """A published diet.

    Returns
    -------
    mapping
        `title`, `source`, `diet` with its keys spelled out and, where there is one, a `note`; if it
        is known, `published_epochs`, the length of the published training.
    """
    with (FOLDER / f"{name}.yaml").open(encoding="utf-8") as file:
        content: dict[str, Any] = yaml.safe_load(file)
    return {**content, "diet": spelled(content["diet"], None, f"diet {name}")}


def spelled(diet: Any, base: Any, key: str) -> Any:
    """A diet spelled out, or null.

    Parameters
    ----------
    diet : object
        As a user writes it: null, the name of a preset, or a block with `preset` or `changes`.
    base : object
        What a block without either changes: the diet of all conditions, spelled out.
    key : str
        Where the user wrote it.

    Raises
    ------
    UserError
        If there is no such preset, or a change has no knots that can be read.
    """
    if diet is None:
        return None
    if isinstance(diet, str):
        diet = {"preset": diet}
    if not isinstance(diet, Mapping):
        raise UserError(
            f"config key `{key}` is {_kind(diet)}: name a preset, or write a block with `changes`"
        )
    name, changes = diet.get("preset"), diet.get("changes")
    if name is not None and changes is not None:
        raise UserError(
            f"config key `{key}` has both `preset` and `changes`: delete one of them, as a preset"
            " brings its own changes"
        )
    own = {part: value for part, value in diet.items() if part != "preset"}
    if name is not None:
        return _from_preset(name, own, key)
    if changes is None:
        if isinstance(base, Mapping):
            return {**base, **own}
        raise UserError(
            f"config key `{key}` has neither `preset` nor `changes`: name a preset"
            f" ({', '.join(presets())}), or write the changes"
        )
    if not isinstance(changes, list):
        raise UserError(f"config key `{key}.changes` is {_kind(changes)}: {_LIST}")
    own["changes"] = [
        _change(each, f"{key}.changes[{index}]") for index, each in enumerate(changes)
    ]
    return own


def _from_preset(name: Any, own: Mapping[str, Any], key: str) -> dict[str, Any]:
    if name not in presets():
        close = difflib.get_close_matches(str(name), presets(), 1)
        hint = f"did you mean {close[0]}?" if close else f"choose among {', '.join(presets())}"
        raise UserError(f"config key `{key}` names the preset {name}, which there is not: {hint}")
    content = preset(name)
    diet = {**content["diet"], **own}
    clocks = content["diet"].get("clock", "epochs"), diet.get("clock", "epochs")
    if clocks == ("epochs", "share") and "published_epochs" in content:
        # Of the training that was published, and so of this one.
        return stretched(diet, 1 / content["published_epochs"])
    if clocks[0] != clocks[1]:
        raise UserError(
            f"config key `{key}.clock` is {clocks[1]}, but the times of the preset {name} are in"
            f" {clocks[0]}: delete the key"
        )
    return diet


def stretched(diet: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """The diet with the times of its knots multiplied."""
    return _timed(diet, lambda time: time * factor)


def shifted(diet: Mapping[str, Any], onset: float) -> dict[str, Any]:
    """The diet with its knots so much later."""
    return _timed(diet, lambda time: time + onset)


def _timed(diet: Mapping[str, Any], move: Any) -> dict[str, Any]:
    changes = [
        {**each, "at": [[move(time), value] for time, value in each["at"]]}
        if isinstance(each["at"], list)
        else each
        for each in diet["changes"]
    ]
    return {**diet, "changes": changes}


def _change(change: Any, key: str) -> Any:
    """A change with its knots as pairs of time and value."""
    if not isinstance(change, Mapping):
        raise UserError(f"config key `{key}` is {_kind(change)}: {_LIST}")
    if "at" not in change:
        return change
    at = change["at"]
    if isinstance(at, str):
        return dict(change)
    pairs = list(at.items()) if isinstance(at, Mapping) else at
    if not isinstance(pairs, list) or not pairs or not all(map(_is_pair, pairs)):
        raise UserError(f"config key `{key}.at` has no knots: {_KNOTS}")
    knots = [[_number(time, f"{key}.at", _KNOTS), _value(value, key)] for time, value in pairs]
    return {**change, "at": knots}


def _value(value: Any, key: str) -> Any:
    """The strength at a knot."""
    key = f"{key}.at"
    if isinstance(value, Mapping):
        odds = value["odds"] if set(value) == {"odds"} else list(value.items())
        if not isinstance(odds, list) or not odds or not all(map(_is_pair, odds)):
            raise UserError(f"config key `{key}` has odds that cannot be read: {_VALUE}")
        return {"odds": [[_number(part, key, _VALUE) for part in pair] for pair in odds]}
    if isinstance(value, list):
        if not _is_pair(value):
            raise UserError(f"config key `{key}` has a range of {len(value)} numbers: {_VALUE}")
        return [_number(each, key, _VALUE) for each in value]
    return _number(value, key, _VALUE)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a block of keys"
    return "a list" if isinstance(value, list) else repr(value)


def _number(value: Any, key: str, mend: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = f'"{value}", which is read as text' if isinstance(value, str) else repr(value)
        raise UserError(f"config key `{key}` has {shown}: {mend}")
    return float(value)
