"""Whether two recipes say the same, and which one a file of torch was made with."""

import json
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.study import schema


def read(path: Path) -> dict[str, Any]:
    """The settings in a `recipe.json`.

    Raises
    ------
    UserError
        If it cannot be read, or is no recipe.
    """
    try:
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


def digest_in(path: Path) -> str | None:
    """The digest of the recipe in a checkpoint or a state, without torch and without running it.

    None where there is none to be found: reading the file in full says what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            content = archive.read(name)
        key_seen = False
        for operation, argument, _ in pickletools.genops(content):
            if "UNICODE" in operation.name:
                if key_seen:
                    return str(argument)
                key_seen = argument == "recipe_digest"
    except (OSError, ValueError, KeyError, StopIteration, zipfile.BadZipFile):
        return None
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
        inner = _flat(part, f"{path}{name}.") if isinstance(part, Mapping) and part else None
        found |= inner if inner is not None else {f"{path}{name}": part}
    return found
