"""Tables of which epoch of one condition another matches, how far behind it is, and how near."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.alignment import ANOTHER, MARGIN, MATCHES, PATHS, SAME, SIMILARITY
from trajectories.analyses.alignment.matches import (
    MOST_CHECKPOINTS,
    Matches,
    common_epochs,
    matches,
)
from trajectories.statistics import resampling, states
from trajectories.statistics.crossed_bootstrap import corrected, interval
from trajectories.statistics.resampled_states import first_of
from trajectories.statistics.states import Series
from trajectories.statistics.thinning import thin
from trajectories.statistics.verdicts.statement import UNDECIDED

Array = NDArray[np.float64]

LONE = "two conditions need two seeds in common, to show how alike networks of one are"
APART = "they have no epoch in common"


def tabulate(
    trajectories: Sequence[Path],
    recipes: Sequence[Path],
    confidence: float,
    resamples_drawn: int,
    seed: int,
) -> list[pd.DataFrame]:
    """The tables of a study, from the trajectory.h5 of its instances."""
    with states.opened(trajectories, None, recipes) as series:
        counts = first_of(resampling.stimulus_counts(series[0].n_stimuli, resamples_drawn, seed))
        return tables(series, confidence, counts)


def tables(
    series: Sequence[Series], confidence: float, counts: NDArray[np.int64]
) -> list[pd.DataFrame]:
    """Similarity of the states of every two conditions, matches, and what follows of the paths.

    Parameters
    ----------
    series : sequence of Series
    confidence : float
        Of the intervals, which are over seeds and images.
    counts : int64 array of shape (n_rows, n_stimuli)

    Returns
    -------
    alignment : DataFrame with the columns `SIMILARITY`
        Mean correlation of the RDMs of ``condition`` at ``epoch`` with those of
        ``other_condition`` at ``other_epoch``, of the "same" seed or of "different" ones.
    matches : DataFrame with the columns `MATCHES`
        Of ``condition`` on the path of ``other_condition``, for every ordered pair.
    paths : DataFrame with the columns `PATHS`
    """
    groups: dict[str, dict[str, dict[int, Series]]] = {}
    for each in series:
        of_layer = groups.setdefault(each.layer, {}).setdefault(each.condition, {})
        of_layer[each.seed] = each
    maps, matched, paths = [], [], []
    for layer, conditions in groups.items():
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for other, name in permutations(conditions, 2):
            identity = {"condition": name, "other_condition": other, "layer": layer}
            maps.append(_similarity(conditions[name], conditions[other]).assign(**identity))
            found = matches(conditions[other], conditions[name], counts)
            part, row = summarised(found, counts.shape[1], confidence)
            matched.append(part.assign(**identity))
            if found is None:
                one, two = (
                    common_epochs(list(conditions[each].values())) for each in (name, other)
                )
                shared = np.intersect1d(one, two)
                row["reason"] = LONE if shared.size else APART
            rows[other, name] = identity | row
        paths += [row | decided(row, rows[name, other]) for (other, name), row in rows.items()]
    return [
        pd.concat(maps, ignore_index=True)[list(SIMILARITY)],
        pd.concat(matched, ignore_index=True)[list(MATCHES)],
        pd.DataFrame(paths)[list(PATHS)],
    ]


def summarised(
    found: Matches | None, n_stimuli: int, confidence: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Matches at each epoch, and means over epochs: rows of `MATCHES` and of `PATHS`."""
    row: dict[str, Any] = dict.fromkeys(PATHS[3:13], np.nan)
    row |= {"n_lag_epochs": 0, "margin": MARGIN, "n_seeds": 0, "reason": ""}
    if found is None:
        return pd.DataFrame([{"n_seeds": 0}]).reindex(columns=list(MATCHES)), row
    match, lag, shortfall = (
        interval(each, confidence, n_stimuli) for each in (found.time, found.lag, found.shortfall)
    )
    # At the first epoch networks of a seed are often one and the same, between checkpoints of the
    # path that lie far apart: what the ceiling is there nobody knows.
    trained = found.epoch > found.epoch[0]
    p = np.where(trained, shortfall.p(), np.nan)
    estimate, low, high = (
        np.where(trained, each, np.nan)
        for each in (shortfall.estimate, shortfall.low, shortfall.high)
    )
    part = pd.DataFrame(
        {
            "epoch": found.epoch,
            "match": match.estimate,
            # No match lies before the first checkpoint of the path or after its last.
            "match_low": np.clip(match.low, *found.ends),
            "match_high": np.clip(match.high, *found.ends),
            "lag": lag.estimate,
            "lag_low": lag.low,
            "lag_high": lag.high,
            "lag_q": corrected(lag.p()),
            "similarity": found.similarity[:, 0].mean(axis=0),
            "ceiling": found.ceiling[:, 0].mean(axis=0),
            "shortfall": estimate,
            "low": low,
            "high": high,
            "p": p,
            "q": corrected(p),
            "share_at_end": found.at_end[:, 0].mean(axis=0),
            "n_seeds": len(found.time),
        }
    )
    # Beyond the end of a path nobody knows how far: such a lag is no lag.
    inside = trained & (np.mean(found.at_end[:, 0] | found.own_at_end[:, 0], axis=0) < 0.5)
    row |= {"n_lag_epochs": int(inside.sum()), "n_seeds": len(found.time)}
    for name, values, chosen in (
        ("lag_", found.lag, inside), ("", found.shortfall, trained)
    ):  # fmt: skip
        if chosen.any():
            mean = interval(values[..., chosen].mean(axis=-1), confidence, n_stimuli)
            row |= {
                f"{name}low": float(mean.low),
                f"{name}high": float(mean.high),
                f"{name}detectable": float(mean.detectable(confidence)),
                "shortfall" if not name else "lag": float(mean.estimate),
            }
    return part, row


