"""Branches: conditions that go on from what another condition, their trunk, was at some epoch."""

from collections.abc import Mapping
from typing import Any

from trajectories.errors import UserError


def ordered(conditions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the conditions, each after its trunk; else in their order.

    Parameters
    ----------
    conditions : mapping
        The block `conditions` of a config.

    Raises
    ------
    UserError
        If a trunk is no condition, or leads back to its branch.
    """
    found: list[str] = []
    for name in conditions:
        chain = [name]
        while (origin := conditions[chain[-1]].get("from")) is not None:
            trunk = origin["condition"]
            if trunk not in conditions:
                raise UserError(
                    f"config key `conditions.{chain[-1]}.from.condition` is {trunk}, which is no"
                    f" condition: choose among {', '.join(conditions)}"
                )
            if trunk in chain:
                raise UserError(
                    f"config key `conditions.{chain[-1]}.from.condition` is {trunk}, which itself"
                    f" begins with {chain[-1]}: a trunk cannot begin with its own branch"
                )
            chain.append(trunk)
        found += [each for each in reversed(chain) if each not in found]
    return found


def shared(conditions: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, int]:
    """Conditions whose checkpoints begin the trajectory of one, each with its last epoch there.

    Parameters
    ----------
    conditions : mapping
        As for `ordered`, which has been through it.
    """
    found: dict[str, int] = {}
    while (origin := conditions[name].get("from")) is not None:
        name = origin["condition"]
        found[name] = origin["epoch"]
    return found
