"""Tables of what is left of a window of another diet, against when it began.

All trainings end at the same epoch, so a late window leaves less time to recover. Outcomes are
therefore measured by two clocks: at the end of training, and equally long after each window, for
as long as the latest window leaves.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.critical_period import CLOCKS, CONTRASTS, PERIOD
from trajectories.analyses.critical_period.outcomes import Study
from trajectories.analyses.critical_period.windows import Window, undisturbed, windows
from trajectories.statistics import condition_curves, crossed_bootstrap, resampling, states
from trajectories.statistics.resampled_states import first_of
from trajectories.statistics.states import Series

Array = NDArray[np.float64]
Outcomes = dict[tuple[str, str], tuple[int, list[tuple[Window, float, Array, Array]]]]


def tabulate(
    trajectories: Sequence[Path],
    resamples: Sequence[Path],
    recipes: Sequence[Path],
    sweeps: Mapping[str, Mapping[str, Any]],
    conditions: Mapping[str, Mapping[str, Any]],
    schedule_epochs: int,
    definitions: Mapping[str, Mapping[str, str]],
    confidence: float,
    resamples_drawn: int,
    seed: int,
) -> list[pd.DataFrame]:
    """The tables of a study, from the trajectories and resamples of its instances."""
    curves = {each.condition: each for each in condition_curves.read(resamples, recipes)}
    planned = windows(sweeps, schedule_epochs)
    with states.opened(trajectories, most_states=None) as series:
        counts = first_of(resampling.stimulus_counts(series[0].n_stimuli, resamples_drawn, seed))
        groups: dict[str, dict[str, dict[int, Series]]] = {}
        for each in series:
            groups.setdefault(each.layer, {}).setdefault(each.condition, {})[each.seed] = each
        parts = [
            tables(
                Study(layer, of_layer, curves, definitions, counts),
                name, members, undisturbed(conditions), confidence,
            )
            for layer, of_layer in groups.items()
            for name, members in planned.items()
        ]  # fmt: skip
    return [pd.concat(of_all, ignore_index=True) for of_all in zip(*parts, strict=True)]


def tables(
    study: Study, sweep: str, members: Sequence[Window], baseline: str | None, confidence: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcomes of a sweep in a layer, and how that of the first onset differs from the last.

    Parameters
    ----------
    study : Study
    sweep : str
    members : sequence of Window
        By onset.
    baseline : str, optional
        The undisturbed condition.
    confidence : float
        Of the intervals, which are over seeds and images.

    Returns
    -------
    period : DataFrame with the columns `PERIOD`
        Times in epochs. ``difference`` is ``value`` less ``baseline``, paired by seed: that of the
        undisturbed networks; for the similarity to these, the similarity of undisturbed networks
        of different seeds. ``q`` corrects over onsets (Benjamini and Hochberg).
    contrasts : DataFrame with the columns `CONTRASTS`
        The first onset less the last, paired by seed.
    """
    names = [window.condition for window in members] + [name for name in [baseline] if name]
    seeds = sorted(set.intersection(*({*study.series[name]} for name in names)))
    epoch = _common(study, names)
    identity = {"sweep": sweep, "undisturbed": baseline or "", "layer": study.layer}
    rows, contrasts = [], []
    for clock in CLOCKS:
        times = measured_at(epoch, members, clock)
        found: Outcomes = {}
        for window, at in zip(members, times, strict=True):
            for each in study.outcomes(window.condition, baseline, seeds, at):
                _, parts = found.setdefault((each.measure, each.target), (each.n_images, []))
                parts.append((window, at, each.value, each.baseline))
        for (measure, target), (n_images, parts) in found.items():
            what = {**identity, "clock": clock, "measure": measure, "target": target}
            rows += _rows(what, parts, n_images, confidence)
            contrasts.append(_contrast(what, parts, n_images, confidence))
    return (
        pd.DataFrame(rows)[list(PERIOD)],
        pd.DataFrame(contrasts)[list(CONTRASTS)],
    )


def measured_at(epoch: Array, members: Sequence[Window], clock: str) -> list[float]:
    """The checkpoint at which the outcome of each window is measured.

    Parameters
    ----------
    epoch : float64 array of shape (n_checkpoints,)
        That all conditions have.
    members : sequence of Window
    clock : {"end", "after"}
        At the last checkpoint; or at the last that is no longer after the end of the window than
        the end of training is after that of the latest window.
    """
    last = float(epoch[-1])
    ends = [min(window.end, last) for window in members]
    if clock == "end":
        return [last] * len(members)
    left = last - max(ends)
    # Sums of fractions of epochs are rounded.
    return [float(epoch[epoch <= end + left + 1e-9][-1]) for end in ends]


def _rows(
    what: Mapping[str, Any],
    parts: Sequence[tuple[Window, float, Array, Array]],
    n_images: int,
    confidence: float,
) -> list[dict[str, Any]]:
    rows = []
    for window, at, value, baseline in parts:
        found = crossed_bootstrap.interval(value, confidence, n_images)
        less = crossed_bootstrap.paired(value, baseline, confidence, n_images)
        rows.append(
            {
                **what,
                "member": window.condition,
                "onset": window.onset,
                "window_end": window.end if np.isfinite(window.end) else np.nan,
                "epoch": at,
                "since_window": at - window.end if np.isfinite(window.end) else np.nan,
                "value": float(found.estimate),
                "low": float(found.low),
                "high": float(found.high),
                "baseline": float(baseline[:, 0].mean()),
                "difference": float(less.estimate),
                "difference_low": float(less.low),
                "difference_high": float(less.high),
                "p": float(less.p()),
                "detectable": float(less.detectable(confidence)),
                "n_seeds": len(value),
            }
        )
    q = crossed_bootstrap.corrected([row["p"] for row in rows])
    return [row | {"q": float(each)} for row, each in zip(rows, q, strict=True)]


def _contrast(
    what: Mapping[str, Any],
    parts: Sequence[tuple[Window, float, Array, Array]],
    n_images: int,
    confidence: float,
) -> dict[str, Any]:
    (first, _, early, early_base), (last, _, late, late_base) = parts[0], parts[-1]
    values = early - late
    if np.isfinite(early_base).any():
        # At other epochs the undisturbed networks are elsewhere, too.
        values = values - (early_base - late_base)
    if first == last:
        values = np.full_like(values, np.nan)
    found = crossed_bootstrap.interval(values, confidence, n_images)
    return {
        **what,
        "first_onset": first.onset,
        "last_onset": last.onset,
        "difference": float(found.estimate),
        "low": float(found.low),
        "high": float(found.high),
        "p": float(found.p()),
        "detectable": float(found.detectable(confidence)),
        "n_seeds": len(values),
    }


def _common(study: Study, names: Sequence[str]) -> Array:
    """Epochs that all networks of these conditions have."""
    epochs = [{*series.epoch.tolist()} for name in names for series in study.series[name].values()]
    return np.array(sorted(set.intersection(*epochs)), dtype=np.float64)
