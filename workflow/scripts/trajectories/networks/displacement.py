"""How far weights move from one checkpoint to the next, for the network up to each layer."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import UserError
from trajectories.storage.columns import DISPLACEMENT
from trajectories.storage.files import atomic, write_checksum
from trajectories.study.epochs import compared

if TYPE_CHECKING:
    from torch import Tensor

Weights = Mapping[str, "Tensor"]


def whole_steps(epochs: Sequence[float]) -> list[tuple[float, float]]:
    """Steps between consecutive epochs of which stability is measured (`epochs.compared`).

    Raises
    ------
    UserError
        If there are fewer than two.
    """
    whole = compared(sorted(epochs))
    if len(whole) < 2:
        raise UserError(
            f"Displacement needs checkpoints at 2 epochs, but there are {len(whole)}: train"
            " longer (training.epochs)."
        )
    return list(pairwise(whole))


def displacements(
    checkpoints: Iterable[tuple[float, Weights]], prefixes: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, float, float, float]]:
    """Relative displacement of the weights of each step, ‖w(t + 1) − w(t)‖ / ‖w(t)‖.

    Two checkpoints at a time are in memory.

    Parameters
    ----------
    checkpoints : iterable of (epoch, weights by name)
        In the order of training.
    prefixes : mapping of layer to names of weights
        Those that the output of the layer depends on.

    Yields
    ------
    layer : str
    epoch, next_epoch : float
    displacement : float
        Euclidean, over all these weights as one vector; dimensionless.

    Raises
    ------
    UserError
        If a checkpoint lacks weights, or has some that are not finite numbers, or none but zeros.
    """
    everywhere = dict.fromkeys(name for names in prefixes.values() for name in names)
    before: tuple[float, Weights] | None = None
    for epoch, weights in checkpoints:
        _require(everywhere, epoch, weights)
        if before is not None:
            squares = {name: _squares(before[1][name], weights[name]) for name in everywhere}
            for layer, names in prefixes.items():
                moved, size = (
                    sum(each) for each in zip(*(squares[name] for name in names), strict=True)
                )
                if not (np.isfinite(moved) and np.isfinite(size) and size > 0):
                    raise UserError(
                        f"Weights up to {layer} at epoch {before[0]:g} or {epoch:g} are not finite"
                        " numbers, or all 0, so that no displacement is defined: leave this"
                        " checkpoint out."
                    )
                yield layer, before[0], epoch, float(np.sqrt(moved / size))
        before = (epoch, weights)


def write(
    path: Path, condition: str, seed: int, rows: Iterable[tuple[str, float, float, float]]
) -> None:
    """Write `displacement.csv` with the columns of `columns.DISPLACEMENT`, and its checksum.

    Without pandas, which the environment of scripts that read checkpoints does not have.
    """
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(DISPLACEMENT)
        writer.writerows((condition, seed, *row) for row in rows)
    write_checksum(path)


def _require(names: Iterable[str], epoch: float, weights: Weights) -> None:
    missing = [name for name in names if name not in weights]
    if missing:
        raise UserError(
            f"The checkpoint at epoch {epoch:g} has no {missing[0]}, which the network has: delete"
            " its folder and start the workflow again."
        )


def _squares(before: "Tensor", after: "Tensor") -> tuple[float, float]:
    """Squared lengths of the change of a weight and of the weight before, in float64."""
    first = before.double()
    return float((after.double() - first).square().sum()), float(first.square().sum())
