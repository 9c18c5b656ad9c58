"""Tables of the epoch that matches the RDM of each age best, and how it changes with age."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.ages import AGES, TRENDS
from trajectories.rdms import paths, reference_rdms, similarity
from trajectories.rdms.paths import Match
from trajectories.rdms.reference_rdms import Reference
from trajectories.statistics import crossed_bootstrap, resampled_states, resampling, states
from trajectories.statistics.states import Series
from trajectories.statistics.thinning import thin

Array = NDArray[np.float64]

MOST_CHECKPOINTS = 50


def tabulate(
    trajectories: Sequence[Path],
    recipes: Sequence[Path],
    references: Mapping[str, Mapping[str, Any]],
    confidence: float,
    resamples_drawn: int,
    seed: int,
) -> list[pd.DataFrame]:
    """The tables of a study, from the trajectory.h5 of its instances.

    Raises
    ------
    UserError
        If a file is missing or damaged, or a reference does not fit.
    """
    with states.opened(trajectories, None, recipes) as series:
        draws = resampling.stimulus_counts(series[0].n_stimuli, resamples_drawn, seed)
        aged = {
            name: settings for name, settings in references.items() if settings["age"] is not None
        }
        ages = sorted(aged, key=lambda name: float(aged[name]["age"]))
        read = [reference_rdms.read(name, aged[name], series[0].stimulus) for name in ages]
        age = np.array([aged[name]["age"] for name in ages], dtype=np.float64)
        return tables(series, read, age, confidence, resampled_states.first_of(draws))


def tables(
    series: Sequence[Series],
    references: Sequence[Reference],
    age: Array,
    confidence: float,
    counts: NDArray[np.int64],
) -> list[pd.DataFrame]:
    """Best matching epoch of each age, and its slope over ages.

    Parameters
    ----------
    series : sequence of Series
    references : sequence of Reference
        A reference of several subjects is the mean of their standardised RDMs.
    age : float64 array of shape (n_references,)
    confidence : float
        Of the intervals, which are over network instances and images.
    counts : int64 array of shape (n_rows, n_stimuli)

    Returns
    -------
    ages : DataFrame with the columns `AGES`
        ``match`` in epochs; ``similarity`` is the correlation at the match.
    trends : DataFrame with the columns `TRENDS`
        ``slope`` in epochs per unit of age, by least squares; NaN for a single age.
    """
    targets = np.stack(
        [similarity.unit_vectors(each.rdms, "pearson").mean(axis=0) for each in references]
    )
    groups: dict[tuple[str, str], list[Series]] = {}
    for each in series:
        groups.setdefault((each.condition, each.layer), []).append(each)
    ages, trends = [], []
    for (condition, layer), group in groups.items():
        found = [_match(each, targets, counts) for each in group]
        time, similar = (
            np.stack([getattr(each, name) for each in found]) for name in ("time", "similarity")
        )
        n = counts.shape[1]
        ends = min(each.epoch[0] for each in group), max(each.epoch[-1] for each in group)
        match = crossed_bootstrap.interval(time, confidence, n)
        alike = crossed_bootstrap.interval(similar, confidence, n)
        ages.append(
            pd.DataFrame(
                {
                    "condition": condition,
                    "layer": layer,
                    "reference": [each.name for each in references],
                    "age": age,
                    "match": match.estimate,
                    # No match lies before the first checkpoint or after the last.
                    "low": np.clip(match.low, *ends),
                    "high": np.clip(match.high, *ends),
                    "similarity": alike.estimate,
                    "similarity_low": alike.low,
                    "similarity_high": alike.high,
                    "share_at_end": np.mean([each.at_end[0] for each in found], axis=0),
                    "n_seeds": len(group),
                }
            )
        )
        slope = crossed_bootstrap.interval(slopes(time, age), confidence, n)
        trends.append(
            (
                condition, layer, len({*age.tolist()}), float(slope.estimate), float(slope.low),
                float(slope.high), float(slope.p()), float(slope.detectable(confidence)),
                len(group),
            )
        )  # fmt: skip
    return [
        pd.concat(ages, ignore_index=True)[list(AGES)],
        pd.DataFrame(trends, columns=list(TRENDS)),
    ]


def slopes(time: Array, age: Array) -> Array:
    """Slope of times (..., n_ages) on age, by least squares; NaN where all ages are the same."""
    about = age - age.mean()
    squares = np.square(about).sum()
    slope: Array = (time * about).sum(axis=-1) / (squares if squares > 0 else np.nan)
    return slope


def _match(series: Series, targets: Array, counts: NDArray[np.int64]) -> Match:
    kept = thin(series.epoch, MOST_CHECKPOINTS)
    rdms = np.stack([series.at(epoch) for epoch in series.epoch[kept]])
    found = resampled_states.cross_similarity(rdms, targets, counts)
    steps = resampled_states.consecutive_similarity(rdms, counts)
    return paths.nearest(found, steps, series.epoch[kept])
