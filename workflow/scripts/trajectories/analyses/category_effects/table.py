"""Table of category effects over learning: size, uncertainty, and test against chance."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.analyses.category_effects import COLUMNS
from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import (
    condition_curves,
    crossed_bootstrap,
    label_permutation,
)
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.storage import resamples_file
from trajectories.storage.resamples_file import Curves

CONTRASTS = {
    "effect": "between − within",
    "gain": "between − within, less that of the first checkpoint",
}


def tabulate(
    trajectories: Sequence[Path],
    resamples: Sequence[Path],
    recipes: Sequence[Path],
    definitions: Mapping[str, Mapping[str, str]],
    confidence: float,
    permutations: int,
    seed: int,
) -> list[pd.DataFrame]:
    """The table of a study, from the trajectories and resamples of its instances.

    Raises
    ------
    UserError
        If they do not come in the same order.
    """
    read = resamples_file.read_all(resamples)
    parts = []
    for curves in condition_curves.by_condition(read, recipes):
        with ExitStack() as stack:
            opened = [
                _opened(path, each, stack)
                for path, each in zip(trajectories, read, strict=True)
                if str(each.attributes["condition"]) == curves.condition
            ]
            parts.append(table(curves, opened, definitions, confidence, permutations, seed))
    return [pd.concat(parts, ignore_index=True)]


def _opened(path: Path, curves: Curves, stack: ExitStack) -> Trajectory:
    """The trajectory of an instance, whose curves are these, open as long as the stack is."""
    found = stack.enter_context(trajectory.opened(path))
    for key in ("condition", "seed"):
        if found.attributes[key] != curves.attributes[key]:
            raise UserError(
                f"{path} is of {key} {found.attributes[key]}, but its resamples are of"
                f" {curves.attributes[key]}: give both in the same order."
            )
    return found


class MeanRDMs:
    """Mean RDMs of a layer over instances, computed where they are sliced.

    Parameters
    ----------
    rdms : sequence of arrays, or of datasets of open files, of shape (n_rdms, n_pairs)
        One an instance.
    places : sequence of int arrays of shape (n_checkpoints,)
        Which of its RDMs are those of the checkpoints.
    """

    def __init__(
        self, rdms: Sequence[NDArray[np.float64]], places: Sequence[NDArray[np.intp]]
    ) -> None:
        self._rdms, self._places = rdms, places

    @property
    def shape(self) -> tuple[int, int]:
        """(n_checkpoints, n_pairs)."""
        return len(self._places[0]), int(self._rdms[0].shape[1])

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.float64]:
        checkpoints, pairs = key
        total: Any = 0
        for rdms, places in zip(self._rdms, self._places, strict=True):
            total = total + rdms[places[checkpoints], pairs]
        mean: NDArray[np.float64] = total / len(self._rdms)
        return mean


def mean_rdms(
    trajectories: Iterable[Trajectory], epoch: NDArray[np.float64]
) -> tuple[dict[str, MeanRDMs], Mapping[str, NDArray[np.bool_]]]:
    """Mean RDMs of the instances of a condition.

    Parameters
    ----------
    trajectories : iterable of Trajectory
        At least one; all of the same stimuli. Those that were `opened` must stay open.
    epoch : float64 array of shape (n_checkpoints,)
        Epochs that all of them have.

    Returns
    -------
    rdms : dict of layer to MeanRDMs
    flags : dict of flag to bool array of shape (n_stimuli,)

    Raises
    ------
    UserError
        If the stimuli differ.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    places = []
    stimulus: tuple[str, ...] = ()
    flags: Mapping[str, NDArray[np.bool_]] = {}
    for each in trajectories:
        if stimulus and each.stimulus != stimulus:
            raise UserError(
                f"The instances of {each.attributes.get('condition')} saw different test images:"
                " extract their activations again."
            )
        stimulus, flags = each.stimulus, each.flags
        places.append(np.searchsorted(each.epoch, epoch))
        for layer, rdms in each.rdms.items():
            found.setdefault(layer, []).append(rdms)
    return {layer: MeanRDMs(rdms, places) for layer, rdms in found.items()}, flags


def table(
    curves: ConditionCurves,
    trajectories: Iterable[Trajectory],
    definitions: Mapping[str, Mapping[str, str]],
    confidence: float,
    n_permutations: int,
    seed: int,
) -> pd.DataFrame:
    """Category effects of a condition, and their gain over its first checkpoint.

    Parameters
    ----------
    curves : ConditionCurves
    trajectories : iterable of Trajectory
        Of the same instances.
    definitions : mapping of name to {"within": expression, "between": expression}
    confidence : float
        Of the intervals, which are over instances and images.
    n_permutations, seed : int
        Of the labels.

    Returns
    -------
    DataFrame with the columns of `COLUMNS`
        ``effect`` in the unit of the RDMs, for both contrasts of `CONTRASTS`.
    """
    rdms, flags = mean_rdms(trajectories, curves.epoch)
    parts = []
    labels = {
        name: label_permutation.permuted_labels(definition, flags, n_permutations, seed)
        for name, definition in definitions.items()
    }
    for layer in curves.layers:
        for name in definitions:
            permuted = label_permutation.effects(rdms[layer], *labels[name])
            resampled = curves.between(layer, name) - curves.within(layer, name)
            for contrast, chance, values in _contrasts(permuted, resampled):
                found = crossed_bootstrap.interval(values, confidence, curves.members[name])
                tested = label_permutation.tested(chance)
                parts.append(
                    pd.DataFrame(
                        {
                            "condition": curves.condition,
                            "layer": layer,
                            "category": name,
                            "contrast": contrast,
                            "epoch": curves.epoch,
                            "effect": found.estimate,
                            "low": found.low,
                            "high": found.high,
                            "p": tested.p,
                            "p_max": tested.p_max,
                            "q": tested.q,
                            "n_seeds": len(values),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _contrasts(
    permuted: NDArray[np.float64], resampled: NDArray[np.float64]
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    yield "effect", permuted, resampled
    yield "gain", permuted - permuted[:, :1], resampled - resampled[..., :1]
