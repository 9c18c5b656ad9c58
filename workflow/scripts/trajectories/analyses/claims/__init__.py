"""The paper's claims, each decided by tests of a statistic, and how large a study decides them."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

COLUMNS = (
    "condition", "claim", "statement", "images", "statistic", "unit", "estimate", "low", "high",
    "margin", "p", "p_margin", "verdict", "limit", "sentence",
)  # fmt: skip
SIZES = (
    "condition", "claim", "statement", "unit", "images_of", "margin", "n_networks", "n_images",
    "var_networks", "var_interaction", "var_images", "with_networks", "with_images", "half_width",
)  # fmt: skip
TEXT = (
    "condition", "claim", "statement", "images", "statistic", "unit", "verdict", "limit",
    "sentence", "images_of",
)  # fmt: skip
TITLES = {
    "rapid_change": "Change is rapid in the first epochs, then settles.",
    "per_rate": (
        "A control of ours, not a claim of the paper: change also settles per unit of learning"
        " rate."
    ),
    "early_layer_first": "The early layer settles before the late one.",
    "together": "Information within and between categories emerges together.",
    "general_push": (
        "A question of ours about the paper's explanation: categories part after dissimilarities"
        " change in general, not with them."
    ),
    "late_layer_apart": (
        "In the late layer, between ends above within, beyond the untrained network."
    ),
    "early_layer_hardly": (
        "In the early layer, between hardly ends above within: less than in the late one."
    ),
}
EQUAL = ("together",)
"""Claims that state that there is no difference."""
SHOWN = {
    "rapid_change": "stability",
    "per_rate": "schedule",
    "early_layer_first": "speed",
    "together": "emergence",
    "general_push": "emergence",
    "late_layer_apart": "categories",
    "early_layer_hardly": "categories",
}
"""The analysis whose figures show what a claim is about."""
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="Which claims of the paper hold?",
    docs="statistics.md#claims",
    reads=("trajectories", "resamples", "histories", "recipes"),
    settings={
        "seed": "statistics.seed",
        **CONFIDENCE,
        "effect": "statistics.margins.effect",
        "time": "statistics.margins.time",
        "factor": "statistics.margins.factor",
        "definitions": "categories",
    },
    tables={"claims": COLUMNS, "study_size": SIZES},
    text=TEXT,
    files=("tables/claims.json",),
    shown={"claims": "Tests and claims"},
    figures={
        "study_size": Figure(
            "Tests and claims", ("study_size",), CONFIDENCE, module="figure_study_size"
        )
    },
    findings=Findings(("study_size",), CONFIDENCE),
)
