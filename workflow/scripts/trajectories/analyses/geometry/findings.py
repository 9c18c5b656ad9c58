"""Where layers begin and end in the space of RDMs, and whether they get there directly."""

import pandas as pd

from trajectories.analyses.wording import at, listed, mean_and_sd, of_networks, records, state
from trajectories.plotting.figure_data import names


def said(to_final: pd.DataFrame, similarity: pd.DataFrame, axes: pd.DataFrame) -> list[str]:
    """Similarity of first and last, detours, and how much variance two axes hold.

    Parameters
    ----------
    to_final, similarity, axes : DataFrame
        Columns `geometry.TO_FINAL`, `SIMILARITY` and `PATH_AXES`; one condition, but for the axes.
    """
    sentences = [_course(to_final, layer) for layer in names(to_final, "layer")]
    layers = names(similarity, "layer")
    if len(layers) > 1:
        sentences.append(_between_layers(similarity, layers[0], layers[-1]))
    shares = axes["share"].iloc[:2].sum()
    return [*sentences, f"Two axes hold {shares:.0%} of the variance of all states."]


def _course(to_final: pd.DataFrame, layer: str) -> str:
    table = to_final[to_final["layer"] == layer]
    first, last = table["epoch"].min(), table["epoch"].max()
    mean = table.groupby("epoch")["similarity"].mean()
    lowest = float(mean.idxmin())  # type: ignore[arg-type]
    wide = table.pivot(index="seed", columns="epoch", values="similarity")
    away = int((wide[lowest] < wide[first]).sum())
    begins = (
        f"In {layer}, the RDM of {state(first)} correlates"
        f" {of_networks(table, 'similarity', first, 2)} with the last (epoch {last:g})"
    )
    if lowest == first:
        return f"{begins}; on average, no later RDM correlates less."
    if round(mean[lowest], 2) == round(mean[first], 2):
        return f"{begins}; on average, no later RDM correlates noticeably less."
    return (
        f"{begins}; the correlation first falls, to {of_networks(table, 'similarity', lowest, 2)}"
        f" {at(lowest)} (in {away} of {len(wide)} networks)."
    )


def _between_layers(similarity: pd.DataFrame, early: str, late: str) -> str:
    chosen = similarity[
        (similarity["layer"] == early)
        & (similarity["other_layer"] == late)
        & (similarity["instances"] == "same")
        & (similarity["epoch"] == similarity["other_epoch"])
    ].sort_values("epoch")
    said = [
        f"{mean_and_sd(row['mean'], row['sd'], 2)} {at(row['epoch'])}"
        for row in records(chosen.iloc[[0, -1]])
    ]
    return f"RDMs of {early} and {late} of the same network correlate {listed(said)}."
