"""Differences between layers: whether one changes, or settles, before another."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes

COLUMNS = (
    "condition", "measure", "layer", "other_layer", "epoch", "difference", "low", "high", "p", "q",
    "n_seeds",
)  # fmt: skip
TEXT = ("condition", "measure", "layer", "other_layer")
CONFIDENCE = {"confidence": "statistics.confidence"}


def has_layers(config: Config, recipes: Recipes) -> bool:
    """Whether there are several layers: a single one differs from no other."""
    return len(config["activations"]["layers"]) > 1


ANALYSIS = Analysis(
    question="Does the early layer change less, and is it ahead?",
    docs="statistics.md#differences-between-layers",
    reads=("resamples", "recipes"),
    settings=CONFIDENCE,
    tables={"layer_differences": COLUMNS},
    text=TEXT,
    figures={"layer_differences": Figure("Tests and claims", ("layer_differences",), CONFIDENCE)},
    findings=Findings(("layer_differences",), CONFIDENCE),
    when=has_layers,
)
