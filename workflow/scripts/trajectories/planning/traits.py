"""What the report says of image source, objective and networks beyond their names.

Planning knows it and hands it over, so that a report depends neither on how images are packed nor
on how networks are built.
"""

from typing import NotRequired, TypedDict

from trajectories.images.sources import registry as sources
from trajectories.networks import catalogue
from trajectories.networks.preprocessing import Preprocessing
from trajectories.planning.conditions.condition import conditions
from trajectories.study import branches
from trajectories.study.config import Config, image_sets, images_of, imported, merged
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
    objective_caveats : dict of str to list of str
        What networks that learn by some objective cannot show, and the conditions that do.
    preprocessing : dict of str to str
        What is done to test images, by condition; missing where it is the usual.
    images : dict of str to str
        What trained conditions learn from; missing where all learn from the config's `images`.
    libraries : dict of str to str
        Where networks come from that are described by torch, by condition; missing if none does.
    """

    caveat: str | None
    objective: str
    without_batchnorm: list[str]
    objective_caveats: dict[str, list[str]]
    preprocessing: NotRequired[dict[str, str]]
    images: NotRequired[dict[str, str]]
    libraries: NotRequired[dict[str, str]]


def of_study(config: Config) -> Traits:
    """The traits of the study of a resolved config."""
    said = [sources.find(images["source"]).caveat for images, _ in image_sets(config).values()]
    traits: Traits = {
        "caveat": next(filter(None, said), None),
        "objective": objectives.describe(config["training"]["objective"]).title,
        "without_batchnorm": [
            condition.name
            for condition in conditions(config)
            if not condition.describe().has_batchnorm
        ],
        "objective_caveats": _caveats(config),
    }
    # Only where a network has its own: reports of all others stay as they are.
    usual = Preprocessing(config["image_size"])
    found = {condition.name: condition.preprocessing() for condition in conditions(config)}
    if any(each != usual for each in found.values()):
        traits["preprocessing"] = {name: each.words for name, each in found.items()}
    trained = [name for name in config["conditions"] if imported(config, name) is None]
    if any(images_of(config, name) != config["images"] for name in trained):
        traits["images"] = {name: _learnt_from(config, name) for name in trained}
    libraries = {
        condition.name: catalogue.library(condition.architecture).title
        for condition in conditions(config)
        if not catalogue.trainable(condition.architecture)
    }
    if libraries:
        traits["libraries"] = libraries
    return traits


def _learnt_from(config: Config, condition: str) -> str:
    """The images of a condition in words; of a branch, from where it begins."""
    images = images_of(config, condition) or {}
    place = f" in {images['path']}" if images["path"] else ""
    text = f"{images['count']:,} images ({images['source']}{place})"
    for trunk, epoch in branches.shared(config["conditions"], condition).items():
        if images_of(config, trunk) != images:
            return f"{text}, up to epoch {epoch} those of {trunk}"
    return text


def _caveats(config: Config) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in config["conditions"]:
        objective = objectives.describe(merged(config, name)["training"]["objective"])
        if imported(config, name) is None and objective.caveat:
            found.setdefault(objective.caveat, []).append(name)
    return found
