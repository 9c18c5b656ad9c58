"""Conditions: how the networks of one differ from those of another, over learning."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes

DIFFERENCES = (
    "condition", "other_condition", "layer", "measure", "target", "epoch", "difference", "low",
    "high", "p", "q", "detectable", "n_seeds",
)  # fmt: skip
TIMES = (
    "condition", "other_condition", "layer", "curve", "target", "ratio", "low", "high", "earliest",
    "latest", "margin", "detectable", "n_seeds", "verdict", "reason",
)  # fmt: skip
TEXT = (
    "condition", "other_condition", "layer", "measure", "target", "curve", "verdict", "reason",
)  # fmt: skip

SIMULTANEOUS = "simultaneous"

CATEGORY = "Conditions"
CONFIDENCE = {"confidence": "statistics.confidence"}
TABLES = {"condition_differences": DIFFERENCES, "condition_times": TIMES}


def has_conditions(config: Config, recipes: Recipes) -> bool:
    """Whether there are several conditions: a single one differs from no other."""
    return len(config["conditions"]) > 1


ANALYSIS = Analysis(
    question="What differs between conditions, and when?",
    docs="conditions.md",
    reads=("trajectories", "resamples", "recipes"),
    settings={
        "definitions": "categories",
        "references": "references",
        "similarity": "metrics.similarity",
        **CONFIDENCE,
        "time": "statistics.margins.time",
        "resamples_drawn": "statistics.resamples",
        "seed": "statistics.seed",
    },
    tables=TABLES,
    text=TEXT,
    figures={
        "condition_differences": Figure(
            CATEGORY, ("condition_differences",), CONFIDENCE, module="figure_condition_differences"
        ),
        "condition_times": Figure(
            CATEGORY, ("condition_times",), CONFIDENCE, module="figure_condition_times"
        ),
    },
    findings=Findings(tuple(TABLES), CONFIDENCE),
    when=has_conditions,
)
