"""Mean and SD of all dissimilarities of an RDM, under each resample of the test images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.statistics import resampling
from trajectories.statistics.condition_curves import ConditionCurves
from trajectories.statistics.resampled_curves import weighted_means

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Overall:
    """Of the instances of a condition, at the checkpoints of its curves.

    Attributes
    ----------
    mean, sd : dict of layer to float64 array of shape (n_instances, n_rows, n_checkpoints)
        Over all pairs of images.
    """

    mean: dict[str, Array]
    sd: dict[str, Array]


class _Squares:
    """Squares of RDMs, computed where they are sliced."""

    def __init__(self, rdms: NDArray[np.float64]) -> None:
        self._rdms, self.shape = rdms, rdms.shape

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        squares: Array = np.square(np.asarray(self._rdms[key], dtype=np.float64))
        return squares


def read(curves: ConditionCurves, trajectories: Sequence[Path], seed: int) -> Overall:
    """Mean and SD over all pairs.

    Parameters
    ----------
    curves : ConditionCurves
    trajectories : sequence of Path
        The trajectory.h5 of all instances of the study, those of other conditions too.
    seed : int
        Of the resamples with which the curves were made.

    Raises
    ------
    UserError
        If an instance has no trajectory.
    """
    found: dict[tuple[str, int], Path] = {}
    mean: dict[str, list[Array]] = {layer: [] for layer in curves.layers}
    sd: dict[str, list[Array]] = {layer: [] for layer in curves.layers}
    for path in trajectories:
        with trajectory.opened(path) as each:
            found[str(each.attributes["condition"]), int(each.attributes["seed"])] = path
    n_resamples = len(curves.instances[0].to_final[curves.layers[0]]) - 1
    counts = resampling.stimulus_counts(curves.n_stimuli, n_resamples, seed)
    for instance in curves.instances:
        identity = curves.condition, int(instance.attributes["seed"])
        if identity not in found:
            raise UserError(f"There is no trajectory of {identity[0]} seed {identity[1]}.")
        with trajectory.opened(found[identity]) as opened:
            for layer in curves.layers:
                of_rdm, spread = moments(opened.rdms[layer], counts)
                kept = np.searchsorted(opened.epoch, curves.epoch)
                mean[layer].append(of_rdm[:, kept])
                sd[layer].append(spread[:, kept])
    return Overall(*({layer: np.stack(of) for layer, of in each.items()} for each in (mean, sd)))


def moments(rdms: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean and SD over all pairs, each (n_rows, n_checkpoints).

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_checkpoints, n_pairs)
    counts : int64 array of shape (n_rows, n_stimuli)
    """
    everything = [np.ones(rdms.shape[1], dtype=np.bool_)]
    [mean] = weighted_means(rdms, everything, counts)
    [square] = weighted_means(_Squares(rdms), everything, counts)  # type: ignore[arg-type]
    return mean, np.sqrt(np.maximum(square - mean**2, 0))
