"""How many dimensions responses have, and how far they are from the last ones."""

import pandas as pd

from trajectories.analyses.wording import at, listed, mean_and_sd, of_networks, records, state
from trajectories.plotting.figure_data import names


def said(dimension: pd.DataFrame, cka: pd.DataFrame) -> list[str]:
    """Participation ratio of each layer, and CKA of the first checkpoint with the last.

    Parameters
    ----------
    dimension, cka : DataFrame
        Columns `dimension.DIMENSION` and `CKA`, one condition.
    """
    return [*of_states(dimension), *of_cka(cka)]


def of_states(table: pd.DataFrame) -> list[str]:
    """Participation ratio at the start, at its extreme and at the end.

    Parameters
    ----------
    table : DataFrame
        Columns `dimension.DIMENSION`, one condition.
    """
    sentences = []
    for layer in names(table, "layer"):
        part = table[table["layer"] == layer]
        mean = part.groupby("epoch")["participation_ratio"].mean()
        first, last, lowest, highest = (
            float(epoch)  # type: ignore[arg-type]
            for epoch in (mean.index.min(), mean.index.max(), mean.idxmin(), mean.idxmax())
        )
        between = [
            f"is {word} {at(epoch)} ({of_networks(part, 'participation_ratio', epoch, 1)})"
            for word, epoch in (("lowest", lowest), ("highest", highest))
            if epoch not in (first, last)
        ]
        course = "".join(f"{each}, " for each in between)
        start, end = (of_networks(part, "participation_ratio", epoch, 1) for epoch in (first, last))
        sentences.append(
            f"In {layer} the participation ratio is {start} {at(first)}, {course}and ends at {end}."
        )
    return sentences


def of_cka(table: pd.DataFrame) -> list[str]:
    """CKA of the first checkpoint with the last.

    Parameters
    ----------
    table : DataFrame
        Columns `dimension.CKA`, one condition.
    """
    first, last = table["epoch"].min(), table["epoch"].max()
    ends = table[(table["epoch"] == first) & (table["other_epoch"] == last)]
    said = [f"{mean_and_sd(row['mean'], row['sd'], 2)} in {row['layer']}" for row in records(ends)]
    return [f"Linear CKA of {state(first)} with the last is {listed(said)}."]
