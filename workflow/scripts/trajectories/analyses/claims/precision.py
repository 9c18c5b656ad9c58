"""Sentences on how precise each claim is with some number of networks and images."""

import math
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd

from trajectories.analyses.claims import SIZES, TEXT, TITLES
from trajectories.analyses.wording import number
from trajectories.statistics.verdicts import sentences as verdict_sentences
from trajectories.statistics.verdicts.sample_size import Variance
from trajectories.storage.tables import read_columns

HELPS_LITTLE = 0.8
"""If images alone leave this share of the half width, more networks will not help."""


def planned(pilot: Path, n_networks: int, n_images: int, confidence: float) -> list[str]:
    """Lines of text on the intervals to expect of a planned study.

    Parameters
    ----------
    pilot : Path
        The `study_size.csv` of a finished study, of whose conditions the first counts.
    n_networks, n_images : int
        Of a condition of the planned study.
    confidence : float

    Returns
    -------
    list of str
        Empty for one network, which decides nothing.

    Raises
    ------
    UserError
        If the file is missing or of another kind.
    """
    sizes = read_columns(pilot, SIZES, TEXT)
    first = sizes["condition"].iloc[0]
    sizes = sizes[sizes["condition"] == first]
    of_pilot = sizes.loc[(sizes["images_of"] == "all") & (sizes["n_images"] > 0), "n_images"]
    if n_networks < 2 or of_pilot.empty:
        return []
    shown = f"{n_networks} networks and {n_images} images"
    times_as_many = n_images / float(of_pilot.iloc[0])
    lines = [
        f"half of {confidence:.0%} intervals to expect, if networks and images vary as in",
        f"{pilot.parent.name}/{pilot.name}:",
    ]
    for sentence in sentences(sizes, n_networks, times_as_many, confidence, shown):
        lines += textwrap.wrap(sentence, 88, initial_indent="- ", subsequent_indent="  ")
    return lines


def sentences(
    sizes: pd.DataFrame, n_networks: int, images: float, confidence: float, shown: str
) -> list[str]:
    """A sentence for each claim, on the statement whose interval is widest for its margin.

    Parameters
    ----------
    sizes : DataFrame
        Columns `claims.SIZES`, one condition.
    n_networks : int
        At least 2.
    images : float
        How many times as many as those of the study.
    confidence : float
    shown : str
        These networks and images in words.
    """
    found = []
    known = sizes.dropna(subset=["var_images"])
    for claim, part in known.groupby("claim", sort=False):
        each = [
            _widths(row, n_networks, images, confidence)
            for row in part.drop_duplicates("statement").itertuples()
        ]
        statement, margin, ten, alone, ratio = max(each, key=lambda one: one[2] / one[1])
        helps = "will not help" if alone > HELPS_LITTLE * ten else "help"
        able = "can" if ten < margin else "cannot"
        found.append(
            f"{TITLES[str(claim)].rstrip('.')} ({statement}): with {shown} {width(ten, ratio)},"
            f" which {able} tell a difference of the margin ({width(margin, ratio)}); images alone"
            f" {width(alone, ratio)}: more networks {helps}."
        )
    return found


def width(half: float, ratio: bool) -> str:
    """Half of the width of an interval in words: ± for a difference, × and ÷ for a ratio."""
    return f"×/÷\u00a0{verdict_sentences.ratio(10**half)}" if ratio else f"±{number(half, 2)}"


def _widths(
    row: object, n_networks: int, images: float, confidence: float
) -> tuple[str, float, float, float, bool]:
    """Statement, margin, half width, half width by images alone, whether it is a ratio."""
    of = row._asdict()  # type: ignore[attr-defined]
    parts = Variance(
        of["var_networks"], of["var_interaction"], of["var_images"], float(of["n_images"])
    )
    n_images = max(2, math.floor(images * of["n_images"]))
    ten, alone = (parts.half_width(n, n_images, confidence) for n in (n_networks, np.inf))
    return of["statement"], of["margin"], ten, alone, of["unit"].startswith("log10")
