"""The schema of the config: defaults, validation in one sentence, and a list of all keys."""

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from trajectories.errors import UserError

Schema = Mapping[str, Any]

_PACKAGE = Path(__file__).parents[1]
# Beside the rules in the repository, in the package where it is installed.
PATH = next(
    path
    for folder in (_PACKAGE.parents[1], _PACKAGE)
    if (path := folder / "schemas" / "config.schema.yaml").exists()
)

_KINDS = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


@dataclass(frozen=True)
class Key:
    """One key that a config may have.

    Attributes
    ----------
    path : str
        Dotted, such as "training.augmentation.flip"; a name the user chooses is `<name>`, and what
        lies in a list follows `[]`.
    schema : mapping
        The part of the schema that holds for it.
    required : bool
    reruns : str
        What a change makes Snakemake run again.
    """

    path: str
    schema: Schema
    required: bool
    reruns: str


@cache
def load() -> Schema:
    """Schema of the config, as a nested mapping."""
    # The C loader reads it six times faster; it is missing where PyYAML was built without libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schema: Schema = yaml.load(PATH.read_text(encoding="utf-8"), Loader=loader)
    return schema


def part(path: str) -> Schema:
    """The part of the config's schema that holds for a key, such as `training.diet`."""
    schema = load()
    for step in path.split("."):
        schema = schema["properties"][step]
    return schema


def keys(schema: Schema, path: str = "", reruns: str = "") -> Iterator[Key]:
    """All keys below `schema`, in its order, blocks before what they hold."""
    parts = {
        name: (part, name in schema.get("required", ()))
        for name, part in schema.get("properties", {}).items()
    }
    if isinstance(schema.get("additionalProperties"), Mapping):
        parts["<name>"] = (schema["additionalProperties"], False)
    for name, (part, required) in parts.items():
        inherited = part.get("x-reruns", reruns)
        here = f"{path}.{name}" if path else name
        yield Key(here, part, required, inherited)
        yield from keys(part, here, inherited)
        yield from keys(part.get("items", {}), f"{here}[]", inherited)


