"""Sweeps: families of conditions that differ in when something begins."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trajectories.errors import UserError
from trajectories.study import diets, schema


@dataclass(frozen=True)
class Member:
    """A condition of a sweep.

    Attributes
    ----------
    sweep : str
    condition : str
    onset : float
        When its diet begins, in the unit of the diet's clock.
    """

    sweep: str
    condition: str
    onset: float


def members(config: Mapping[str, Any]) -> list[Member]:
    """The conditions that the sweeps of a config make, in the order of its sweeps and onsets."""
    return [
        Member(name, condition_name(name, onset), float(onset))
        for name, sweep in config["sweeps"].items()
        for onset in sweep["onset"]
    ]


def condition_name(sweep: str, onset: float) -> str:
    """Name of a member, such as `deficit_0004`, or `deficit_0000-25` for 0.25."""
    whole, _, fraction = f"{onset:.6f}".rstrip("0").rstrip(".").partition(".")
    return f"{sweep}_{whole:0>4}" + (f"-{fraction}" if fraction else "")


def unfolded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A config with its diets spelled out, and the conditions that its sweeps make.

    Blocks of a wrong form are left for the schema to name.

    Raises
    ------
    UserError
        If a diet cannot be read, or a condition has the name of a sweep's.
    """
    config = dict(raw)
    base = None
    if _has(config.get("training"), "diet"):
        base = diets.spelled(config["training"]["diet"], None, "training.diet")
        config["training"] = {**config["training"], "diet": base}
    if isinstance(config.get("conditions"), Mapping):
        config["conditions"] = {
            name: _condition(condition, base, f"conditions.{name}.training.diet")
            for name, condition in config["conditions"].items()
        }
    if isinstance(config.get("sweeps"), list):
        raise UserError(
            "config key `sweeps` is a list: write a block of names, each with `diet` and `onset`"
        )
    if isinstance(config.get("sweeps"), Mapping):
        config["sweeps"] = {
            name: _sweep(sweep, f"sweeps.{name}.diet") for name, sweep in config["sweeps"].items()
        }
        default = schema.load()["properties"]["conditions"]["default"]
        conditions = config.get("conditions", default)
        if isinstance(conditions, Mapping):
            config["conditions"] = {**conditions, **_made(config["sweeps"], conditions)}
    return config


def _has(block: Any, key: str) -> bool:
    return isinstance(block, Mapping) and key in block


def _condition(condition: Any, base: Any, key: str) -> Any:
    if not _has(condition, "training") or not _has(condition["training"], "diet"):
        return condition
    diet = diets.spelled(condition["training"]["diet"], base, key)
    return {**condition, "training": {**condition["training"], "diet": diet}}


def _sweep(sweep: Any, key: str) -> Any:
    if isinstance(sweep, list):
        raise UserError(
            f"config key `{key.removesuffix('.diet')}` is a list: write a block with `diet` and"
            " `onset`"
        )
    if not _has(sweep, "diet"):
        return sweep
    return {**sweep, "diet": diets.spelled(sweep["diet"], None, key)}


def _made(sweeps: Mapping[str, Any], conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of sweeps that have the form of one."""
    made: dict[str, Any] = {}
    for name, sweep in sweeps.items():
        onsets = sweep.get("onset") if isinstance(sweep, Mapping) else None
        if not isinstance(onsets, list) or not _has(sweep.get("diet"), "changes"):
            continue
        if not re.fullmatch(r"[\w-]+", str(name)):
            continue
        for number, onset in enumerate(onsets):
            if isinstance(onset, bool) or not isinstance(onset, int | float):
                continue
            if onset in onsets[:number] or not 0 <= onset < math.inf:
                continue
            condition = condition_name(str(name), onset)
            member = {"training": {"diet": diets.shifted(sweep["diet"], float(onset))}}
            if condition in made or not _same(conditions.get(condition, member), member):
                raise UserError(
                    f"config key `sweeps.{name}` makes the condition {condition}, which there is"
                    " already: rename the sweep or the condition"
                )
            made[condition] = conditions.get(condition, member)
    return made


def _same(condition: Any, member: Mapping[str, Any]) -> bool:
    """Whether a condition is that of the sweep, as in a config that is resolved already."""
    training = condition.get("training") if isinstance(condition, Mapping) else None
    if not isinstance(training, Mapping):
        return False
    part = schema.part("training.diet")
    found, wanted = training.get("diet"), member["training"]["diet"]
    return bool(schema.fill(found, part) == schema.fill(wanted, part))
