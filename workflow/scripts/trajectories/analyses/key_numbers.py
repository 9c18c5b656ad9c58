"""The numbers behind the figures, as tables of text for the report.

Every statistic is computed for each network instance first, then averaged over instances.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.analyses.wording import mean_sd, measured, number


@dataclass(frozen=True)
class TextTable:
    """A table to print: a heading for each column, and rows of as many cells."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def stability(table: pd.DataFrame, first_epoch: float = 0) -> TextTable:
    """Similarity of consecutive RDMs at the first and the last step, and late in training.

    Parameters
    ----------
    table : DataFrame
        ``condition, seed, layer, epoch, next_epoch, correlation``, all instances.
    first_epoch : float
        Steps that start earlier are left out.
    """
    rows = []
    for (condition, layer), part in _groups(
        table[table["epoch"] >= first_epoch], ["condition", "layer"]
    ):
        steps = part.pivot_table(index="next_epoch", columns="seed", values="correlation")
        r = steps.to_numpy(np.float64)
        quarter = r[-max(1, len(r) // 4) :].mean(axis=0)
        with np.errstate(divide="ignore"):
            change = np.log10(1 - r[-1]).astype(np.float64)
        rows.append(
            (
                condition,
                layer,
                f"{part['epoch'].min():g} → {part['next_epoch'].max():g}",
                mean_sd(r[0], 4),
                mean_sd(quarter, 4),
                mean_sd(r[-1], 4),
                mean_sd(change, 2),
            )
        )
    head = (
        "Condition", "Layer", "Epochs", "First step", "Last quarter", "Last step",
        "log₁₀(1 − similarity), last step",
    )  # fmt: skip
    caption = (
        "Similarity of the RDMs of consecutive epochs: of the first step, averaged over the last"
        " quarter of steps, and of the last step."
    )
    return TextTable(caption, head, tuple(rows))


def categories(table: pd.DataFrame) -> TextTable:
    """Dissimilarity within and between, and their difference, at the first and last checkpoint.

    Parameters
    ----------
    table : DataFrame
        ``condition, seed, layer, epoch, category, pairs, n_pairs, dissimilarity``, all instances.
    """
    rows = []
    for key, part in _groups(table, ["condition", "layer", "category"]):
        values = part.pivot_table(
            index="epoch", columns=["pairs", "seed"], values="dissimilarity"
        ).sort_index()
        within = values["within"].to_numpy(np.float64)
        between = values["between"].to_numpy(np.float64)
        difference = between - within
        for place, gain in ((0, ""), (-1, mean_sd(difference[-1] - difference[0]))):
            rows.append(
                (
                    *key,
                    f"{values.index[place]:g}",
                    mean_sd(within[place]),
                    mean_sd(between[place]),
                    mean_sd(difference[place]),
                    gain,
                )
            )
    head = (
        "Condition", "Layer", "Category", "Epoch", "Within", "Between", "Between − within",
        "Gain of the difference",
    )  # fmt: skip
    caption = (
        "Mean dissimilarity (1 − Pearson r) within and between categories at the first and the"
        " last checkpoint, and how much their difference grew. Epoch 0 is the untrained network."
    )
    return TextTable(caption, head, tuple(rows))


def training(history: pd.DataFrame) -> TextTable:
    """Diagnostics of the last epoch beside their chance values.

    Parameters
    ----------
    history : DataFrame
        Histories of all instances with columns ``condition`` and ``seed``.
    """
    rows, classes, knn = [], "class_top1" in history, "weighted_knn" in history
    for (condition,), part in _groups(history, ["condition"]):
        last = part.sort_values("epoch").groupby("seed").last()
        chance = last["chance_loss"].mean()
        rows.append(
            (
                condition,
                f"{part['epoch'].max():g}",
                _beside_chance(last["loss"], chance, 2),
                _beside_chance(last["view_top1"], last["view_chance"].mean(), 3),
                _beside_chance(last["knn_top1"], last["knn_chance"].mean(), 3),
                *([_beside_untrained(part)] if knn else []),
                *(
                    [_beside_chance(last["class_top1"], last["class_chance"].mean(), 3)]
                    if classes
                    else []
                ),
                measured(last["embedding_sd"]),
            )
        )
    # That of VICReg has no unit.
    loss = "Loss" if "invariance" in history else "Loss (nats)"
    head = (
        "Condition", "Epoch", loss, "Views matched", "Nearest neighbour",
        *(["Held-out images named"] if knn else []),
        *(["Classes recognised"] if classes else []), "Embedding spread",
    )  # fmt: skip
    return TextTable("Training diagnostics of the last epoch.", head, tuple(rows))


def _groups(
    table: pd.DataFrame, columns: list[str]
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    for key, part in table.groupby(columns, sort=False):
        yield tuple(str(name) for name in key), part


def _beside_untrained(history: pd.DataFrame) -> str:
    """Share of held-out images that are named in the end, beside that before training."""
    known = history[history["weighted_knn"].notna()].sort_values("epoch").groupby("seed")
    chance = known["weighted_knn_chance"].last().mean()
    text = _beside_chance(known["weighted_knn"].last(), chance, 3)
    if not (known["epoch"].first() == 0).all():
        return text
    untrained = number(known["weighted_knn"].first().mean(), 3)
    return text.replace("(chance", f"(untrained\u00a0{untrained}, chance")


def _beside_chance(values: "pd.Series[float]", chance: float, digits: int) -> str:
    if values.isna().all():
        return "–"
    return f"{measured(values, digits)} (chance\u00a0{number(chance, digits)})"
