"""The resampled curves of all network instances of a condition, as arrays of one shape."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.statistics import times
from trajectories.storage import image_record, resamples_file
from trajectories.storage.resamples_file import Curves

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ConditionCurves:
    """Curves of the instances of a condition, at the epochs that all of them have.

    Attributes
    ----------
    condition : str
    instances : sequence of Curves
        By seed, all with the same layers, categories and number of resamples.
    epoch : float64 array of shape (n_checkpoints,)
        Epochs that all instances have.
    step : float64 array of shape (n_steps, 2)
        Steps between consecutive epochs (`epochs.compared`) that all instances have.
    dropped : bool
        Whether the untrained network is left out (`without_untrained`).
    """

    condition: str
    instances: Sequence[Curves]
    epoch: Array
    step: Array
    dropped: bool = False

    @property
    def starts_untrained(self) -> bool:
        """Whether the first checkpoint is the untrained network."""
        return bool(self.epoch[0] == 0)

    @property
    def seeds(self) -> list[int]:
        """Seeds of the instances, increasing."""
        return [int(each.attributes["seed"]) for each in self.instances]

    @property
    def layers(self) -> list[str]:
        """Names of the layers, early to late."""
        return self.instances[0].layers

    @property
    def categories(self) -> list[str]:
        """Names of the categories."""
        return self.instances[0].categories

    @property
    def n_stimuli(self) -> int:
        """Number of test images."""
        return int(self.instances[0].attributes["n_stimuli"])

    @property
    def members(self) -> dict[str, int]:
        """Number of test images in each category."""
        return self.instances[0].members

    def to_final(self, layer: str) -> Array:
        """Similarity to the last RDM, (n_instances, n_rows, n_checkpoints)."""
        return np.stack([each.to_final[layer][:, self._places(each)] for each in self.instances])

    def too_short(self, ratio: float) -> str:
        """Why no two times could differ by a ratio that counts, as a clause; empty if they could.

        Times are counted from epoch 0: late in training all of them are nearly the same.
        """
        if len(self.epoch) and 0 < self.epoch[-1] <= ratio * self.epoch[0]:
            return (
                f"all checkpoints lie within a factor of {ratio:g}, so that no two times could"
                " differ by more"
            )
        return ""

    @property
    def before_last(self) -> Array:
        """Epochs of all checkpoints but the last, which equals itself whatever the noise."""
        return self.epoch[: max(1, len(self.epoch) - 1)]

    def progress(self, layer: str) -> Array:
        """Similarity to the last RDM, 0 at the first checkpoint and 1 at its late level.

        Of the shape (n_instances, n_rows, n_checkpoints - 1), at `before_last`. NaN where the
        similarity ends no higher than it began: nothing approaches.
        """
        similarity = self.to_final(layer)[..., : len(self.before_last)]
        late = similarity[..., times.late(self.before_last)].mean(axis=-1)
        way = times.way(similarity, self.before_last)
        return np.where((late > similarity[..., 0])[..., None], way, np.nan)

    def reached(self, layer: str, level: float) -> tuple[Array, Array, Array]:
        """When a layer reaches a share of its trajectory, as far as checkpoints tell.

        Parameters
        ----------
        layer : str
        level : float
            Between 0 and 1.

        Returns
        -------
        time, before, after : float64 arrays of shape (n_instances, n_rows)
            Epoch at which `progress`, made to rise, crosses the level for good, and the
            checkpoints around it; NaN where nothing approaches.
        """
        rising = times.rising(self.progress(layer))
        return (
            times.crossing(rising, self.before_last, level),
            *times.bracket(rising, self.before_last, level),
        )

    def change(self, layer: str) -> Array:
        """One minus the similarity of consecutive RDMs, (n_instances, n_rows, n_steps)."""
        parts = []
        for each in self.instances:
            known = {tuple(step): place for place, step in enumerate(each.step.tolist())}
            places = [known[tuple(step)] for step in self.step.tolist()]
            parts.append(1 - each.consecutive[layer][:, places])
        return np.stack(parts)

    def angle(self, layer: str) -> Array:
        """Angle between consecutive RDMs, arccos of their similarity, of the same shape; radians.

        That of standardised RDMs as vectors; accurate where they are almost alike.
        """
        # Rounding may leave less than nothing.
        angle: Array = 2 * np.arcsin(np.sqrt(np.maximum(self.change(layer), 0) / 2))
        return angle

    def within(self, layer: str, category: str) -> Array:
        """Mean dissimilarity within a category, (n_instances, n_rows, n_checkpoints)."""
        return np.stack(
            [each.within[layer][category][:, self._places(each)] for each in self.instances]
        )

    def between(self, layer: str, category: str) -> Array:
        """Mean dissimilarity between a category and what it is compared with, of the same shape."""
        return np.stack(
            [each.between[layer][category][:, self._places(each)] for each in self.instances]
        )

    def index(self, layer: str, category: str) -> Array:
        """(between − within) / (between + within), (n_instances, n_rows, n_checkpoints).

        Dimensionless, from -1 to 1. NaN in a resample that draws no pair of the category.
        """
        between, within = self.between(layer, category), self.within(layer, category)
        with np.errstate(divide="ignore", invalid="ignore"):
            value: Array = (between - within) / (between + within)
        return value

    def _places(self, curves: Curves) -> NDArray[np.intp]:
        return np.searchsorted(curves.epoch, self.epoch)


def read(paths: Sequence[Path], recipes: Sequence[Path] = ()) -> list[ConditionCurves]:
    """Read the resamples.h5 of all instances, and group them by condition.

    Parameters
    ----------
    paths : sequence of Path
    recipes : sequence of Path
        The recipe.json of each condition, as for `by_condition`.

    Raises
    ------
    UserError
        If a file is missing, damaged, of another kind or of other test images, or as `by_condition`
        does.
    """
    found = resamples_file.read_all(paths)
    image_record.require_one([each.attributes for each in found], image_record.TEST, paths)
    return by_condition(found, recipes)


def tabulated(
    paths: Sequence[Path],
    recipes: Sequence[Path],
    tables: Callable[[ConditionCurves], Sequence[pd.DataFrame]],
) -> list[pd.DataFrame]:
    """Tables of each condition, put together.

    Parameters
    ----------
    paths : sequence of Path
        The resamples.h5 of all instances.
    recipes : sequence of Path
        The recipe.json of each condition, as for `by_condition`.
    tables : callable
        The tables of one condition.

    Raises
    ------
    UserError
        As `read`.
    """
    parts = [tables(curves) for curves in read(paths, recipes)]
    return [pd.concat(of_all, ignore_index=True) for of_all in zip(*parts, strict=True)]


def by_condition(
    instances: Sequence[Curves], recipes: Sequence[Path] = ()
) -> list[ConditionCurves]:
    """Group the instances by condition, in the order in which conditions come.

    With running statistics of batch normalisation, which no image has set at epoch 0, the
    untrained network cannot be compared with trained ones: curves then begin at the first
    checkpoint after it.

    Parameters
    ----------
    instances : sequence of Curves
    recipes : sequence of Path
        The recipe.json of each condition, in a folder named as it is. A network is taken to have
        batch normalisation unless its recipe says otherwise.

    Raises
    ------
    UserError
        If instances of a condition have other layers, categories or resamples than the first, or
        no epoch in common.
    """
    conditions: dict[str, list[Curves]] = {}
    for curves in instances:
        conditions.setdefault(str(curves.attributes["condition"]), []).append(curves)
    plain = without_batchnorm(recipes)
    return [
        without_untrained(together) if untrained_apart(curves[0].attributes, plain) else together
        for name, curves in conditions.items()
        for together in [_together(name, curves)]
    ]


def without_untrained(curves: ConditionCurves) -> ConditionCurves:
    """The same from the first checkpoint after epoch 0 on; all of it where there is no other."""
    kept = curves.epoch > 0
    if kept.all() or not kept.any():
        return curves
    return replace(
        curves, epoch=curves.epoch[kept], step=curves.step[curves.step[:, 0] > 0], dropped=True
    )


def without_batchnorm(recipes: Sequence[Path]) -> set[str]:
    """Conditions whose networks have no batch normalisation, by their recipe.json files."""
    return {path.parent.name for path in recipes if not _has_batchnorm(path)}


def untrained_apart(attributes: Mapping[str, Any], plain: set[str]) -> bool:
    """Whether the untrained network of an instance cannot be compared with trained ones.

    Parameters
    ----------
    attributes : mapping
        ``condition`` and ``batchnorm`` of its trajectory or curves.
    plain : set of str
        As `without_batchnorm` gives it.
    """
    running = str(attributes.get("batchnorm")) == "running"
    return running and str(attributes["condition"]) not in plain


def _has_batchnorm(recipe: Path) -> bool:
    made = json.loads(recipe.read_text(encoding="utf-8"))
    network = made["network"]
    described = catalogue.describe(network["architecture"], network["stem"], made["image_size"])
    return described.has_batchnorm


def pairs(
    conditions: Sequence[ConditionCurves],
) -> Iterator[tuple[ConditionCurves, ConditionCurves]]:
    """Every two conditions, the earlier one first, with the seeds and epochs that both have.

    Two without a seed in common are left out; two without an epoch in common have curves of no
    checkpoints.
    """
    for one, other in combinations(conditions, 2):
        seeds = {*one.seeds} & {*other.seeds}
        if not seeds:
            continue
        epoch = np.intersect1d(one.epoch, other.epoch)
        steps = {tuple(step) for step in one.step.tolist()}
        kept = [step for step in other.step.tolist() if tuple(step) in steps]
        step = np.array(kept, dtype=np.float64).reshape(-1, 2)
        first, second = (
            replace(
                each,
                instances=[of for of in each.instances if int(of.attributes["seed"]) in seeds],
                epoch=epoch,
                step=step,
            )
            for each in (one, other)
        )
        yield first, second


def _together(condition: str, curves: list[Curves]) -> ConditionCurves:
    curves.sort(key=lambda each: int(each.attributes["seed"]))
    if len({_kind(each) for each in curves}) > 1:
        raise UserError(
            f"The instances of {condition} differ in layers, categories, measure or resamples:"
            " make their resamples.h5 again."
        )
    epoch = reduce(np.intersect1d, [each.epoch for each in curves])
    if not epoch.size:
        raise UserError(
            f"The instances of {condition} have no epoch in common: give checkpoints of the same"
            " epochs."
        )
    shared = set.intersection(*({tuple(step) for step in each.step.tolist()} for each in curves))
    step = np.array(sorted(shared), dtype=np.float64).reshape(-1, 2)
    return ConditionCurves(condition, curves, epoch, step)


def _kind(curves: Curves) -> tuple[object, ...]:
    rows = len(curves.to_final[curves.layers[0]])
    return (
        *curves.layers, *curves.categories, str(curves.attributes.get("measure")), rows
    )  # fmt: skip
