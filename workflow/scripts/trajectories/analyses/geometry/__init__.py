"""Geometry: how similar all states are to each other, and their path through one space."""

from trajectories.analyses.declaration import Analysis, Figure, Findings
from trajectories.storage.columns import IDENTITY

SIMILARITY = (
    "condition", "layer", "other_layer", "epoch", "other_epoch", "instances", "mean", "sd", "n",
)  # fmt: skip
TO_FINAL = (*IDENTITY, "similarity", "progress")
AXES = ("x", "y", "z")
PATH = (*IDENTITY, *AXES)
PATH_AXES = ("axis", "share")
TEXT = ("condition", "layer", "other_layer", "instances", "axis")

CATEGORY = "Geometry of trajectories"

ANALYSIS = Analysis(
    question="Which path do RDMs follow?",
    docs="geometry.md",
    reads=("trajectories",),
    tables={
        "checkpoint_similarity": SIMILARITY,
        "to_final": TO_FINAL,
        "path": PATH,
        "path_axes": PATH_AXES,
    },
    text=TEXT,
    files=("geometry.h5",),
    figures={
        "checkpoint_similarity": Figure(
            CATEGORY, ("checkpoint_similarity",), module="figure_checkpoint_similarity"
        ),
        "to_final": Figure(CATEGORY, ("to_final",), module="figure_to_final"),
        "path": Figure(CATEGORY, ("path", "path_axes"), module="figure_path"),
    },
    findings=Findings(("to_final", "checkpoint_similarity", "path_axes")),
)
