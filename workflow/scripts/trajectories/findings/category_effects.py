"""At how many checkpoints categories lie apart beyond permuted labels, and by learning."""

import pandas as pd

from trajectories.analyses import category_effects
from trajectories.findings.subject import Subject, Table
from trajectories.findings.wording import count, state


def said(table: pd.DataFrame, confidence: float) -> list[str]:
    """A sentence for each layer and category.

    Parameters
    ----------
    table : DataFrame
        Columns `category_effects.COLUMNS`, one condition.
    confidence : float
        One less it is the level of the tests.
    """
    first = table["epoch"].min()
    sentences = []
    for (layer, category), part in table.groupby(["layer", "category"], sort=False):
        beyond = part[part["p_max"] < 1 - confidence]
        above, below = (beyond[sign * beyond["effect"] > 0] for sign in (1, -1))
        more, less, larger, smaller = (
            count(of.loc[of["contrast"] == contrast, "epoch"])
            for contrast in ("effect", "gain")
            for of in (above, below)
        )
        n = int((part["contrast"] == "effect").sum())
        sentences.append(
            f"{category} in {layer}, beyond permuted labels: of {n} checkpoints, between exceeds"
            f" within at {more}, and falls short of it at {less}; their difference is larger than"
            f" in {state(first)} at {larger}, and smaller at {smaller}."
        )
    return sentences


SUBJECT = Subject(
    title="Are category effects more than chance?",
    figures=("category_effects",),
    docs="statistics.md#category-effects",
    tables=(Table("category_effects", category_effects.COLUMNS, category_effects.TEXT),),
    say=lambda read, confidence: said(read[0], confidence),
)
