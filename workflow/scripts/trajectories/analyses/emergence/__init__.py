"""Emergence: an index of each category over learning, and when it changes."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

EMERGENCE = (
    "condition", "layer", "category", "quantity", "epoch", "value", "low", "high", "n_seeds",
)  # fmt: skip
QUANTITIES = ("index", "gain")
TIMES = (
    "condition", "layer", "category", "curve", "time", "low", "high", "earliest", "latest",
    "n_networks", "reason",
)  # fmt: skip
CURVES = {
    "index": "the index",
    "within": "dissimilarity within",
    "between": "dissimilarity between",
}
RATIOS = (
    "condition", "layer", "category", "curve", "other_layer", "other_category", "other_curve",
    "images", "ratio", "low", "high", "margin", "p", "p_margin", "verdict", "limit", "reason",
)  # fmt: skip
TEXT = (
    "condition", "layer", "category", "quantity", "curve", "other_layer", "other_category",
    "other_curve", "images", "verdict", "limit", "reason",
)  # fmt: skip

TABLES = {"emergence": EMERGENCE, "change_times": TIMES, "change_time_ratios": RATIOS}
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="When do categories emerge?",
    docs="emergence.md",
    reads=("resamples", "recipes"),
    settings={**CONFIDENCE, "time": "statistics.margins.time"},
    tables=TABLES,
    text=TEXT,
    figures={"emergence": Figure("Categories and models", tuple(TABLES), CONFIDENCE)},
    findings=Findings(tuple(TABLES)),
)
