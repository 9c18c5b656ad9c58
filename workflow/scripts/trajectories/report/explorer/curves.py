"""The curves and paths of the explorer: tables of the study as lists of numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.analyses.geometry import AXES
from trajectories.analyses.geometry.figure_path import mean_path
from trajectories.statistics.thinning import thin
from trajectories.storage import tables

PAIRS = ("within", "between")


def numbers(n_categories: int) -> int:
    """Numbers of all curves and the path of one layer at one checkpoint, their epochs included.

    With those of bands, which means have.
    """
    return 2 + 2 * (1 + len(PAIRS) * n_categories) + 1 + len(AXES)


class Curves:
    """Curves of every instance, and of the mean of each condition as the figures have it.

    Parameters
    ----------
    stability, categories : DataFrame
        Tables of all instances.
    path : DataFrame
        Columns `geometry.PATH`.
    layers, names : sequence of str
        Layers and categories, in the order in which curves are given.
    most : int
        Points of a curve, at most, as `states.thin` chooses them.
    """

    def __init__(
        self,
        stability: pd.DataFrame,
        categories: pd.DataFrame,
        path: pd.DataFrame,
        layers: Sequence[str],
        names: Sequence[str],
        most: int,
    ) -> None:
        self._layers, self._names, self._most = layers, names, most
        self._tables = {"stability": stability, "categories": categories, "path": path}
        self._means = {
            name: tables.summarise(table).rename(columns={"mean": table.columns[-1]})
            for name, table in (("stability", stability), ("categories", categories))
        }

    def of(self, condition: str, seed: int | None) -> list[dict[str, Any]]:
        """Curves of an instance, or for None of the mean, for each layer.

        Returns
        -------
        list of dict
            ``stability``, ``categories``, ``path``, each with its ``epoch`` and values as lists;
            those of categories by category, within and between. None where there is no value.
            Means of ``stability`` and ``categories`` also have ``sd``, in the same lists, and
            ``n``: the smallest and the largest number of networks that a mean is over.
        """
        return [
            {
                "stability": self._stability(self._rows("stability", condition, seed, layer)),
                "categories": self._categories(self._rows("categories", condition, seed, layer)),
                "path": self._path(self._rows("path", condition, seed, layer), seed),
            }
            for layer in self._layers
        ]

    def _rows(self, name: str, condition: str, seed: int | None, layer: str) -> pd.DataFrame:
        means = seed is None and name in self._means
        table = self._means[name] if means else self._tables[name]
        chosen = (table["condition"] == condition) & (table["layer"] == layer)
        return table[chosen if seed is None else chosen & (table["seed"] == seed)]

    def _stability(self, rows: pd.DataFrame) -> dict[str, Any]:
        # As in Figure 1, a step is shown at the later of its two epochs.
        by_epoch = rows.set_index("next_epoch")
        listed = self._listed(by_epoch[["correlation"]])
        if "sd" in rows:
            listed |= {"sd": self._listed(by_epoch[["sd"]])["values"], "n": _counted(rows)}
        return listed

    def _categories(self, rows: pd.DataFrame) -> dict[str, Any]:
        listed = self._within_between(rows, "dissimilarity")
        if "sd" in rows:
            spread = self._within_between(rows, "sd")
            listed |= {"sd": {kind: spread[kind] for kind in PAIRS}, "n": _counted(rows)}
        return listed

    def _within_between(self, rows: pd.DataFrame, value: str) -> dict[str, Any]:
        by_epoch = rows.pivot(index="epoch", columns=["category", "pairs"], values=value)
        wanted = [(name, kind) for name in self._names for kind in PAIRS]
        listed = self._listed(by_epoch.reindex(columns=pd.MultiIndex.from_tuples(wanted)))
        values = listed.pop("values")
        return listed | {"within": values[::2], "between": values[1::2]}

    def _path(self, rows: pd.DataFrame, seed: int | None) -> dict[str, Any]:
        places = mean_path(rows) if seed is None else rows
        return self._listed(places.set_index("epoch")[list(AXES)])

    def _listed(self, values: pd.DataFrame) -> dict[str, Any]:
        ordered = values.sort_index()
        if len(ordered):
            ordered = ordered.iloc[thin(ordered.index.to_numpy(float), self._most)]
        return {
            "epoch": [_short(epoch) for epoch in ordered.index],
            "values": [[_short(value) for value in ordered[name]] for name in ordered],
        }


def _counted(means: pd.DataFrame) -> list[int]:
    return [int(means["n_seeds"].min()), int(means["n_seeds"].max())] if len(means) else [0, 0]


def _short(value: float) -> float | int | None:
    """A number in few characters, far more precise than a screen; None if unknown."""
    if not np.isfinite(value):
        return None
    rounded = float(f"{value:.5g}")
    return int(rounded) if rounded.is_integer() else rounded
