"""A page on what a finished study shows of each of the paper's claims, and what it does not.

Verdicts come from `analyses.claims`, which decides by intervals over networks and test images; the
numbers beside them from `measured_claims`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.analyses.claims import TITLES
from trajectories.key_numbers import TextTable
from trajectories.measured_claims import Instances, of_timed


def decided(table: pd.DataFrame) -> TextTable:
    """Verdicts of a condition, under the claim that each belongs to.

    Parameters
    ----------
    table : DataFrame
        With the columns of `analyses.claims.COLUMNS`.
    """
    rows, former = [], ""
    for row in table.itertuples():
        title = f"**{TITLES[str(row.claim)]}**" if row.claim != former else ""
        former = str(row.claim)
        rows.append((title, f"*{row.verdict}*", str(row.sentence)))
    caption = (
        "Each claim as statements that can be true or false, decided by intervals over networks and"
        " test images, both taken as samples. What counts as equal, and how it is decided:"
        " [statistics](analyses/statistics.md)."
    )
    return TextTable(caption, ("claim", "verdict", "measured"), tuple(rows))


def quality(study: Instances) -> TextTable:
    """Training diagnostics at a few epochs: what the networks have learnt."""
    epochs = sorted(study.history["epoch"].unique())
    shown = sorted({epochs[round(i * (len(epochs) - 1) / 5)] for i in range(6)})
    rows = []
    for epoch in shown:
        part = study.history[study.history["epoch"] == epoch]
        rows.append(
            (
                f"{epoch:g}",
                *(
                    of_timed(part[name].to_numpy(np.float64), digits)
                    for name, digits in (
                        ("loss", 2), ("knn_top1", 3), ("view_top1", 3), ("embedding_sd", 2)
                    )
                ),
            )
        )  # fmt: skip
    chance = study.history.iloc[-1]
    head = (
        "epoch",
        f"loss (chance {chance['chance_loss']:.2f})",
        f"nearest neighbour has the label (chance {chance['knn_chance']:.3f})",
        f"views matched (chance {chance['view_chance']:.4f})",
        "spread of embeddings",
    )
    return TextTable("Training, mean ± SD over instances.", head, tuple(rows))


def markdown(table: TextTable) -> str:
    """A table as Markdown, its caption above it."""
    lines = [table.head, ("---",) * len(table.head), *table.rows]
    rows = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    return f"{table.caption}\n\n{rows}\n"


def job_hours(benchmarks: Sequence[pd.DataFrame]) -> dict[str, float]:
    """Wall and processor hours that jobs took in all, from Snakemake's benchmark files."""
    whole = pd.concat(benchmarks)
    return {
        "wall": float(whole["s"].sum() / 3600),
        "processor": float(whole["cpu_time"].sum() / 3600),
    }