def kinds(schema: Schema) -> list[str]:
    """JSON types that `schema` allows, an empty list for any."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def fill(value: object, schema: Schema) -> Any:
    """Copy of `value` with the defaults of missing keys, and numbers in their proper type.

    An empty block (`training:` with nothing below) counts as one without keys, unless it may be
    null. Values of a wrong type are copied as they are: `validate` names them.
    """
    empty = value is None and "null" not in kinds(schema)
    if "object" in kinds(schema) and (empty or isinstance(value, Mapping)):
        return _fill_block(cast(Mapping[Any, Any], value or {}), schema)
    if isinstance(value, list):
        return [fill(item, schema.get("items", {})) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "number" in kinds(schema):
            return float(value)
        if "integer" in kinds(schema) and float(value).is_integer():
            return int(value)
    return deepcopy(value)


def _fill_block(block: Mapping[Any, Any], schema: Schema) -> dict[Any, Any]:
    parts = schema.get("properties", {})
    others = schema.get("additionalProperties")
    others = others if isinstance(others, Mapping) else {}
    filled = {}
    for name, part in parts.items():
        if name in block:
            filled[name] = fill(block[name], part)
        elif "default" in part:
            filled[name] = fill(part["default"], part)
        elif "object" in kinds(part) and name not in schema.get("required", ()):
            filled[name] = fill({}, part)
    return filled | {name: fill(block[name], others) for name in block if name not in parts}


def validate(value: object, schema: Schema, path: str = "") -> None:
    """Refuse a config, or the part of one at `path`, that breaks the schema.

    Raises
    ------
    UserError
        For the first fault, unknown keys before all others: a misspelt key is often also a
        missing one.
    """
    _refuse_unusual(value, path)
    faults = list(Draft202012Validator(schema).iter_errors(value))
    if faults:
        fault = next((f for f in faults if f.validator == "additionalProperties"), faults[0])
        raise UserError(_explain(fault, path))


def _refuse_unusual(value: object, path: str) -> None:
    """Refuse what YAML can write and JSON Schema cannot judge."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if not isinstance(name, str):
                place = f" in `{path}`" if path else ""
                raise UserError(
                    f'config key `{name}`{place} is not read as text: put it in quotes, "{name}"'
                )
            _refuse_unusual(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _refuse_unusual(part, f"{path}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"config key `{path}` is {value}: write a finite number")


def _explain(fault: ValidationError, root: str) -> str:
    """One sentence on the fault: key, what is wrong, remedy."""
    path = root
    for step in fault.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    # Typed as possibly unset, and the schema as possibly `true`; faults of our schema are neither.
    schema, kind, limit = (
        cast(Schema, fault.schema),
        str(fault.validator),
        cast(Any, fault.validator_value),
    )
    value = cast(Any, fault.instance)
    subject = f"config key `{path}`" if path else "the config"
    if "propertyNames" in fault.absolute_schema_path:
        return (
            f'{subject} has the name "{_printable(value)}", but names must be {schema["x-allowed"]}'
        )

    if kind == "additionalProperties":
        return _explain_unknown(path, value, schema)
    if kind == "required":
        name = next(name for name in limit if name not in value)
        return (
            f"config key `{f'{path}.{name}' if path else name}` is missing: add it"
            f" ({_meaning(schema['properties'][name])})"
        )
    if kind == "type":
        return f"{subject} is {_show(value)} but must be {_expected(schema)}{_mend(value, schema)}"
    if kind == "enum":
        choices = ", ".join(map(str, limit))
        guess = difflib.get_close_matches(str(value), [str(choice) for choice in limit], 1)
        hint = f": did you mean {guess[0]}?" if guess else ""
        return f"{subject} is {_show(value)} but must be one of {choices}{hint}"
    if "x-allowed" in schema and kind in ("pattern", "not"):
        return f"{subject} is {_show(value)} but must be {schema['x-allowed']}"
    if kind in _BOUNDS:
        return f"{subject} is {_show(value)} but must be {_BOUNDS[kind]} {_show(limit)}"
    if kind == "uniqueItems":
        twice = next(item for item in value if value.count(item) > 1)
        return f"{subject} lists {_show(twice)} twice: delete one of them"
    if kind in ("minItems", "minLength", "minProperties") and not value:
        return f"{subject} is empty: give it a value, or delete it if it has a default"
    if kind in ("minItems", "maxItems"):
        return f"{subject} has {len(value)} values but must have {limit}"
    return f"{subject} is not valid: {fault.message}"


def _explain_unknown(path: str, block: Mapping[str, Any], schema: Schema) -> str:
    known = schema.get("properties", {})
    name = next(name for name in block if name not in known)
    here = f"{path}.{name}" if path else name
    guesses = [f"{path}.{guess}".lstrip(".") for guess in difflib.get_close_matches(name, known, 1)]
    if not guesses:
        elsewhere = _same_name_elsewhere(path)
        guesses = [elsewhere[leaf] for leaf in difflib.get_close_matches(name, elsewhere, 1, 0.8)]
    if guesses:
        return f"config key `{here}` is unknown: did you mean `{guesses[0]}`?"
    place = f"`{path}`" if path else "the config"
    return f"config key `{here}` is unknown: {place} may have {', '.join(known)}"


def _same_name_elsewhere(path: str) -> dict[str, str]:
    """Paths of all keys by their last name, for a right name in a wrong block (`epochs`, say)."""
    paths = [key.path for key in keys(load()) if "<" not in key.path]
    if path.startswith("conditions."):
        condition = ".".join(path.split(".")[:2])
        paths = [f"{condition}.{p}" for p in paths if p.startswith(("network.", "training."))]
    return {path.rpartition(".")[2]: path for path in reversed(paths)}


def _expected(schema: Schema) -> str:
    return " or ".join(_KINDS[kind] for kind in kinds(schema))


def _meaning(schema: Schema) -> str:
    description = str(schema["description"]).rstrip(".")
    return description[0].lower() + description[1:]


def _printable(text: str) -> str:
    """One line, whatever the text is."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _show(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{_printable(value)}"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "a block of keys"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _mend(value: object, schema: Schema) -> str:
    """What to write instead, if the kind of mistake shows it."""
    wanted = kinds(schema)
    if value is None:
        return ": give it a value, or delete the line to get the default"
    if "array" in wanted and not isinstance(value, list | Mapping):
        return f": write [{value}]"
    if "string" in wanted and not isinstance(value, list | Mapping):
        return f': put it in quotes, "{value}"'
    if isinstance(value, str) and ("number" in wanted or "integer" in wanted):
        scientific = re.fullmatch(r"([+-]?\d+)(\.\d*)?[eE]([+-]?)(\d+)", value)
        if scientific:
            whole, fraction, sign, power = scientific.groups()
            fraction = fraction if fraction and fraction != "." else ".0"
            plain = f"{whole}{fraction}e{sign or '+'}{power}"
            return f": YAML reads {value} as text, write {plain}"
        if re.fullmatch(r"[+-]?\d+(\.\d*)?", value):
            # YAML reads 08 as text, and 010 as eight.
            plain = re.sub(r"^([+-]?)0+(?=\d)", r"\1", value)
            return f": write {plain} without quotes"
    return ""
