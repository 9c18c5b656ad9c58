"""Category effects over learning: how large, how sure, and whether more than chance."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

COLUMNS = (
    "condition", "layer", "category", "contrast", "epoch", "effect", "low", "high", "p", "p_max",
    "q", "n_seeds",
)  # fmt: skip
TEXT = ("condition", "layer", "category", "contrast")
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="Are category effects more than chance?",
    docs="statistics.md#category-effects",
    reads=("trajectories", "resamples", "recipes"),
    settings={
        "definitions": "categories",
        **CONFIDENCE,
        "permutations": "statistics.resamples",
        "seed": "statistics.seed",
    },
    tables={"category_effects": COLUMNS},
    text=TEXT,
    figures={"category_effects": Figure("Tests and claims", ("category_effects",), CONFIDENCE)},
    findings=Findings(("category_effects",), CONFIDENCE),
)
