"""What the report says of image source, objective and networks beyond their names.

Planning knows it and hands it over, so that a report depends neither on how images are packed nor
on how networks are built.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from trajectories.images.sources import registry as sources
from trajectories.networks import catalogue
from trajectories.study.config import Config
from trajectories.training.objectives import registry as objectives


class Traits(TypedDict):
    """Traits of a study, to be written as JSON.

    Attributes
    ----------
    caveat : str or None
        What networks that learn from its images cannot show.
    objective : str
        Name of the training objective as in the literature.
    without_batchnorm : list of str
        Conditions whose network has no batch normalisation.
    """

    caveat: str | None
    objective: str
    without_batchnorm: list[str]


def of_study(config: Config) -> Traits:
    """The traits of the study of a resolved config."""
    images = config["images"]
    return {
        "caveat": None if images is None else sources.find(images["source"]).caveat,
        "objective": objectives.describe(config["training"]["objective"]).title,
        "without_batchnorm": [
            name
            for name, condition in config["conditions"].items()
            if not _has_batchnorm(config, condition)
        ],
    }


def _has_batchnorm(config: Config, condition: Mapping[str, Any]) -> bool:
    network = {**config["network"], **(condition["network"] or {})}
    size = config["image_size"]
    return catalogue.describe(network["architecture"], network["stem"], size).has_batchnorm
