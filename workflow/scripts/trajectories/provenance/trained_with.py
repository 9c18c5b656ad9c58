"""Whether the settings that provenance is to record are those that networks were trained with.

Without the schema, which the environment of the analyses need not have: it was compared before the
first job, with the defaults of keys that an older recipe lacks.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.study.recipe import recipe_digest


def require(
    settings: Mapping[str, Mapping[str, Any]],
    recipes: Sequence[Path],
    instances: Sequence[Mapping[str, Any]],
) -> None:
    """Refuse recipes and networks that differ from the config.

    Parameters
    ----------
    settings : mapping of condition to mapping
        The recipe of each condition, as the config says it.
    recipes : sequence of Path
        The `recipe.json` of each condition, in a folder of its name.
    instances : sequence of mapping
        With ``condition``, ``seed`` and ``recipe_digest``, which comes from the checkpoints.

    Raises
    ------
    UserError
        Naming the condition, the file and the mend.
    """
    digests = {}
    for path in recipes:
        condition = path.parent.name
        try:
            with reading(path):
                found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path} is damaged ({error}): start the workflow again, which puts it back"
            ) from error
        if not _covers(settings[condition], found):
            raise UserError(
                f"{path} states other settings than the config for condition {condition}: start the"
                " workflow again, which names them"
            )
        digests[condition] = {recipe_digest(found), recipe_digest(settings[condition])}
    for instance in instances:
        if instance["recipe_digest"] not in digests[instance["condition"]]:
            raise UserError(
                f"{instance['condition']} seed {instance['seed']} was trained with other settings"
                " than those of the config: train it again with --forcerun train, or go back to"
                " the config that it was trained with"
            )


def _covers(wanted: object, found: object) -> bool:
    """Whether all that `found` states is as wanted; it may lack keys, but adds none."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(key in wanted and _covers(wanted[key], value) for key, value in found.items())
    return wanted == found
