"""What networks have come to at an epoch: categories, neighbours, likeness to the undisturbed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.rdms import categories
from trajectories.statistics import resampled_states
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.states import Series

Array = NDArray[np.float64]
Networks = Mapping[int, Series]


@dataclass(frozen=True)
class Outcome:
    """An outcome of the networks of a condition.

    Attributes
    ----------
    measure, target : str
    n_images : int
        On which it rests.
    value, baseline : float64 arrays of shape (n_seeds, n_rows)
        Of the networks, and of the undisturbed ones of the same seeds; row 0 of the data.
    """

    measure: str
    target: str
    n_images: int
    value: Array
    baseline: Array


@dataclass(frozen=True)
class Study:
    """What outcomes are computed from, in one layer.

    Attributes
    ----------
    layer : str
    series : mapping of condition to mapping of seed to Series
    curves : mapping of condition to ConditionCurves
    definitions : mapping of category to {"within": expression, "between": expression}
    counts : int64 array of shape (n_rows, n_stimuli)
    """

    layer: str
    series: Mapping[str, Networks]
    curves: Mapping[str, ConditionCurves]
    definitions: Mapping[str, Mapping[str, str]]
    counts: NDArray[np.int64]

    def outcomes(
        self, member: str, undisturbed: str | None, seeds: Sequence[int], epoch: float
    ) -> Iterator[Outcome]:
        """Outcomes of a condition at an epoch.

        Where no condition is undisturbed, there are no baselines and no likeness to it.
        """
        yield from self._gains(member, undisturbed, seeds, epoch)
        both = {
            name: np.stack([self.series[name][seed].at(epoch) for seed in seeds])
            for name in (member, undisturbed)
            if name is not None
        }
        some = next(iter(self.series[member].values()))
        for category, definition in self.definitions.items():
            within = definition["within"]
            sets = [
                categories.members(expression, some.flags, category)
                for expression in (within, definition.get("between", f"~({within})"))
            ]
            near = {
                name: resampled_states.nearest_neighbour(rdms, self.counts, *sets).T
                for name, rdms in both.items()
            }
            nothing = np.full_like(near[member], np.nan)
            n_members = int(sets[0].sum())
            baseline = nothing if undisturbed is None else near[undisturbed]
            yield Outcome("nearest_neighbour", category, n_members, near[member], baseline)
        if undisturbed is not None:
            alike = resampled_states.cross_similarity(both[undisturbed], both[member], self.counts)
            among = resampled_states.cross_similarity(
                both[undisturbed], both[undisturbed], self.counts
            )
            own = np.arange(len(seeds))
            yield Outcome(
                "similarity", undisturbed, self.counts.shape[1], alike[:, own, own].T,
                _to_others(among),
            )  # fmt: skip

    def _gains(
        self, member: str, undisturbed: str | None, seeds: Sequence[int], epoch: float
    ) -> Iterator[Outcome]:
        for category in self.curves[member].categories:
            gain = {
                name: self._gain(name, category, seeds, epoch)
                for name in (member, undisturbed)
                if name is not None
            }
            baseline = np.full_like(gain[member], np.nan)
            if undisturbed is not None:
                baseline = gain[undisturbed]
            n_members = self.curves[member].members[category]
            yield Outcome("gain", category, n_members, gain[member], baseline)

    def _gain(self, name: str, category: str, seeds: Sequence[int], epoch: float) -> Array:
        curves = self.curves[name]
        effect = curves.between(self.layer, category) - curves.within(self.layer, category)
        chosen = [curves.seeds.index(seed) for seed in seeds]
        at = int(np.searchsorted(curves.epoch, epoch))
        gain: Array = effect[chosen, :, at] - effect[chosen, :, 0]
        return gain


def _to_others(among: Array) -> Array:
    """Mean similarity of each network to those of other seeds, (n_seeds, n_rows).

    As pseudo-values of the jackknife: a pair counts for two networks, so that the variance of the
    mean over pairs is four times what means over each network's pairs seem to have (Arvesen, 1969,
    Annals of Mathematical Statistics 40, 2076-2100).
    """
    n = among.shape[1]
    if n < 2:
        return np.full((n, len(among)), np.nan)
    own = np.arange(n)
    mean: Array = (among.sum(axis=2) - among[:, own, own]).T / (n - 1)
    deviations = mean - mean.mean(axis=0)
    pseudo: Array = mean.mean(axis=0) + deviations * (2 * (n - 1) / (n - 2) if n > 2 else 1)
    return pseudo
