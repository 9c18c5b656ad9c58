"""Consistency: how alike networks of different seeds are, and their noise ceiling."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

CONSISTENCY = ("condition", "layer", "epoch", "mean", "sd", "lower", "upper", "n_seeds")
SETTINGS = {"measure": "metrics.similarity"}

ANALYSIS = Analysis(
    question="Do other seeds lead to the same RDMs?",
    docs="instances.md",
    reads=("trajectories",),
    settings=SETTINGS,
    tables={"consistency": CONSISTENCY},
    figures={"consistency": Figure("Instances", ("consistency",), SETTINGS)},
    findings=Findings(("consistency",)),
)
