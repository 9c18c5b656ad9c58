"""What conditions are compared by: curves over learning, for the data and for resampled images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms import categories
from trajectories.rdms.reference_rdms import Reference
from trajectories.statistics import resampled_states
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.states import Series
from trajectories.statistics.thinning import thin

Array = NDArray[np.float64]

MOST_CHECKPOINTS = 50
"""Checkpoints, at most, of measures that are computed from RDMs."""


@dataclass(frozen=True)
class Compared:
    """A curve of the same seeds in two conditions.

    Attributes
    ----------
    measure : str
    target : str
        Category or reference; empty where there is none.
    n_images : int
        On which it rests.
    epoch : float64 array of shape (n_checkpoints,)
    one, other : float64 arrays of shape (n_seeds, n_rows, n_checkpoints)
        Row 0 of the data, each further row of a resample of the images.
    """

    measure: str
    target: str
    n_images: int
    epoch: Array
    one: Array
    other: Array


def of_curves(one: ConditionCurves, other: ConditionCurves, layer: str) -> Iterator[Compared]:
    """Change, progress, and the effect of each category and its gain.

    Parameters
    ----------
    one, other : ConditionCurves
        Of the same seeds and epochs.
    """
    both, n = (one, other), one.n_stimuli
    if len(one.step):
        # Identical RDMs have no logarithm of their change, and are left out.
        with np.errstate(divide="ignore"):
            change = [np.log10(each.change(layer)) for each in both]
        yield Compared("log10_change", "", n, one.step[:, 1], *change)
    if len(one.epoch) > 2:
        progress = [each.progress(layer)[..., 1:] for each in both]
        yield Compared("progress", "", n, one.before_last[1:], *progress)
    for category in one.categories if len(one.epoch) else ():
        effect = [each.between(layer, category) - each.within(layer, category) for each in both]
        members = one.members[category]
        yield Compared("effect", category, members, one.epoch, *effect)
        if len(one.epoch) > 1:
            gain = [each[..., 1:] - each[..., :1] for each in effect]
            yield Compared("gain", category, members, one.epoch[1:], *gain)


@dataclass
class Computed:
    """Curves of one layer that are computed from the RDMs themselves.

    Attributes
    ----------
    n_images : dict of (measure, target) to int
    epoch : dict of condition to float64 array of shape (n_checkpoints,)
    values : dict of (condition, seed) to dict of (measure, target) to array
        Of shape (n_rows, n_checkpoints).
    """

    n_images: dict[tuple[str, str], int] = field(default_factory=dict)
    epoch: dict[str, Array] = field(default_factory=dict)
    values: dict[tuple[str, int], dict[tuple[str, str], Array]] = field(default_factory=dict)

    def compared(self, one: str, other: str, seeds: Sequence[int]) -> Iterator[Compared]:
        """The curves of two conditions at the epochs that both have."""
        epoch, *places = np.intersect1d(self.epoch[one], self.epoch[other], return_indices=True)
        for (measure, target), n in self.n_images.items() if epoch.size else ():
            pair = [
                np.stack([self.values[name, seed][measure, target][:, place] for seed in seeds])
                for name, place in zip((one, other), places, strict=True)
            ]
            yield Compared(measure, target, n, epoch, *pair)


def of_states(
    series: Sequence[Series],
    definitions: Mapping[str, Mapping[str, str]],
    references: Sequence[Reference],
    similarity: str,
    counts: NDArray[np.int64],
) -> Computed:
    """Nearest-neighbour accuracy, dimension, and similarity to references.

    Parameters
    ----------
    series : sequence of Series
        Of one layer; of several conditions.
    definitions : mapping of name to {"within": expression, "between": expression}
    references : sequence of Reference
        Of the same stimuli.
    similarity : {"pearson", "spearman", "cosine"}
        To the references.
    counts : int64 array of shape (n_rows, n_stimuli)
    """
    flags = series[0].flags
    sets = {
        name: tuple(
            categories.members(expression, flags, name)
            for within in [definition["within"]]
            for expression in (within, definition.get("between", f"~({within})"))
        )
        for name, definition in definitions.items()
    }
    found = Computed(
        {
            **{("nearest_neighbour", name): int(sets[name][0].sum()) for name in sets},
            ("dimension", ""): counts.shape[1],
            **{("reference", each.name): counts.shape[1] for each in references},
        },
        shared_epochs(series),
    )
    for each in series:
        if not found.epoch[each.condition].size:
            continue
        rdms = np.stack([each.at(epoch) for epoch in found.epoch[each.condition]])
        of_instance = {
            ("nearest_neighbour", name): resampled_states.nearest_neighbour(rdms, counts, *pair)
            for name, pair in sets.items()
        }
        of_instance["dimension", ""] = resampled_states.dimension(rdms, counts)
        for reference in references:
            of_instance["reference", reference.name] = resampled_states.to_references(
                rdms, reference.rdms, counts, similarity
            )
        found.values[each.condition, each.seed] = of_instance
    return found


def shared_epochs(series: Sequence[Series]) -> dict[str, Array]:
    """Epochs of each condition that another has too, thinned to `MOST_CHECKPOINTS` in all."""
    of_condition: dict[str, set[float]] = {}
    for each in series:
        epochs = {*each.epoch.tolist()}
        of_condition[each.condition] = of_condition.get(each.condition, epochs) & epochs
    every = [epoch for epochs in of_condition.values() for epoch in epochs]
    shared = np.array(sorted({epoch for epoch in every if every.count(epoch) > 1}))
    kept = {*shared[thin(shared, MOST_CHECKPOINTS)].tolist()} if shared.size else set()
    return {
        name: np.array(sorted(epochs & kept), dtype=np.float64)
        for name, epochs in of_condition.items()
    }
