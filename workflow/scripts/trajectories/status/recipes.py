"""What the networks of a study are to be trained with, as jobs see it; without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.images.sources.registry import excludes_stimuli
from trajectories.stimuli.table import read_table
from trajectories.study.config import Config, condition_settings
from trajectories.study.recipe import recipe_digest


def settings(config: Config) -> dict[str, dict[str, Any]]:
    """Recipe of each condition, with the test images that must not be learned from.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.

    Raises
    ------
    UserError
        If the table of test images is needed and cannot be read.
    """

    def excluded(images: Mapping[str, Any]) -> tuple[str, ...]:
        if not excludes_stimuli(images):
            return ()
        return tuple(read_table(Path(config["stimuli"]["table"])).files)

    return {name: condition_settings(config, name, excluded) for name in config["conditions"]}


def digests(config: Config) -> dict[str, str]:
    """Digest of the recipe of each condition, as states, checkpoints and unfinished work have it.

    Raises
    ------
    UserError
        As `settings`.
    """
    return {name: recipe_digest(recipe) for name, recipe in settings(config).items()}
