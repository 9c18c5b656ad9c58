"""Numbers and lists, formatted for sentences."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def with_interval(
    estimate: float, low: float, high: float, digits: int = 2, unit: str = "", sign: int = 1
) -> str:
    """An estimate and its interval, as "2.4 epochs (1.7 to 3.0)".

    Parameters
    ----------
    estimate, low, high : float
        Limits that are not known are left out.
    digits : int
        Decimal places.
    unit : str
    sign : {1, -1}
        With -1 the same of the negative: a difference seen from the other side.
    """
    if sign < 0:
        estimate, low, high = -estimate, -high, -low
    said = f"{number(estimate, digits)}{' ' if unit else ''}{unit}"
    if not (np.isfinite(low) and np.isfinite(high)):
        return said
    return f"{said} ({number(low, digits)} to {number(high, digits)})"


def records(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Rows of a table, each a value by column."""
    return table.to_dict("records")


def side(low: float, high: float, middle: float = 0) -> int:
    """1 where all of an interval lies above a value, -1 where below, else 0."""
    return int(low > middle) - int(high < middle)


def listed(items: Sequence[str]) -> str:
    """Items of a sentence: "a, b and c"."""
    return " and ".join([*([", ".join(items[:-1])] if items[:-1] else []), *items[-1:]])


def state(epoch: float) -> str:
    """A network at a checkpoint."""
    return "the untrained network" if epoch == 0 else f"the network of epoch {epoch:g}"


def at(epoch: float) -> str:
    """When a checkpoint was taken."""
    return "before training" if epoch == 0 else f"at epoch {epoch:g}"


def count(epochs: "pd.Series[float]", of: str = "") -> str:
    """How many epochs there are, of how many, and where: "2 of 9 steps (first epoch 1, last 4)"."""
    if epochs.empty:
        return f"none{of}"
    last = f", last {epochs.max():g}" if len(epochs) > 1 else ""
    return f"{len(epochs)}{of} (first epoch {epochs.min():g}{last})"


def mean_and_sd(mean: float, sd: float, digits: int) -> str:
    """Mean ± SD of a table; the mean alone where there is no SD."""
    # Not to be broken over lines.
    spread = "" if np.isnan(sd) else f"\u00a0±\u00a0{sd:.{digits}f}"
    return f"{number(mean, digits)}{spread}"


def mean_sd(values: NDArray[np.float64], digits: int = 3) -> str:
    """Mean ± SD over instances (n - 1 in the denominator); of one instance, its value alone.

    Parameters
    ----------
    values : array of shape (n_instances,)
    digits : int
        Decimal places.
    """
    several = len(values) > 1 and bool(np.isfinite(values).all())
    sd = float(np.std(values, ddof=1)) if several else np.nan
    return mean_and_sd(float(np.mean(values)), sd, digits)


def measured(values: "pd.Series[float]", digits: int = 3) -> str:
    """Mean ± SD of the values that are known; a dash where none is."""
    known = np.asarray(values.dropna(), np.float64)
    return mean_sd(known, digits) if known.size else "–"


def number(value: float, digits: int) -> str:
    """A number with a true minus sign; a dash where it is not known."""
    if np.isnan(value):
        return "–"
    text = "∞" if np.isinf(value) else f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 else text


def of_networks(table: pd.DataFrame, value: str, epoch: float, digits: int) -> str:
    """Mean ± SD over the networks at an epoch; a dash where none has a value."""
    return measured(table.loc[table["epoch"] == epoch, value], digits)
