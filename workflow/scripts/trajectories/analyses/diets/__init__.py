"""Diets: strength over training of each change of the input, in each condition."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Recipes

DIETS = ("condition", "change", "unit", "order", "epoch", "mean", "low", "high")
TEXT = ("condition", "change", "unit", "order")


def eats(config: Config, recipes: Recipes) -> bool:
    """Whether any condition is trained with a diet."""
    return any(each.get("training", {}).get("diet") for each in recipes.values())


ANALYSIS = Analysis(
    question="What did the input look like over training?",
    docs="diets.md",
    reads=("recipes", "histories"),
    tables={"diets": DIETS},
    text=TEXT,
    figures={"diets": Figure("Training", ("diets",))},
    when=eats,
)
