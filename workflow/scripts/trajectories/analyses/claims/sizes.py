"""How wide the interval of each statistic would be with other numbers of networks and images."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd

from trajectories.analyses.claims import SIZES
from trajectories.statistics.verdicts import sample_size
from trajectories.statistics.verdicts.evidence import evidence
from trajectories.statistics.verdicts.statement import Asked, Rules

NETWORKS = (3, 5, 10, 20, 50, np.inf)
TIMES_AS_MANY = (1, 2, 4)
"""Images, as multiples of those of the study."""


def table(condition: str, asked: Sequence[Asked], rules: Rules) -> pd.DataFrame:
    """Predicted half widths of the intervals of a condition, for other images too.

    Parameters
    ----------
    condition : str
    asked : sequence of Asked
        Those without an interval of two networks or more have no numbers.
    rules : Rules

    Returns
    -------
    DataFrame with the columns `SIZES`
        ``n_networks``, ``n_images`` and the variances are those of the study: of one network, of
        its interaction with these images, and of these images. ``half_width`` is what is expected
        with ``with_networks`` (infinity for images alone) and ``with_images``. ``n_images`` counts
        those of the category where ``images_of`` names one. Units are those of the statement,
        those of ratios base-10 logarithms.
    """
    rows = [row for each in asked for row in _rows(condition, each, rules)]
    return pd.DataFrame(rows, columns=list(SIZES))


def _rows(condition: str, asked: Asked, rules: Rules) -> Iterator[tuple[object, ...]]:
    known = evidence(asked, rules.confidence, fixed=False)
    decides, statement = known is not None and known.decides, asked.statement
    parts = (
        sample_size.of(known.found, asked.n_images)
        if known is not None and decides
        else sample_size.Variance(np.nan, np.nan, np.nan, asked.n_images)
    )
    unit = "log10 of the ratio" if statement.ratio else statement.unit
    n_networks = 0 if known is None else int(known.found.n_instances)
    for n, times in product(NETWORKS, TIMES_AS_MANY):
        n_images = asked.n_images * times
        width = parts.half_width(n, n_images, rules.confidence) if decides else np.nan
        yield (
            condition, statement.claim, statement.text, unit,
            "category" if asked.in_category else "all", statement.margin, n_networks,
            asked.n_images, parts.networks, parts.interaction, parts.images, n, n_images, width,
        )  # fmt: skip