def decided(row: dict[str, Any], reverse: dict[str, Any]) -> dict[str, str]:
    """Whether two conditions take the same path, as far as both directions show.

    The slower of two on one path lies on that of the faster, which goes on beyond it: one direction
    without a shortfall is enough. On different paths both fall short.
    """
    if np.isnan(row["low"]) or np.isnan(reverse["low"]):
        reason = row["reason"] or "too few resamples of images have a value"
        return {"verdict": UNDECIDED, "reason": reason}
    both = (row, reverse)
    if any(each["low"] > -MARGIN for each in both):
        return {
            "verdict": SAME,
            "reason": f"one falls short of the other's path by less than {MARGIN:g}",
        }
    if all(each["high"] < 0 and each["shortfall"] <= -MARGIN for each in both):
        return {"verdict": ANOTHER, "reason": "each falls short of the other's path"}
    return {
        "verdict": UNDECIDED,
        "reason": f"the intervals of the shortfall reach from none to one that counts ({MARGIN:g})",
    }


def _similarity(networks: dict[int, Series], others: dict[int, Series]) -> pd.DataFrame:
    """Mean similarity of all states of two conditions in a layer."""
    most = min(MOST_CHECKPOINTS, states.checkpoints_each(len(networks) + len(others)))
    thinned = [[_thinned(each, most) for each in group.values()] for group in (networks, others)]
    matrix = states.correlations([*thinned[0], *thinned[1]])
    n = sum(len(each.epoch) for each in thinned[0])
    labels = [states.identity(group) for group in thinned]
    long = labels[0].merge(labels[1], how="cross", suffixes=("", "_other"))
    long["r"] = matrix[:n, n:].ravel()
    long["instances"] = np.where(long["seed"] == long["seed_other"], "same", "different")
    by_seed = long.groupby(["instances", "epoch", "epoch_other", "seed"])["r"].mean()
    mean = by_seed.groupby(["instances", "epoch", "epoch_other"]).agg(["mean", "std", "count"])
    table = mean.reset_index()
    return table.rename(columns={"epoch_other": "other_epoch", "std": "sd", "count": "n"})


def _thinned(series: Series, most: int) -> Series:
    kept = thin(series.epoch, most)
    return Series(
        series.condition, series.seed, series.layer, series.epoch[kept], series.rdms,
        series.kept[kept], series.stimulus, series.flags,
    )  # fmt: skip
