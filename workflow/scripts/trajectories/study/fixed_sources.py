"""Conditions that differ only in which sources of randomness all their instances share.

The config fixes a source for all instances of a condition by `training.fixed_seeds`; what is not
fixed there follows the seed of the instance.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Sources in the order in which they are named.
SOURCES = ("init", "order", "augmentation")


@dataclass(frozen=True)
class Comparison:
    """A condition in which instances share some sources, and one in which they share fewer.

    Attributes
    ----------
    condition : str
        Its instances share `fixed` with each other.
    free_condition : str
        Recipe as that of `condition`, but no source is fixed.
    fixed : tuple of str
        Of `SOURCES`.
    """

    condition: str
    free_condition: str
    fixed: tuple[str, ...]


def comparisons(recipes: Mapping[str, Mapping[str, Any]]) -> list[Comparison]:
    """Find conditions whose recipes are the same but for `training.fixed_seeds`.

    Names of conditions play no role. Conditions with imported checkpoints are left out: it is not
    known what their instances share.

    Parameters
    ----------
    recipes : mapping of condition to recipe
        As `config.condition_settings` gives it, and `recipe.json` holds it.

    Returns
    -------
    list of Comparison
        One for each condition that fixes a source and each with the same recipe that fixes none.
    """
    free: dict[str, list[str]] = {}
    for condition, recipe in recipes.items():
        if "training" in recipe and not fixed_sources(recipe):
            free.setdefault(_without_seeds(recipe), []).append(condition)
    return [
        Comparison(condition, free_condition, fixed)
        for condition, recipe in recipes.items()
        if "training" in recipe and (fixed := fixed_sources(recipe))
        for free_condition in free.get(_without_seeds(recipe), [])
    ]


def fixed_sources(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    """Sources of randomness that all instances of a condition share."""
    seeds = recipe["training"]["fixed_seeds"]
    return tuple(source for source in SOURCES if seeds.get(source) is not None)


def _without_seeds(recipe: Mapping[str, Any]) -> str:
    training = {key: value for key, value in recipe["training"].items() if key != "fixed_seeds"}
    return json.dumps({**recipe, "training": training}, sort_keys=True)
