"""Names of the files of which a published study consists."""

from trajectories.study.config import Config, imported

CONFIG = "config.yaml"
TABLE = "stimuli.csv"
PICTURES = "stimuli.h5"
PROVENANCE = "provenance.json"

RECIPE = "recipe.json"
INPUTS = "inputs.h5"
"""Of a condition, in its folder."""

TRAJECTORY = "trajectory.h5"
CHECKSUMS = "checksums.json"
UNPACKED = "published.json"
"""What `CHECKSUMS` are called where a study is unpacked: there are others of what is made there."""


def of_network(config: Config, condition: str) -> list[str]:
    """What is published of each network of a condition, beside its checksums."""
    if imported(config, condition) is not None:
        return [TRAJECTORY, "displacement.csv"]
    measured = ["knn.csv"] if config["knn"] else []
    return [TRAJECTORY, "displacement.csv", "history.csv", *measured]


def needed(config: Config) -> list[str]:
    """Paths of all files without which a published study is not whole."""
    names = [CONFIG, TABLE]
    for condition in config["conditions"]:
        names.append(f"{condition}/{RECIPE}")
        for seed in config["seeds"]:
            of_one = [*of_network(config, condition), CHECKSUMS]
            names += [f"{condition}/seed-{seed}/{name}" for name in of_one]
    return names


def optional(config: Config) -> list[str]:
    """Paths of what only some studies have."""
    return [PICTURES, PROVENANCE, *(f"{name}/{INPUTS}" for name in config["conditions"])]
