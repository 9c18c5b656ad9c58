"""A page on what a finished study shows about the paper's claims, and all other analyses.

Verdicts come from `analyses.claims`, which decides for these images and for other images too;
sentences on the analyses from `findings`.
"""

import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from PIL import Image

from trajectories.analyses.claims import TITLES
from trajectories.analyses.key_numbers import TextTable
from trajectories.analyses.wording import measured
from trajectories.report.answers.verdicts import COUNTED
from trajectories.statistics.verdicts.statement import IMAGES
from trajectories.storage.files import atomic

PAGE = 183 / 25.4 * 300
"""Pixels of a figure across both columns of a journal."""


def counts(table: pd.DataFrame) -> str:
    """How many statements hold, in a sentence for these images and one for other images too.

    Parameters
    ----------
    table : DataFrame
        With the columns of `analyses.claims.COLUMNS`, of one condition.
    """
    sentences = []
    for images in IMAGES:
        verdicts = table.loc[table["images"] == images, "verdict"]
        found = {verdict: int((verdicts == verdict).sum()) for verdict in COUNTED}
        parts = [f"{n} {COUNTED[verdict][n != 1]}" for verdict, n in found.items() if n]
        sentences.append(f"For {images}, of {len(verdicts)} statements {', '.join(parts)}.")
    return " ".join(sentences)


def at_a_glance(table: pd.DataFrame) -> TextTable:
    """Each statement once, with its verdicts in each layer and category, under its claim.

    Parameters
    ----------
    table : DataFrame
        As for `counts`.
    """
    rows, former = [], ""
    where, what = _parted(table["statement"])
    parted = table.assign(where=where, what=what)
    for (claim, said), part in parted.groupby(["claim", "what"], sort=False):
        title = f"*{TITLES[str(claim)]}*" if claim != former else ""
        former = str(claim)
        cells = (_verdicts(part[part["images"] == images]) for images in IMAGES)
        rows.append((title, str(said), *cells))
    return TextTable("", ("claim", "statement", *IMAGES), tuple(rows))


def _verdicts(part: pd.DataFrame) -> str:
    cases = [
        f"**{verdict}**{_limits(of)}{': ' if any(of['where']) else ''}"
        f"{'; '.join(filter(None, of['where']))}"
        for verdict, of in part.groupby("verdict", sort=False)
    ]
    return "<br>".join(cases)


def _limits(part: pd.DataFrame) -> str:
    """What undecided statements are undecided for."""
    limits = [limit for limit in part["limit"].unique() if limit]
    return f" ({', '.join(limits)})" if limits else ""


def decided(table: pd.DataFrame) -> TextTable:
    """Verdicts with their numbers, under the claim that each belongs to.

    Parameters
    ----------
    table : DataFrame
        As for `counts`.
    """
    rows, former = [], ""
    for row in table.itertuples():
        title = f"*{TITLES[str(row.claim)]}*" if row.claim != former else ""
        former = str(row.claim)
        rows.append((title, str(row.sentence)))
    return TextTable("", ("claim", "measured"), tuple(rows))


def quality(history: pd.DataFrame) -> TextTable:
    """Training diagnostics at a few epochs: what the networks have learned.

    Parameters
    ----------
    history : DataFrame
        From `figure_data.read_histories`, of one condition.
    """
    epochs = sorted(history["epoch"].unique())
    shown = {epochs[round(i * (len(epochs) - 1) / 5)] for i in range(6)}
    if "weighted_knn" in history:
        shown |= set(history.loc[history["weighted_knn"].notna(), "epoch"])
    columns = [("loss", 2), ("knn_top1", 3), ("view_top1", 3), ("embedding_sd", 2)]
    rows, further = [], []
    if "weighted_knn" in history:
        columns.append(("weighted_knn", 3))
        known = history["weighted_knn_chance"].dropna()
        further.append(f"held-out images named by their neighbours (chance {known.iloc[0]:.3f})")
    for epoch in sorted(shown):
        part = history[history["epoch"] == epoch]
        cells = (measured(part[name], digits) for name, digits in columns)
        rows.append((f"{epoch:g}", *cells))
    chance = history.iloc[-1]
    head = (
        "epoch",
        f"loss (chance {chance['chance_loss']:.2f})",
        f"nearest neighbour has the same label (chance {chance['knn_chance']:.3f})",
        f"views matched (chance {chance['view_chance']:.4f})",
        "spread of embeddings",
        *further,
    )
    return TextTable("Training, mean ± SD over networks.", head, tuple(rows))


