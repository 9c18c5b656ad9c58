"""Alignment: whether one condition is slower on the path of another, or on another path."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes

SIMILARITY = (
    "condition", "other_condition", "layer", "instances", "epoch", "other_epoch", "mean", "sd", "n",
)  # fmt: skip
MATCHES = (
    "condition", "other_condition", "layer", "epoch", "match", "match_low", "match_high", "lag",
    "lag_low", "lag_high", "lag_q", "similarity", "ceiling", "shortfall", "low", "high", "p", "q",
    "share_at_end", "n_seeds",
)  # fmt: skip
PATHS = (
    "condition", "other_condition", "layer", "lag", "lag_low", "lag_high", "lag_detectable",
    "n_lag_epochs", "shortfall", "low", "high", "detectable", "margin", "n_seeds", "verdict",
    "reason",
)  # fmt: skip
TEXT = ("condition", "other_condition", "layer", "instances", "verdict", "reason")

CATEGORY = "Conditions"
CONFIDENCE = {"confidence": "statistics.confidence"}
SAME, ANOTHER = "same path", "another path"
MARGIN = 0.05
"""Of a correlation of RDMs: a shortfall of less counts as none."""


def has_conditions(config: Config, recipes: Recipes) -> bool:
    """Whether there are several conditions: a single one has but its own path."""
    return len(config["conditions"]) > 1


ANALYSIS = Analysis(
    question="Is a condition slower on the same path, or on another?",
    docs="alignment.md",
    reads=("trajectories", "recipes"),
    settings={
        **CONFIDENCE,
        "resamples_drawn": "statistics.resamples",
        "seed": "statistics.seed",
    },
    tables={"alignment": SIMILARITY, "alignment_matches": MATCHES, "alignment_paths": PATHS},
    text=TEXT,
    figures={
        "alignment": Figure(CATEGORY, ("alignment", "alignment_matches")),
        "alignment_matches": Figure(
            CATEGORY, ("alignment_matches",), CONFIDENCE, module="figure_alignment_matches"
        ),
    },
    findings=Findings(("alignment_paths", "alignment_matches"), CONFIDENCE),
    when=has_conditions,
)
