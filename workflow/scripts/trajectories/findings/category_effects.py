"""At how many checkpoints categories lie apart beyond permuted labels, and by learning."""

import pandas as pd

from trajectories.analyses import category_effects
from trajectories.findings.subject import Subject, Table
from trajectories.findings.wording import state


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
        effect, gain = (beyond[beyond["contrast"] == name] for name in ("effect", "gain"))
        n = int((part["contrast"] == "effect").sum())
        sentences.append(
            f"{category} in {layer}, beyond permuted labels: between exceeds within at"
            f" {_count(effect, 1, n)}, and falls short of it at {_count(effect, -1)}; their"
            f" difference is larger than in {state(first)} at {_count(gain, 1)}, and smaller at"
            f" {_count(gain, -1)}."
        )
    return sentences


def _count(beyond: pd.DataFrame, sign: int, of: int = 0) -> str:
    """At how many of the epochs beyond chance the effect has this sign, and which."""
    epochs = beyond.loc[beyond["effect"] * sign > 0, "epoch"]
    total = f" of {of} checkpoints" if of else ""
    if epochs.empty:
        return f"none{total}"
    last = f", last {epochs.max():g}" if len(epochs) > 1 else ""
    return f"{len(epochs)}{total} (first epoch {epochs.min():g}{last})"


SUBJECT = Subject(
    title="Are category effects more than chance?",
    figures=("category_effects",),
    docs="statistics.md#category-effects",
    tables=(Table("category_effects", category_effects.COLUMNS, category_effects.TEXT),),
    say=lambda read, confidence: said(read[0], confidence),
)
