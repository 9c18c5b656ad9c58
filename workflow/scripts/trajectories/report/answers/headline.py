"""The title of a report, and what was done in one sentence or two."""

from trajectories.analyses.wording import listed
from trajectories.plotting.figure_data import names
from trajectories.report.facts import own_checkpoints
from trajectories.report.study import Study

MOST_NAMED = 4
"""More layers, categories or conditions are counted, not named."""


def title(study: Study) -> str:
    """`title` of the configuration, or what was studied: categories, layers, conditions."""
    given = study.config["title"]
    if given:
        return str(given)
    conditions = names(study.stability, "condition")
    categories = _named(study, names(study.categories, "category"), "categories")
    layers = _named(study, names(study.stability, "layer"), "layers")
    where = f": {_named(study, conditions, 'conditions')}" if len(conditions) > 1 else ""
    return f"{categories[0].upper()}{categories[1:]} in {layers} while networks learn{where}"


def sentence(study: Study) -> str:
    """How many networks learned what, and what was measured."""
    per_condition = study.stability.groupby("condition", sort=False)["seed"].nunique()
    checkpoints = study.categories.groupby(["condition", "seed"])["epoch"].nunique().max()
    n_images = len(study.stimulus)
    total = int(per_condition.sum())
    noun = "network" if total == 1 else "networks"
    each = ""
    if len(per_condition) > 1:
        low, high = per_condition.min(), per_condition.max()
        number = f"{low}" if low == high else f"{low} to {high}"
        each = f", {number} in each of {len(per_condition)} conditions,"
    layers = _named(study, names(study.stability, "layer"), "layers")
    return (
        f"{total} {noun}{each} {_trained(study)}. The responses to {n_images} test images were"
        f" compared in {layers}, at {checkpoints} checkpoint{'' if checkpoints == 1 else 's'}."
    )


def _trained(study: Study) -> str:
    """What the networks did before they were compared."""
    config = study.config
    own = own_checkpoints(study)
    epochs = study.stability.groupby("condition", sort=False)["next_epoch"].max()
    if len(own) == len(epochs):
        return f"trained elsewhere for up to {epochs.max():g} epochs"
    objectives = {
        (condition["training"] or {}).get("objective", config["training"]["objective"])
        for name, condition in config["conditions"].items()
        if name not in own
    }
    by = f" with {study.traits['objective']}" if len(objectives) == 1 else ""
    trained = epochs.drop(list(own), errors="ignore")
    low, high = trained.min(), trained.max()
    time = f"{high:g} epochs" if low == high else f"{low:g} to {high:g} epochs"
    said = f"learned from {config['images']['count']:,} images ({config['images']['source']})"
    return f"{said} for {time}{by}" + (", or were trained elsewhere" if own else "")


def _named(study: Study, found: list[str], what: str) -> str:
    """The names, or their labels; or how many there are."""
    labels = study.config["labels"]
    shown = [labels.get(name, name) for name in found]
    return listed(shown) if len(shown) <= MOST_NAMED else f"{len(shown)} {what}"
