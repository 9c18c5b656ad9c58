"""What each network instance of a finished study measured of the paper's claims.

Numbers are computed for each instance, then averaged, beside the number of instances in which a
claim holds. Verdicts are those of `analyses.claims`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories import similarity
from trajectories.analyses import latencies, times
from trajectories.key_numbers import TextTable, mean_sd
from trajectories.trajectory import Trajectory


@dataclass(frozen=True)
class MeasuredClaim:
    """A claim of the paper beside what was measured.

    Attributes
    ----------
    title : str
    tables : sequence of TextTable
        The measured effect and its spread over instances.
    verdicts : sequence of str
        Whether it holds, in how many instances, one sentence each.
    """

    title: str
    tables: Sequence[TextTable]
    verdicts: Sequence[str]


@dataclass(frozen=True)
class Instances:
    """All network instances of one condition of a finished study.

    Attributes
    ----------
    trajectories : sequence of Trajectory
        One an instance; layers from early to late.
    stability, categories : DataFrame
        Tables of these instances, as in `tables/`.
    history : DataFrame
        Their training histories, with ``seed``.
    """

    trajectories: Sequence[Trajectory]
    stability: pd.DataFrame
    categories: pd.DataFrame
    history: pd.DataFrame

    @property
    def layers(self) -> list[str]:
        """Names of the layers, early to late."""
        return list(self.trajectories[0].rdms)

    @property
    def epoch(self) -> NDArray[np.float64]:
        """Epochs of the checkpoints."""
        return self.trajectories[0].epoch


def claims(study: Instances) -> list[MeasuredClaim]:
    """The paper's claims, in its order."""
    return [rapid_early_change(study), early_layer_first(study), emergence(study), ends(study)]


