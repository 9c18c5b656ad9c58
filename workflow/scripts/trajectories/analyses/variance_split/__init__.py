"""Variance between network instances, split by where it comes from: initialisation or data."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Recipes
from trajectories.study import fixed_sources

VARIANCE_SPLIT = (
    "condition", "free_condition", "fixed", "layer", "epoch", "variance", "sd", "n_seeds",
    "free_variance", "free_sd", "free_n_seeds", "share",
)  # fmt: skip
TEXT = ("condition", "free_condition", "fixed", "layer")


def splits(config: Config, recipes: Recipes) -> bool:
    """Whether conditions differ only in which sources of randomness their instances share."""
    return bool(fixed_sources.comparisons(recipes))


ANALYSIS = Analysis(
    question="Do initial weights or data make networks differ?",
    docs="instances.md",
    reads=("trajectories", "recipes"),
    tables={"variance_split": VARIANCE_SPLIT},
    text=TEXT,
    figures={"variance_split": Figure("Instances", ("variance_split",), when=splits)},
)
