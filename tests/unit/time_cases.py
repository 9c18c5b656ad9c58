"""RDMs of a planted course: from one RDM to another, with a known time constant."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def approaching(
    epoch: Array, tau: float, start: float, noise: float, seed: int, n_pairs: int = 4000
) -> Array:
    """RDMs whose difference from a final RDM decays with the time constant `tau`.

    Parameters
    ----------
    start : float
        Similarity of the first RDM to the last, without noise: the smaller, the more changes.
    noise : float
        SD of what is new at each checkpoint, as a share of the SD of the final RDM.
    """
    rng = np.random.default_rng(seed)
    final, other = rng.standard_normal((2, n_pairs))
    first = start * final + np.sqrt(1 - start**2) * other
    rdms = final + np.exp(-epoch / tau)[:, None] * (first - final)
    course: Array = 5 + rdms + noise * rng.standard_normal(rdms.shape)
    return course
