"""At how many checkpoints categories are apart, beyond permuted labels and through learning."""

import pandas as pd

from trajectories.analyses.wording import count, state


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
            f"{category} in {layer}, tested against permuted labels: between exceeds within at"
            f" {count(_epochs(effect, 1), f' of {n} checkpoints')}{_opposite(effect)}; their"
            f" difference exceeds that of {state(first)} at"
            f" {count(_epochs(gain, 1))}{_opposite(gain)}."
        )
    return sentences


def _opposite(beyond: pd.DataFrame) -> str:
    """Where the opposite is true, if anywhere."""
    epochs = _epochs(beyond, -1)
    return "" if epochs.empty else f", and falls short of it at {count(epochs)}"


def _epochs(beyond: pd.DataFrame, sign: int) -> "pd.Series[float]":
    return beyond.loc[sign * beyond["effect"] > 0, "epoch"]
