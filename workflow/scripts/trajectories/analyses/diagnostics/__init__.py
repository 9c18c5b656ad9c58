"""Diagnostics of training: whether the networks learned, and whether embeddings collapsed."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Recipes


def trains(config: Config, recipes: Recipes) -> bool:
    """Whether any condition is trained here."""
    return any(each["checkpoints"] is None for each in config["conditions"].values())


ANALYSIS = Analysis(
    question="Did the networks learn?",
    docs="training.md",
    figures={"training": Figure("Training", reads=("histories",), captioned=False)},
    when=trains,
)
