"""Whether the first layer changes less than the last, and is ahead of it, at each epoch."""

import pandas as pd

from trajectories.analyses.wording import count
from trajectories.plotting.figure_data import names


def said(table: pd.DataFrame, confidence: float) -> list[str]:
    """A sentence on change from epoch to epoch, and one on progress.

    Parameters
    ----------
    table : DataFrame
        Columns `layer_differences.COLUMNS`, one condition.
    confidence : float
        One less it is the rate of false discoveries.
    """
    early = names(table, "layer")[0]
    late = names(table[table["layer"] == early], "other_layer")[-1]
    pair = table[(table["layer"] == early) & (table["other_layer"] == late)]
    words = {
        "log10_change": ("changes less than", "more", "steps between epochs"),
        "progress": ("is ahead of", "behind", "checkpoints between the first and the last"),
    }
    sentences = []
    for measure, (ahead, behind, what) in words.items():
        part = pair[pair["measure"] == measure]
        if part.empty:
            continue
        sure = part[part["q"] < 1 - confidence]
        sign = -1 if measure == "log10_change" else 1
        of_early, of_late = (
            sure.loc[side * sure["difference"] > 0, "epoch"] for side in (sign, -sign)
        )
        of = f" of {len(part)} {what}"
        sentences.append(
            f"{early} {ahead} {late} at {count(of_early, of)}, {behind} at {count(of_late)}."
        )
    return sentences