def rapid_early_change(study: Instances) -> MeasuredClaim:
    """Change is rapid in the first epochs, then settles (Figure 1)."""
    rows, verdicts = [], []
    for layer in study.layers:
        r = _by_seed(study.stability[study.stability["layer"] == layer], "epoch", "correlation")
        change = 1 - r
        quarter = max(1, len(r) // 4)
        first, second, last = change[0], change[min(1, len(r) - 1)], change[-quarter:].mean(axis=0)
        rate = _rates(study)
        first_rate, last_rate = first / rate[0], (change / rate)[-quarter:].mean(axis=0)
        rows.append(
            (
                layer,
                *(mean_sd(value, 4) for value in (first, second, last)),
                mean_sd(first / last, 1),
                mean_sd(first_rate / last_rate, 1),
            )
        )
        verdicts.append(
            f"{layer}: the first epoch changes the RDM more than an epoch of the last quarter does"
            f" {_in_instances(first > last)}; per unit of learning rate,"
            f" {_in_instances(first_rate > last_rate)}."
        )
    head = (
        "layer", "1 − r, epoch 0 → 1", "1 → 2", "mean of the last quarter",
        "first / last quarter", "the same per unit of learning rate",
    )  # fmt: skip
    caption = "Change of the RDM from one epoch to the next (r: Pearson)."
    return MeasuredClaim(
        "Change is rapid in the first epochs, then settles.",
        [TextTable(caption, head, tuple(rows))],
        verdicts,
    )


def early_layer_first(study: Instances) -> MeasuredClaim:
    """Layer 1 settles before layer 4, measured apart from amplitude (Figure 1)."""
    early, late = study.layers[0], study.layers[-1]
    reached = {
        (layer, level): np.array(
            [
                times.crossing(_progress(each, layer), each.epoch, level)
                for each in study.trajectories
            ]
        )
        for layer in study.layers
        for level in (0.5, 0.9)
    }
    rows = [
        (layer, mean_sd(reached[layer, 0.5], 2), mean_sd(reached[layer, 0.9], 2))
        for layer in study.layers
    ]
    head = ("layer", "half of the way (epochs)", "90% of the way (epochs)")
    caption = (
        "When the RDM has come so far from its first state to its last, by normalised similarity"
        " to the last."
    )
    r = {
        layer: _by_seed(study.stability[study.stability["layer"] == layer], "epoch", "correlation")
        for layer in (early, late)
    }
    above = r[early] > r[late]
    steps = TextTable(
        "The paper's measure: at how many of the steps between epochs consecutive RDMs correlate"
        f" more in {early} than in {late}.",
        ("steps", f"with r({early}) > r({late})"),
        ((str(len(above)), mean_sd(above.sum(axis=0).astype(np.float64), 1)),),
    )
    verdicts = [
        f"{early} has come {level:.0%} of its way before {late} has"
        f" {_in_instances(reached[early, level] < reached[late, level])}."
        for level in (0.5, 0.9)
    ]
    verdicts.append(
        f"Consecutive RDMs correlate more in {early} at most steps"
        f" {_in_instances(above.mean(axis=0) > 0.5)}."
    )
    return MeasuredClaim(
        f"The early layer ({early}) settles before the late one ({late}).",
        [TextTable(caption, head, tuple(rows)), steps],
        verdicts,
    )


def emergence(study: Instances) -> MeasuredClaim:
    """Within- and between-category information emerge together (Figure 2)."""
    rows, verdicts = [], []
    for layer, category, curves in _category_curves(study):
        changes, half, strayed = {}, {}, np.zeros(len(study.trajectories), np.bool_)
        for pairs, values in curves.items():
            of_networks = values.T
            changes[pairs] = latencies.change(of_networks, study.epoch)
            strays = latencies.strays(of_networks, study.epoch)
            flat = np.abs(changes[pairs]) < latencies.LEAST_CHANGE
            half[pairs] = times.time_to(of_networks, study.epoch, latencies.HALF)
            half[pairs][flat | strays] = np.nan
            strayed |= strays
        lag = half["within"] - half["between"]
        timed = np.isfinite(lag)
        rows.append(
            (
                layer,
                category,
                *(mean_sd(changes[pairs]) for pairs in curves),
                *(of_timed(half[pairs]) for pairs in curves),
                of_timed(lag),
                f"{timed.sum()} of {len(lag)}",
            )
        )
        if strayed.any():
            verdicts.append(
                f"{layer}, {category}: within or between strays from the range between its start"
                f" and its end by more than the change itself {_in_instances(strayed)}, and has no"
                " half-way time there."
            )
        opposed = changes["within"] * changes["between"] < 0
        if opposed.any():
            verdicts.append(
                f"{layer}, {category}: within and between change in opposite directions"
                f" {_in_instances(opposed)}."
            )
    head = (
        "layer", "category", "change within", "change between", "half-way within (epochs)",
        "half-way between (epochs)", "within − between (epochs)", "instances timed",
    )  # fmt: skip
    caption = (
        "Change of the mean dissimilarity from the first checkpoint to the mean over the last"
        f" quarter of the epochs, and when it has come half this way. A curve that changes by less"
        f" than {latencies.LEAST_CHANGE:g}, or strays, is not timed."
    )
    verdicts.append(
        "“Together” is a claim of equality: read the difference of times beside the distance"
        " between checkpoints, and the verdict above, which asks for an interval within a margin."
    )
    return MeasuredClaim(
        "Information within and between categories emerges together.",
        [TextTable(caption, head, tuple(rows))],
        verdicts,
    )


def ends(study: Instances) -> MeasuredClaim:
    """In layer 4 between ends above within, in layer 1 hardly (Figure 2)."""
    rows, verdicts = [], []
    for layer, category, curves in _category_curves(study):
        difference = curves["between"] - curves["within"]
        gain = difference[-1] - difference[0]
        rows.append(
            (layer, category, *(mean_sd(value) for value in (difference[0], difference[-1], gain)))
        )
        verdicts.append(
            f"{layer}, {category}: between ends above within {_in_instances(difference[-1] > 0)};"
            f" by more than in the untrained network {_in_instances(gain > 0)}."
        )
    head = ("layer", "category", "untrained", "at the end", "gain")
    caption = "Between − within: mean dissimilarity between a category and the rest, less within."
    return MeasuredClaim(
        f"In the late layer ({study.layers[-1]}) between ends above within, in the early one"
        f" ({study.layers[0]}) hardly.",
        [TextTable(caption, head, tuple(rows))],
        verdicts,
    )


def _rates(study: Instances) -> NDArray[np.float64]:
    """Learning rate of each step between epochs, (n_steps, 1)."""
    trained = study.history[study.history["epoch"] > 0]
    return trained.groupby("epoch")["learning_rate"].first().to_numpy(np.float64)[:, None]


def _category_curves(
    study: Instances,
) -> Iterator[tuple[str, str, Mapping[str, NDArray[np.float64]]]]:
    """Layer, category, and for within and between the curves (n_checkpoints, n_instances)."""
    for (layer, category), part in study.categories.groupby(["layer", "category"], sort=False):
        yield (
            str(layer),
            str(category),
            {
                pairs: _by_seed(part[part["pairs"] == pairs], "epoch", "dissimilarity")
                for pairs in ("within", "between")
            },
        )


def _progress(trajectory: Trajectory, layer: str) -> NDArray[np.float64]:
    """Similarity of each RDM to the last, 0 at the first checkpoint and 1 at the last."""
    return times.share_of_change(similarity.similarity_matrix(trajectory.rdms[layer])[:, -1])


def _by_seed(table: pd.DataFrame, index: str, values: str) -> NDArray[np.float64]:
    """Values (n_rows, n_instances) of a table with one row per `index` and seed."""
    return table.pivot(index=index, columns="seed", values=values).sort_index().to_numpy(np.float64)


def of_timed(values: NDArray[np.float64], digits: int = 2) -> str:
    """Mean ± SD of those values (n_instances,) that are known, or a dash."""
    known = values[np.isfinite(values)]
    return mean_sd(known, digits) if known.size else "–"


def _in_instances(holds: NDArray[np.bool_]) -> str:
    return f"in {int(holds.sum())} of {len(holds)} networks"
