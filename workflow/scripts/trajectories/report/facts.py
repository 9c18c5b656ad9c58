"""What the report says about a study in words: what was run, and what it does not show."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trajectories.plotting.figure_data import names
from trajectories.rdms import categories
from trajectories.report.study import Study
from trajectories.study import time_unit
from trajectories.training.diets import wording


def facts(study: Study) -> dict[str, str]:
    """What was run, as names and values."""
    config = study.config
    network, own_images = config["network"], study.traits.get("images", {})
    epochs = study.stability.groupby("condition", sort=False)["next_epoch"].max()
    own = own_checkpoints(study)
    trained = sorted({f"{epochs[name]:g}" for name in epochs.index if name not in own}, key=float)
    side = config["image_size"]
    made = {}
    if trained:
        made = {
            "Training": f"{' / '.join(trained)} epochs on {_images(study)},"
            f" {side} × {side} pixels{_objective(study)}",
            "Network": f"{network['architecture']}, {network['stem']} stem,"
            f" {network['embedding']}-dimensional embedding",
        }
    if own_images:
        made["Training images"] = "; ".join(map(": ".join, own_images.items()))
    if own:
        made["Own checkpoints"] = "; ".join(
            f"{name}: {settings['architecture']}, {_origin(study, name, settings)}, up to epoch"
            f" {epochs[name]:g}, from {_files(settings)}"
            for name, settings in own.items()
        )
    if config["training"]["diet"] is not None:
        made["Diet"] = wording.said(config["training"]["diet"])
    return {
        "Conditions": ", ".join(
            name + _changed(config["conditions"][name])
            for name in names(study.stability, "condition")
        ),
        "Seeds": ", ".join(str(seed) for seed in sorted(study.stability["seed"].unique())),
        **made,
        **_time(config),
        "Layers": _layers(study),
        "Test images": f"{len(study.stimulus)}, from {config['stimuli']['table']}",
        **_preprocessing(study),
        "Categories": "; ".join(
            f"{name}: {_compared(rule)}" for name, rule in config["categories"].items()
        ),
        "Batch normalisation": _batchnorm(study),
        "Similarity of RDMs": config["metrics"]["similarity"],
    }


def _files(settings: Mapping[str, Any]) -> str:
    """Where checkpoints are from, in which place of the files."""
    where = f"{settings['folder']}/{settings['pattern']}"
    if settings.get("table"):
        where = f"{settings['folder']}, by {settings['table']}"
    return where + (f" ({settings['key']})" if settings.get("key") else "")


def _time(config: Mapping[str, Any]) -> dict[str, str]:
    """The unit of time, if it is not epochs."""
    said = time_unit.note(config.get("time", time_unit.EPOCHS))
    return {"Time": said} if said else {}


def _origin(study: Study, condition: str, settings: Mapping[str, Any]) -> str:
    """Where the network of an imported condition is from, or which stem it has."""
    library = study.traits.get("libraries", {}).get(condition)
    return f"of {library}" if library else f"{settings['stem']} stem"


def _layers(study: Study) -> str:
    """The layers, the modules that roles are, and what is kept of outputs if not all."""
    activations = study.config["activations"]
    said = []
    for layer in names(study.stability, "layer"):
        role = None if isinstance(activations["layers"], list) else activations["layers"][layer]
        if isinstance(role, Mapping):
            role = ", ".join(f"{network} {module}" for network, module in role.items())
        said.append(layer + (f" ({role})" if role else ""))
    kept = [
        f"{activations[key]} of {what}"
        for key, what in (("tokens", "tokens"), ("maps", "feature maps"))
        if activations[key] != "all"
    ]
    return ", ".join(said) + (f"; {' and '.join(kept)}" if kept else "")


def _preprocessing(study: Study) -> dict[str, str]:
    """What is done to test images, where a network has its own way."""
    found = study.traits.get("preprocessing", {})
    alike = len(set(found.values())) == 1
    said = next(iter(found.values())) if alike else "; ".join(map(": ".join, found.items()))
    return {"Preprocessing": said} if found else {}


def _images(study: Study) -> str:
    """The images that all conditions learn from, if these are the same ones."""
    if study.traits.get("images"):
        return "the images of each condition"
    images = study.config["images"]
    return f"{images['count']:,} images ({images['source']})"


def _objective(study: Study) -> str:
    """The objective, if it is not that of the paper; conditions list what they change."""
    known = study.config["training"]["objective"] == "moco"
    return "" if known else f", by {study.traits['objective']}"


def own_checkpoints(study: Study) -> dict[str, dict[str, Any]]:
    """Network and files of the conditions that were not trained here, by name."""
    return {
        name: {**study.config["network"], **condition["network"], **condition["checkpoints"]}
        for name, condition in study.config["conditions"].items()
        if condition["checkpoints"] is not None
    }


def caveats(study: Study) -> list[str]:
    """What the results do not show, in this study."""
    n = study.stability.groupby("condition")["seed"].nunique().min()
    own = own_checkpoints(study)
    trained = len(own) < len(study.config["conditions"])
    said = []
    if trained and (caveat := study.traits["caveat"]):
        said.append(caveat)
    for lacking, taught in study.traits["objective_caveats"].items():
        said.append(f"The networks of {' and '.join(taught)} {lacking}")
    said += _of_schedules(study.config)
    if own:
        said.append(
            f"How the networks of {' and '.join(own)} were trained is not known here. If their"
            " learning rate fell, late changes are small whatever was learned; if they were not"
            " saved after every epoch, steps between checkpoints are longer and differ in size."
        )
    said += [
        "Similarity of consecutive epochs mixes the speed, the amplitude and the noise of change."
        " A layer that is stable early has not necessarily finished learning.",
        "Dissimilarity is often larger between than within categories in an untrained network too."
        " Only its growth from epoch 0 is evidence of learning.",
    ]
    normalised = ~study.categories["condition"].isin(study.traits["without_batchnorm"])
    untrained = ((study.categories["epoch"] == 0) & normalised).any()
    if study.config["activations"]["batchnorm"] == "running" and untrained:
        said.append(
            "No image has set the batch normalisation statistics of the untrained networks, so"
            " values at epoch 0, and steps from it, may be artefacts: intervals, tests and claims"
            " begin at the first checkpoint after it."
        )
    if n == 1:
        said.append("There is one network instance, so nothing is known about variation.")
    else:
        said.append(
            f"SDs are over {n} network instances, and are themselves uncertain by about"
            f" {1 / np.sqrt(2 * (n - 1)):.0%}. All instances saw the same test images: an SD says"
            " nothing about other images."
        )
    return said


def _batchnorm(study: Study) -> str:
    """Which statistics batch normalisation has, and the conditions that have none."""
    conditions = study.config["conditions"]
    without = study.traits["without_batchnorm"]
    if len(without) == len(conditions):
        return "none in these networks"
    statistics = f"{study.config['activations']['batchnorm']} statistics"
    have = "has" if len(without) == 1 else "have"
    return statistics + (f"; {' and '.join(without)} {have} none" if without else "")


def _of_schedules(config: Mapping[str, Any]) -> list[str]:
    """What a falling learning rate does to late changes, and in which conditions it falls."""
    conditions = config["conditions"]
    trained = [name for name in conditions if conditions[name]["checkpoints"] is None]
    falling = []
    for name in trained:
        training = config["training"] | (conditions[name]["training"] or {})
        # Over a tenth of its cosine, a rate falls by 2%.
        if 10 * training["epochs"] > training["schedule_epochs"]:
            falling.append(name)
    if not falling:
        return []
    staying = [name for name in trained if name not in falling]
    everywhere = len(falling) == len(conditions)
    return [
        ("The" if everywhere else f"In {' and '.join(falling)} the")
        + (
            " learning rate falls along a cosine, so late changes are small whatever is learned:"
            " late stability is partly due to the schedule."
        )
        + (f" In {' and '.join(staying)} it is constant." if staying else "")
    ]


def _changed(condition: Mapping[str, Any]) -> str:
    """Settings of its own that a condition has, in brackets, as in `training.queue: 64`."""
    own: list[str] = []

    def collect(settings: Mapping[str, Any], path: str) -> None:
        for key, value in settings.items():
            if key == "diet":
                own.append(f"diet: {wording.said(value)}")
            elif isinstance(value, Mapping):
                collect(value, f"{path}{key}.")
            else:
                own.append(f"{path}{key}: {value}")

    if condition.get("from"):
        own.append(f"from epoch {condition['from']['epoch']} of {condition['from']['condition']}")
    # Networks that were not trained here are described elsewhere.
    if condition["checkpoints"] is None:
        collect({key: condition.get(key) or {} for key in ("images", "network", "training")}, "")
    return f" ({', '.join(own)})" if own else ""


def _compared(rule: Mapping[str, str]) -> str:
    others = "the rest" if categories.against_all_others(rule) else rule["between"]
    return f"{rule['within']} against {others}"
