"""Choosing the training images of a source that has more, and replacing those that are broken."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trajectories import seeding
from trajectories.errors import UserError

log = logging.getLogger("trajectories")

_SHOWN = 10


@dataclass
class Subset:
    """Images chosen from a source, in the order of the source.

    Attributes
    ----------
    chosen : int array of shape (count,)
        Indices into the source.
    left_out : dict of str to str
        Names of broken images, sorted, with the reason.
    """

    chosen: NDArray[np.intp]
    left_out: dict[str, str] = field(default_factory=dict)


def choose(
    names: Sequence[str],
    count: int,
    seed: int,
    source: str,
    take: Callable[[NDArray[np.intp]], Iterable[tuple[int, str | None]]],
) -> Subset:
    """Choose `count` images at random, all whole.

    Parameters
    ----------
    names : sequence of n_images strings
        What a broken image is called.
    count : int
    seed : int
        The same seed chooses the same images; another count with it keeps most of them.
    source : str
        What the source is called in an error.
    take : callable
        Reads images by their sorted indices; yields for each its index and, if it is broken, why;
        in any order.

    Raises
    ------
    UserError
        If the source has fewer whole images than `count`; the message names the broken ones.
    """
    order = seeding.generator(seed, "subset").permutation(len(names))
    whole: list[int] = []
    left_out: dict[str, str] = {}
    tried = 0
    while len(whole) < count and tried < len(order):
        wanted = order[tried : tried + count - len(whole)]
        tried += len(wanted)
        for index, reason in take(np.sort(wanted)):
            if reason is None:
                whole.append(index)
            else:
                left_out[names[index]] = reason
                log.warning("left out %s: %s", names[index], reason)
    if len(whole) < count:
        raise UserError(
            f"{source} has {len(whole)} images, fewer than images.count ({count})"
            f"{_listed(left_out)}: set images.count to at most {len(whole)}."
        )
    return Subset(np.sort(np.array(whole, dtype=np.intp)), dict(sorted(left_out.items())))


def _listed(left_out: dict[str, str]) -> str:
    if not left_out:
        return ""
    shown = ", ".join(list(left_out)[:_SHOWN])
    more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return f", as {len(left_out)} are broken ({shown}{more})"
