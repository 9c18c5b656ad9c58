"""Nearest neighbours: whether that of an image is of its category."""

from trajectories.analyses.declaration import Analysis, Figure, Findings
from trajectories.storage.columns import IDENTITY

NEAREST_NEIGHBOUR = (*IDENTITY, "category", "accuracy", "chance")
TEXT = ("condition", "layer", "category")

ANALYSIS = Analysis(
    question="Is the nearest neighbour of the same category?",
    docs="dimension.md",
    reads=("trajectories",),
    settings={"definitions": "categories"},
    tables={"nearest_neighbour": NEAREST_NEIGHBOUR},
    text=TEXT,
    figures={"nearest_neighbour": Figure("Categories and models", ("nearest_neighbour",))},
    findings=Findings(("nearest_neighbour",), {"definitions": "categories"}),
)
