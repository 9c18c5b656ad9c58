"""The resampled curves of all network instances of a condition, as arrays of one shape."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.statistics import resampled_curves
from trajectories.statistics.resampled_curves import Curves

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
        Steps between consecutive whole epochs that all instances have.
    """

    condition: str
    instances: Sequence[Curves]
    epoch: Array
    step: Array

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

    def progress(self, layer: str) -> Array:
        """Similarity to the last RDM, 0 at the first and 1 at the last checkpoint.

        (s − s₀) / (1 − s₀), of the shape (n_instances, n_rows, n_checkpoints); NaN where the
        first RDM is the last.
        """
        similarity = self.to_final(layer)
        first = similarity[..., :1]
        progress: Array = (similarity - first) / np.where(first < 1, 1 - first, np.nan)
        return progress

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
        """Mean dissimilarity between a category and the rest, of the same shape."""
        return np.stack(
            [each.between[layer][category][:, self._places(each)] for each in self.instances]
        )

    def _places(self, curves: Curves) -> NDArray[np.intp]:
        return np.searchsorted(curves.epoch, self.epoch)


def read(paths: Sequence[Path]) -> list[ConditionCurves]:
    """Read the resamples.h5 of all instances, and group them by condition.

    Raises
    ------
    UserError
        If a file is missing, damaged or of another kind, or as `by_condition` does.
    """
    return by_condition([resampled_curves.read(path) for path in paths])


def tabulated(
    paths: Sequence[Path], tables: Callable[[ConditionCurves], Sequence[pd.DataFrame]]
) -> list[pd.DataFrame]:
    """Tables of each condition, put together.

    Parameters
    ----------
    paths : sequence of Path
        The resamples.h5 of all instances.
    tables : callable
        The tables of one condition.

    Raises
    ------
    UserError
        As `read`.
    """
    parts = [tables(curves) for curves in read(paths)]
    return [pd.concat(of_all, ignore_index=True) for of_all in zip(*parts, strict=True)]


def by_condition(instances: Sequence[Curves]) -> list[ConditionCurves]:
    """Group the instances by condition, in the order in which conditions come.

    Raises
    ------
    UserError
        If instances of a condition have other layers, categories or resamples than the first, or
        no epoch in common.
    """
    conditions: dict[str, list[Curves]] = {}
    for curves in instances:
        conditions.setdefault(str(curves.attributes["condition"]), []).append(curves)
    return [_together(name, curves) for name, curves in conditions.items()]


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
