"""Labels of a study from which conditions or references are left out."""

from collections.abc import Collection

from trajectories.study.config import Config


def without(config: Config, left_out: Collection[str]) -> dict[str, str]:
    """Labels without those of what is left out: a label of nothing is refused.

    Parameters
    ----------
    config : dict
        Of what stays.
    left_out : collection of str
        Names of conditions or references. One that something else has too keeps its label.
    """
    sections = ("conditions", "categories", "references")
    named = {
        *config["activations"]["layers"],
        *(name for each in sections for name in config[each]),
    }
    return {
        name: label
        for name, label in config["labels"].items()
        if name not in left_out or name in named
    }
