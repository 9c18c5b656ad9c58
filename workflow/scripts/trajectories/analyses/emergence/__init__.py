"""Emergence: an index of each category over learning, and when it is half-way."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

EMERGENCE = ("condition", "layer", "category", "quantity", "epoch", "value", "low", "high")
QUANTITIES = ("index", "gain")
LATENCIES = (
    "condition", "layer", "category", "curve", "change", "change_low", "change_high", "latency",
    "low", "high", "earliest", "latest", "n_timed", "n_networks", "reason",
)  # fmt: skip
CURVES = {
    "index": "the index",
    "within": "dissimilarity within",
    "between": "dissimilarity between",
}
DIFFERENCES = (
    "condition", "layer", "category", "curve", "other_layer", "other_category", "other_curve",
    "difference", "low", "high", "earliest", "latest", "margin", "n_timed", "n_networks", "verdict",
    "reason",
)  # fmt: skip
TEXT = (
    "condition", "layer", "category", "quantity", "curve", "other_layer", "other_category",
    "other_curve", "verdict", "reason",
)  # fmt: skip

TABLES = {"emergence": EMERGENCE, "latencies": LATENCIES, "latency_differences": DIFFERENCES}
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="When do categories emerge?",
    docs="emergence.md",
    reads=("resamples",),
    settings={**CONFIDENCE, "time": "statistics.margins.time"},
    tables=TABLES,
    text=TEXT,
    figures={"emergence": Figure("Categories and models", tuple(TABLES), CONFIDENCE)},
    findings=Findings(tuple(TABLES)),
)
