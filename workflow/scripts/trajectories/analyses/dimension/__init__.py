"""Dimension of the representation, and CKA between checkpoints."""

from trajectories.analyses.declaration import Analysis, Figure, Findings
from trajectories.storage.columns import IDENTITY

DIMENSION = (*IDENTITY, "participation_ratio")
CKA = ("condition", "layer", "epoch", "other_epoch", "mean", "sd", "n")

ANALYSIS = Analysis(
    question="How many dimensions do responses have?",
    docs="dimension.md",
    reads=("trajectories",),
    tables={"dimension": DIMENSION, "cka": CKA},
    figures={
        "dimension": Figure("Dimension", ("dimension",)),
        "cka": Figure("Dimension", ("cka",), module="figure_cka"),
    },
    findings=Findings(("dimension", "cka")),
)
