"""What the jobs that extract activations are told of a condition's network."""

from collections.abc import Iterable

from trajectories.networks.preprocessing import Preprocessing
from trajectories.planning.conditions.condition import Condition, conditions
from trajectories.study.config import Config


def stimuli(config: Config, condition: str) -> str:
    """Name of the file of test images that the network of a condition sees."""
    return _stimuli(Condition.of(config, condition))


def every_stimuli(config: Config) -> list[str]:
    """Those names of all conditions, and of the file that is always made."""
    found = (_stimuli(condition) for condition in conditions(config))
    return list(dict.fromkeys(["stimuli.h5", *found]))


def flags(config: Config, condition: str, layers: Iterable[str]) -> list[str]:
    """Further words for `extract.py`: none where layers, readout and colours are the usual ones."""
    chosen, names = Condition.of(config, condition), list(layers)
    found = modules(config, condition, names)
    words = ["--module", *found] if found else []
    for key in ("tokens", "maps"):
        if config["activations"][key] != "all":
            words += [f"--{key}", config["activations"][key]]
    preprocessing = chosen.preprocessing()
    if not preprocessing.imagenet_colours:
        words += ["--mean", *map(str, preprocessing.mean), "--sd", *map(str, preprocessing.sd)]
    return words


def modules(config: Config, condition: str, layers: Iterable[str]) -> list[str]:
    """The modules that layers are, or nothing where they are named so."""
    chosen, names = Condition.of(config, condition), list(layers)
    found = [chosen.module(layer) for layer in names]
    return [] if found == names else found


def _stimuli(condition: Condition) -> str:
    preprocessing = condition.preprocessing()
    usual = Preprocessing(condition.config["image_size"])
    same = preprocessing.pixels == usual.pixels
    return "stimuli.h5" if same else f"stimuli-{preprocessing.pixels}.h5"
