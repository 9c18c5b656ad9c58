"""How much of the RDM category models account for."""

import pandas as pd

from trajectories.analyses.model_rdms import CONSTANT
from trajectories.analyses.wording import at, listed, measured
from trajectories.plotting.figure_data import names


def said(table: pd.DataFrame) -> list[str]:
    """Explained variance at the start and the end, and the weights at the end, in each layer.

    Parameters
    ----------
    table : DataFrame
        Columns `model_rdms.TABLE`, one condition.
    """
    if set(names(table, "model")) == {CONSTANT}:
        return ["There are no category models of these test images."]
    first, last = table["epoch"].min(), table["epoch"].max()
    sentences = []
    for layer in names(table, "layer"):
        part = table[table["layer"] == layer]
        explained = part[part["model"] == CONSTANT].pivot(
            index="seed", columns="epoch", values="explained"
        )
        explained = explained[[first, last]].dropna()
        n_less = int((explained[last] < explained[first]).sum())
        sentences.append(
            f"In {layer}, all models together explain {measured(100 * explained[first], 1)}% of the"
            f" variance over pairs {at(first)} and {measured(100 * explained[last], 1)}% {at(last)}"
            f" (less in {n_less} of {len(explained)} networks)."
            f" {_weights(part[part['epoch'] == last])}"
        )
    return sentences


def _weights(end: pd.DataFrame) -> str:
    models = end[end["model"] != CONSTANT]
    mean = models.groupby("model", sort=False)["weight"].mean().sort_values(ascending=False)
    weighed = [
        f"{name} {measured(models.loc[models['model'] == name, 'weight'], 3)}"
        for name in mean.index[mean > 0]
    ]
    none = [str(name) for name in mean.index[mean == 0]]
    parts = [f"weights then: {listed(weighed)}"] if weighed else []
    parts += [f"none for {listed(none)}"] if none else []
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."
