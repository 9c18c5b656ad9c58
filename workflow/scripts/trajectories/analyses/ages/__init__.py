"""Ages: which epoch of training matches the RDM of each age best."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes

AGES = (
    "condition", "layer", "reference", "age", "match", "low", "high", "similarity",
    "similarity_low", "similarity_high", "share_at_end", "n_seeds",
)  # fmt: skip
TRENDS = ("condition", "layer", "n_ages", "slope", "low", "high", "p", "detectable", "n_seeds")
TEXT = ("condition", "layer", "reference")
CONFIDENCE = {"confidence": "statistics.confidence"}


def has_ages(config: Config, recipes: Recipes) -> bool:
    """Whether references carry an age."""
    return any(each["age"] is not None for each in config["references"].values())


ANALYSIS = Analysis(
    question="Does training pass through the representations of each age in turn?",
    docs="alignment.md#references-with-an-age",
    reads=("trajectories", "recipes"),
    settings={
        "references": "references",
        **CONFIDENCE,
        "resamples_drawn": "statistics.resamples",
        "seed": "statistics.seed",
    },
    tables={"ages": AGES, "age_trends": TRENDS},
    text=TEXT,
    figures={"ages": Figure("Brains and behaviour", ("ages",), CONFIDENCE)},
    findings=Findings(("ages", "age_trends")),
    when=has_ages,
)
