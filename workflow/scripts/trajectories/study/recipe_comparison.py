"""Whether two recipes say the same."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.study import schema
from trajectories.study.stated import WHOLE


def read(path: Path) -> dict[str, Any]:
    """The settings in a `recipe.json`.

    Raises
    ------
    UserError
        If it cannot be read, or is no recipe.
    """
    try:
        with reading(path):
            recipe = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error})") from error
    if not isinstance(recipe, dict) or not isinstance(recipe.get("network"), dict):
        raise UserError(f"{path} is damaged (it is no recipe)")
    return recipe


def difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
    """The first key in which two recipes differ, and its values; None where they say the same.

    A key that a recipe lacks is at its default, if it has one.
    """
    one, other = _flat(_filled(found)), _flat(_filled(wanted))
    for key in [*one, *(key for key in other if key not in one)]:
        if one.get(key) != other.get(key):
            return key, one.get(key), other.get(key)
    return None


def _filled(recipe: Mapping[str, Any]) -> dict[str, Any]:
    parts = schema.load()["properties"]
    own = parts["conditions"]["additionalProperties"]["properties"]["checkpoints"]
    return {
        section: schema.fill(value, own if section == "checkpoints" else parts.get(section, {}))
        for section, value in recipe.items()
    }


def _flat(value: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The values of a nested mapping by their dotted keys."""
    found: dict[str, Any] = {}
    for name, part in value.items():
        nested = isinstance(part, Mapping) and part and name not in WHOLE
        inner = _flat(part, f"{path}{name}.") if nested else None
        found |= inner if inner is not None else {f"{path}{name}": part}
    return found
