"""The paper's claims, each decided by a statistic and its interval."""

from trajectories.analyses.declaration import Analysis

COLUMNS = (
    "condition", "claim", "statement", "statistic", "unit", "estimate", "low", "high", "verdict",
    "sentence",
)  # fmt: skip
TEXT = ("condition", "claim", "statement", "statistic", "unit", "verdict", "sentence")
TITLES = {
    "rapid_change": "Change is rapid in the first epochs, then settles.",
    "early_layer_first": "The early layer settles before the late one.",
    "together": "Information within and between categories emerges together.",
    "late_layer_apart": (
        "In the late layer, between ends above within, beyond the untrained network."
    ),
    "early_layer_hardly": "In the early layer, between hardly ends above within.",
}

ANALYSIS = Analysis(
    question="Which claims of the paper hold?",
    docs="statistics.md#claims",
    reads=("resamples", "histories"),
    settings={
        "confidence": "statistics.confidence",
        "dissimilarity": "statistics.margins.dissimilarity",
        "time": "statistics.margins.time",
        "factor": "statistics.margins.factor",
    },
    tables={"claims": COLUMNS},
    text=TEXT,
    files=("tables/claims.json",),
    shown={"claims": "Tests and claims"},
)