def by_condition(history: pd.DataFrame, confidence: float) -> TextTable:
    """How well the networks of each condition see at the end, beside those of the first.

    Parameters
    ----------
    history : DataFrame
        From `figure_data.read_histories`, of several conditions in their order.
    confidence : float
        Of the intervals of differences: Student's t over pairs of networks of the same seed.
    """
    measures = {
        "weighted_knn": ("held-out images named by their neighbours", "weighted_knn_chance"),
        "knn_top1": ("nearest neighbour has the same label", "knn_chance"),
        "view_top1": ("views matched", "view_chance"),
    }
    known = {
        name: told
        for name, told in measures.items()
        if name in history and history[name].notna().any()
    }
    last = history[history["epoch"] == history.groupby("condition")["epoch"].transform("max")]
    ends = last.set_index(["condition", "seed"])[list(known)]
    first = history["condition"].iloc[0]
    # Of one condition, as networks of a seed are the same before training.
    start = history[(history["epoch"] == 0) & (history["condition"] == first)]
    head = ["condition"]
    for told, chance in known.values():
        head += [f"{told} (chance {history[chance].dropna().iloc[0]:.3f})", f"less {first}"]
    rows = [("untrained", *(cell for name in known for cell in (measured(start[name], 3), "–")))]
    for condition in history["condition"].unique():
        row = [str(condition)]
        for name in known:
            found = ends.loc[condition, name]
            paired = (found - ends.loc[first, name]).dropna()
            row += [measured(found, 3), "–" if condition == first else _paired(paired, confidence)]
        rows.append(tuple(row))
    return TextTable(
        f"At the last epoch, mean ± SD over networks; differences with {confidence:.0%} intervals"
        " over networks, paired by seed.",
        tuple(head),
        tuple(rows),
    )


def _paired(differences: ArrayLike, confidence: float) -> str:
    """Mean of paired differences with its interval."""
    from scipy import stats

    values = np.asarray(differences, float)
    if len(values) == 0:
        return "–"
    mean = values.mean()
    if len(values) == 1:
        return f"{mean:+.3f}"
    error = values.std(ddof=1) / np.sqrt(len(values))
    half = stats.t.ppf((1 + confidence) / 2, len(values) - 1) * error
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})".replace("-", "−")


def schedule(history: pd.DataFrame) -> str:
    """What the learning rate may have done to late change, in a sentence.

    Parameters
    ----------
    history : DataFrame
        As for `quality`.
    """
    rate = history[history["epoch"] > 0].groupby("epoch")["learning_rate"].mean()
    first, last = float(rate.iloc[0]), float(rate.iloc[-1])
    if last < first / 2:
        return (
            f"It falls from {first:.3g} in the first epoch to {last:.2g} in the last, so late"
            " change is small whatever is learned."
        )
    return f"It is {first:.3g} in the first epoch and {last:.3g} in the last."


def markdown(table: TextTable) -> str:
    """A table as Markdown, its caption above it."""
    lines = [table.head, ("---",) * len(table.head), *table.rows]
    rows = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    return f"{table.caption}\n\n{rows}\n" if table.caption else f"{rows}\n"


def job_times(benchmarks: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Wall and processor time that jobs took in all, from Snakemake's benchmark files, in words."""
    whole = pd.concat(benchmarks)
    return {"wall": _time(whole["s"].sum()), "processor": _time(whole["cpu_time"].sum())}


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def picture(path: Path, folder: str, alternative: str) -> str:
    """A figure as HTML, all at one scale: as wide as a page is one of 183 mm, a journal's width.

    Parameters
    ----------
    path : Path
        Of the figure that is shown as a file of that name in `folder`.
    folder : str
        Seen from the page.
    alternative : str
        Text for those who cannot see it.
    """
    with Image.open(path) as opened:
        share = min(1, opened.width / PAGE)
    source = f"{folder}/{path.name}"
    return f'<img src="{source}" width="{share:.0%}" alt="{html.escape(alternative)}">'


def copy_picture(source: Path, target: Path) -> None:
    """Copy a figure with 256 colours, a third of its bytes: repositories keep every version."""
    with Image.open(source) as picture:
        reduced = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    with atomic(target) as temporary:
        reduced.save(temporary, format="png", optimize=True)


def _parted(statements: "pd.Series[str]") -> tuple[list[str], list[str]]:
    """Layer and category before a statement, empty where it names none, and the statement."""
    parted = [
        statement.split(": ", 1) if ": " in statement else ["", statement]
        for statement in statements
    ]
    return [where for where, _ in parted], [what for _, what in parted]
