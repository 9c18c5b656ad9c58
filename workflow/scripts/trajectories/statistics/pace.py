"""Change of RDMs per unit of what drives it: epochs, learning rate, displacement of weights.

Angles between RDMs are compared, arccos r, and not 1 − r: where steps are proportional to the
learning rate, so are angles, and 1 − r with its square. Angles of small steps also add up.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEAST_STEPS = 4
"""With fewer steps between checkpoints there is no last quarter to compare with."""


def learning_rates(histories: pd.DataFrame, condition: str) -> dict[float, float] | None:
    """Learning rate of each epoch of a condition; all its seeds share it.

    Parameters
    ----------
    histories : DataFrame
        As `figure_data.read_histories` gives it, or empty.
    condition : str

    Returns
    -------
    dict of epoch to learning rate, or None
        The rate with which the epoch that ends there was trained; None where the condition was
        not trained here.
    """
    if histories.empty:
        return None
    trained = histories[(histories["condition"] == condition) & (histories["epoch"] > 0)]
    found = trained.groupby("epoch")["learning_rate"].first()
    return {float(epoch): float(rate) for epoch, rate in found.items()} or None  # type: ignore[arg-type]


def summed(rates: Mapping[float, float] | None, step: Array) -> Array:
    """Learning rate summed over the epochs of each step.

    Parameters
    ----------
    rates : mapping of epoch to learning rate, or None
    step : array of shape (n_steps, 2)
        Whole epochs.

    Returns
    -------
    float64 array of shape (n_steps,)
        NaN where one is not known.
    """
    return np.array(
        [
            sum((rates or {}).get(float(epoch), np.nan) for epoch in np.arange(start, stop) + 1)
            for start, stop in step
        ],
        dtype=np.float64,
    )


def last_quarter(n_steps: int) -> slice:
    """The last quarter of the steps, at least one."""
    return slice(-max(1, n_steps // 4), None)


def log10_fall(amount: ArrayLike, unit: ArrayLike, step: int = 0) -> Array:
    """How many times as fast an early step is as the last quarter, as a decimal logarithm.

    Parameters
    ----------
    amount : array of shape (..., n_steps)
        What happened in each step.
    unit : array of shape (..., n_steps)
        Per what: epochs, summed learning rate, displacement.
    step : int
        Which step; the first unless given.

    Returns
    -------
    float64 array of shape (...)
        log₁₀ of amount / unit of that step, less that of the sums over the last quarter; not
        finite where one of them is 0.
    """
    done, per = np.asarray(amount, np.float64), np.asarray(unit, np.float64)
    late = last_quarter(done.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.log10(done[..., step] / per[..., step])
        fall: Array = first - np.log10(done[..., late].sum(axis=-1) / per[..., late].sum(axis=-1))
    return fall
