"""Category models: how much of each RDM animacy, faces, bodies and being natural account for."""

from trajectories.analyses.declaration import Analysis, Figure, Findings
from trajectories.storage.columns import IDENTITY

TABLE = (*IDENTITY, "model", "weight", "unique", "explained")
TEXT = ("condition", "layer", "model")
# No name of a model: names are of letters.
CONSTANT = "(constant)"

ANALYSIS = Analysis(
    question="What do category models account for?",
    docs="models.md",
    reads=("trajectories",),
    settings={"models": "models"},
    tables={"models": TABLE},
    text=TEXT,
    figures={"models": Figure("Categories and models", ("models",), rule="figure_model_rdms")},
    findings=Findings(("models",)),
)
