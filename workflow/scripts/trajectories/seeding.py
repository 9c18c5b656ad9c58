"""Keyed randomness: every draw comes from a generator with a key of its own.

So results do not depend on what was drawn before: neither on the number of workers, on
micro-batching, on the number of devices, nor on where a run was interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

# The words are part of the key: renaming one changes every number drawn for it.
PURPOSES = {
    "init": 1,
    "order": 2,
    "augmentation": 3,
    "shuffle": 4,
    "queue": 5,
    "sample": 6,
    "subset": 7,
    "labels": 8,
    "diet": 9,
}


@dataclass(frozen=True)
class Seeds:
    """The seeds of one network instance, by source of variation."""

    init: int
    order: int
    augmentation: int

    @classmethod
    def derive(cls, seed: int, fixed: Mapping[str, int | None]) -> Self:
        """Seeds of the instance `seed`; those that `fixed` names are taken from there instead.

        Fixing one over all instances isolates the other sources of variation: the public MoCo
        code, for one, shares a single data order over all runs.
        """
        chosen = {
            name: seed if fixed.get(name) is None else fixed[name]
            for name in ("init", "order", "augmentation")
        }
        return cls(**chosen)  # type: ignore[arg-type]


def generator(seed: int, purpose: str, *place: int) -> np.random.Generator:
    """Generator for one place, such as `generator(seed, "augmentation", epoch, batch, view)`.

    Raises
    ------
    KeyError
        If `purpose` is not one of `PURPOSES`.
    """
    # The place goes into the spawn key: a plain list would make [1, 2] and [1, 2, 0] the same.
    key = np.random.SeedSequence(seed, spawn_key=(PURPOSES[purpose], *place))
    return np.random.Generator(np.random.Philox(key))


def integer(seed: int, purpose: str, *place: int) -> int:
    """A 63-bit seed for a library that takes one integer, for the same places."""
    return int(generator(seed, purpose, *place).integers(2**63))
