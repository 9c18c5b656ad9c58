"""Intervals for statistics of several networks and test images: both were sampled.

A difference that the same networks would show on other images, and other networks on these, must
exceed the variation of networks and images. The error of the mean over instances has two parts:

- networks: S²/n, where S² is the variance of the statistic over the n instances (n − 1). It holds
  the differences between networks, and those between networks in how they see these images;
- images: the variance of the mean over instances under resampling of the images, the same resample
  for all instances. It too holds the interaction of networks and images, which would count twice:
  the two-way analysis of variance of instances by resamples estimates it, and it is taken off.
  Resampling both factors at once would count it three times (Schütt, Kipnis, Diedrichsen &
  Kriegeskorte, 2023, eLife 12, e82566, who correct the bootstrap of both by those of each).

The interval is that of Student's t with degrees of freedom after Satterthwaite (1946): with four
instances, percentiles of resampled instances are far too narrow.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEAST_SHARE = 0.5
"""If fewer resamples than this share have a value in every instance, there is no interval."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval; all arrays of the trailing axes of the values.

    Attributes
    ----------
    estimate, low, high, se : float64 array
        Mean over instances, its confidence limits and standard error, in the unit of the values.
    df : float64 array
        Degrees of freedom of t.
    n_instances : int64 array
        Instances with a value. With one, the interval is over images alone.
    """

    estimate: Array
    low: Array
    high: Array
    se: Array
    df: Array
    n_instances: NDArray[np.int64]

    def p(self, value: float = 0) -> Array:
        """Two-sided p of the estimate if the truth were `value`, from the same t."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(self.estimate - value) / self.se
        from scipy import stats  # slow to import, seldom needed

        p: Array = np.asarray(2 * stats.t.sf(t, self.df), dtype=np.float64)
        # An effect without any error at all: as where all values are equal.
        exact = (self.se == 0) & np.isfinite(self.estimate)
        return np.where(exact, np.where(self.estimate == value, 1.0, 0.0), p)


def interval(values: ArrayLike, confidence: float = 0.95, n_stimuli: float = np.inf) -> Interval:
    """Confidence interval of the mean over instances, crossed over instances and stimuli.

    Parameters
    ----------
    values : array of shape (n_instances, n_rows, ...)
        A statistic of each instance: row 0 from the data, each further row from a resample of the
        stimuli, the same for all instances. An instance that has no finite value in row 0 is left
        out; so is a resample in which one of the others has none.
    confidence : float
        Between 0 and 1.
    n_stimuli : float, optional
        How many stimuli the statistic rests on, such as the members of a category: degrees of
        freedom of their part are one less.

    Returns
    -------
    Interval
        NaN throughout where no instance has a value, or where fewer than `LEAST_SHARE` of the
        resamples have one in every instance. With one instance the error is that over images
        alone: how much another network would differ is not known.
    """
    given = np.asarray(values, dtype=np.float64)
    given = np.where(np.isfinite(given), given, np.nan)
    has_value = np.isfinite(given[:, 0])
    n = has_value.sum(axis=0)
    data = _masked_mean(given[:, 0], has_value)
    networks = _masked_variance(given[:, 0], has_value) / np.maximum(n, 1)
    images = _image_variance(given[:, 1:], has_value, n)
    # One network has no variance over networks, and more images do not reveal it.
    networks = np.where(n == 1, 0.0, networks)
    variance = np.where(n > 0, networks + images, np.nan)
    rounding = 4 * np.finfo(np.float64).eps * np.abs(data)
    variance = np.where(variance <= rounding**2, 0.0, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (
            networks**2 / np.maximum(n - 1, 1) + images**2 / (max(n_stimuli, 2) - 1)
        )
    df = np.where(variance == 0, np.inf, df)
    se = np.sqrt(variance)
    from scipy import stats  # slow to import, seldom needed

    half = stats.t.ppf((1 + confidence) / 2, df) * se
    known = np.isfinite(se)
    estimate = np.where(n > 0, data, np.nan)
    return Interval(
        estimate=estimate,
        low=np.where(known, estimate - half, np.nan),
        high=np.where(known, estimate + half, np.nan),
        se=se,
        df=np.where(known, df, np.nan),
        n_instances=np.asarray(n, dtype=np.int64),
    )


def paired(
    values_a: ArrayLike, values_b: ArrayLike, confidence: float = 0.95, n_stimuli: float = np.inf
) -> Interval:
    """Interval of the difference a − b, paired by instance and by resample.

    Parameters
    ----------
    values_a, values_b : arrays of shape (n_instances, n_rows, ...)
        Of the same instances and resamples, in the same order. `Interval.p` tests the difference.
    confidence, n_stimuli
        As for `interval`.
    """
    difference = np.asarray(values_a, dtype=np.float64) - np.asarray(values_b, dtype=np.float64)
    return interval(difference, confidence, n_stimuli)


def verdict(low: float, high: float, above: float = 0.0, below: float = np.inf) -> str:
    """Whether a value lies between two bounds, as far as its interval shows.

    Parameters
    ----------
    low, high : float
        Confidence limits.
    above, below : float
        The claim: above < value < below. (0, ∞) claims a direction. (−margin, margin) claims
        equivalence; to include the interval is the two one-sided tests of Schuirmann (1987) at
        half of one minus the confidence each.

    Returns
    -------
    {"holds", "does not hold", "undecided"}
        It holds if the whole interval lies between the bounds, and does not if none of it does.
        Undecided where limits are NaN.
    """
    if low > above and high < below:
        return "holds"
    if high <= above or low >= below:
        return "does not hold"
    return "undecided"


def _masked_mean(values: Array, chosen: NDArray[np.bool_]) -> Array:
    """Mean over the first axis of the chosen ones; 0 where there are none."""
    total = np.where(chosen, values, 0).sum(axis=0)
    mean: Array = total / np.maximum(chosen.sum(axis=0), 1)
    return mean


def _masked_variance(values: Array, chosen: NDArray[np.bool_]) -> Array:
    """Variance (n − 1) over the first axis of the chosen ones; 0 where there are fewer than two."""
    deviation = np.where(chosen, values - _masked_mean(values, chosen), 0)
    variance: Array = (deviation**2).sum(axis=0) / np.maximum(chosen.sum(axis=0) - 1, 1)
    return variance


def _image_variance(resampled: Array, has_value: NDArray[np.bool_], n: NDArray[np.intp]) -> Array:
    """Variance of the mean over instances by images alone, without the interaction.

    `resampled` has the shape (n_instances, n_resamples, ...), `has_value` (n_instances, ...).
    """
    instances = has_value[:, None]
    complete = np.asarray(np.all(np.isfinite(resampled) | ~instances, axis=0))
    used = instances & complete
    n_used = complete.sum(axis=0)
    mean_of_resample = _masked_mean(resampled, used)
    total = _masked_variance(mean_of_resample, complete)
    mean_of_instance = np.where(used, resampled, 0).sum(axis=1) / np.maximum(n_used, 1)
    residual = resampled - mean_of_resample - mean_of_instance[:, None]
    residual += _masked_mean(mean_of_resample, complete)
    interaction = np.where(used, residual**2, 0).sum(axis=(0, 1))
    interaction /= np.maximum((n - 1) * (n_used - 1), 1)
    images = np.where(n > 1, total - interaction / np.maximum(n, 1), total)
    enough = (n_used >= 2) & (n_used >= LEAST_SHARE * resampled.shape[1])
    variance: Array = np.where(enough, np.maximum(images, 0), np.nan)
    return variance
