"""Whether networks from other seeds reach the same RDMs, and the noise ceiling."""

import pandas as pd

from trajectories.analyses.wording import at, mean_and_sd, records
from trajectories.plotting.figure_data import names


def said(table: pd.DataFrame) -> list[str]:
    """Similarity of networks at the start and the end, in each layer.

    Parameters
    ----------
    table : DataFrame
        Columns `consistency.CONSISTENCY`, one condition.
    """
    known = table.dropna(subset=["mean"])
    if known.empty:
        return ["A single network cannot be compared with others."]
    sentences = []
    for layer in names(known, "layer"):
        part = known[known["layer"] == layer].sort_values("epoch")
        end = part.iloc[-1]
        # Much may happen in the first step.
        shown = part.iloc[sorted({0, min(1, len(part) - 1), len(part) - 1})]
        steps = [
            f"{mean_and_sd(row['mean'], row['sd'], 3)} {at(row['epoch'])}" for row in records(shown)
        ]
        sentences.append(
            f"In {layer}, RDMs of different networks correlate {', '.join(steps)}; the noise"
            f" ceiling is then {end['lower']:.3f} to {end['upper']:.3f}."
        )
    return sentences
