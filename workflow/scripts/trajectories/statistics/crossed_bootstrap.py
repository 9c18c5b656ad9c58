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

The interval is that of Student's t, with the quantile of both parts after Cochran & Cox
(`TwoVariances`): with four instances, percentiles of resampled instances are far too narrow.

With the images fixed, only networks vary: the interval says what other networks would show on
these very images, and nothing about other images.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEAST_SHARE = 0.5
"""If fewer resamples than this share have a value in every instance, there is no interval."""


LEAST_P = 1e-300
"""Tails below this are given as this; that of an infinite t is 0."""

ROUNDING = 1e-6
"""By which the bracket of a tail's logarithm is widened."""


@dataclass(frozen=True)
class TwoVariances:
    """Distribution of an error whose variance is the sum of two estimated ones, in standard errors.

    Cochran & Cox (1957, Experimental designs, 2nd ed., section 4.14): the quantile is the mean of
    the t quantiles of both parts, weighted by their variances. Its errors stay below the nominal
    rate in the tails too, where one t with Satterthwaite's degrees of freedom has too many of them
    if there are few networks (`benchmarks/calibration.py`, part `tails`).

    Attributes
    ----------
    share : float64 array
        Share of the first part in the variance, from 0 to 1.
    df : pair of float64 arrays
        Degrees of freedom of the parts, perhaps infinite.
    """

    share: Array
    df: tuple[Array, Array]

    def quantile(self, p: ArrayLike) -> Array:
        """Quantile of p, of the shapes of `share` and `p` together."""
        return _mixed(self.share, p, *self.df)

    def tail(self, t: ArrayLike) -> Array:
        """Probability of more than t: the p of which `quantile` (1 − p) is t."""
        from scipy import special  # slow to import, seldom needed
        from scipy.optimize import elementwise

        given = np.asarray(t, dtype=np.float64)
        share, beyond, first, second = np.broadcast_arrays(self.share, np.abs(given), *self.df)
        tails = special.stdtr(first, -beyond), special.stdtr(second, -beyond)
        # The quantile lies between those of the parts, and so does the tail.
        low, high = (
            np.log(np.clip(each(*tails), LEAST_P, None)) for each in (np.minimum, np.maximum)
        )
        with np.errstate(invalid="ignore"):  # where it is not known
            found = elementwise.find_root(
                lambda log_p, *parts: _mixed(parts[0], np.exp(log_p), *parts[2:]) + parts[1],
                (low - ROUNDING, high + ROUNDING),
                args=(share, beyond, first, second),
            )
        # None is found where the tail is below LEAST_P.
        mixed = np.where(found.success, np.exp(found.x), 0.0)
        p = np.where(share == 1, tails[0], np.where(share == 0, tails[1], mixed))
        # Half at most, whatever is rounded: twice that is a probability.
        p = np.where(np.isnan(share + beyond), np.nan, np.minimum(p, 0.5))
        p = np.where(np.isinf(beyond), 0.0, p)
        return np.where(given < 0, 1 - p, p)


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval; all arrays of the trailing axes of the values.

    Attributes
    ----------
    estimate, low, high, se : float64 array
        Mean over instances, its confidence limits and standard error, in the unit of the values.
    n_instances : int64 array
        Instances with a value. With one, the interval is over images alone.
    networks, interaction, images : float64 array
        Parts of the squared standard error: by networks, in which their interaction with images is
        contained, that interaction by itself, and by images.
    error : TwoVariances
        Distribution of the error of the estimate, in standard errors.
    """

    estimate: Array
    low: Array
    high: Array
    se: Array
    n_instances: NDArray[np.int64]
    networks: Array
    interaction: Array
    images: Array
    error: TwoVariances

    def p_above(self, value: float = 0) -> Array:
        """One-sided p of the estimate if the truth were `value` or less."""
        return self._tail(self.estimate - value)

    def p_below(self, value: float = 0) -> Array:
        """One-sided p of the estimate if the truth were `value` or more."""
        return self._tail(value - self.estimate)

    def _tail(self, beyond: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            p = self.error.tail(beyond / self.se)
        exact = (self.se == 0) & np.isfinite(self.estimate)
        return np.where(exact, np.where(beyond > 0, 0.0, 1.0), p)

    def p(self, value: float = 0) -> Array:
        """Two-sided p of the estimate if the truth were `value`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(self.estimate - value) / self.se
        p = 2 * self.error.tail(t)
        # An effect without any error at all: as where all values are equal.
        exact = (self.se == 0) & np.isfinite(self.estimate)
        return np.where(exact, np.where(self.estimate == value, 1.0, 0.0), p)

    def detectable(self, confidence: float = 0.95, power: float = 0.8) -> Array:
        """The least true difference from 0 that a test at this level finds with this power.

        The standard error times the sum of two quantiles of t: Bloom (1995), Evaluation Review 19,
        547-556, "Minimum detectable effects".
        """
        quantiles = self.error.quantile((1 + confidence) / 2) + self.error.quantile(power)
        return quantiles * self.se


def interval(
    values: ArrayLike,
    confidence: float = 0.95,
    n_stimuli: float = np.inf,
    fixed: bool = False,
) -> Interval:
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
    fixed : bool
        Whether to take the stimuli as they are: then the interval is over instances alone.

    Returns
    -------
    Interval
        NaN throughout where no instance has a value, or where fewer than `LEAST_SHARE` of the
        resamples have one in every instance. With one instance the error is that over images
        alone, and there is none with fixed stimuli: how much another network would differ is not
        known.
    """
    given = np.asarray(values, dtype=np.float64)
    given = np.where(np.isfinite(given), given, np.nan)
    has_value = np.isfinite(given[:, 0])
    n = has_value.sum(axis=0)
    data = _masked_mean(given[:, 0], has_value)
    networks = _masked_variance(given[:, 0], has_value) / np.maximum(n, 1)
    if fixed:
        images = interaction = np.zeros_like(networks)
        networks = np.where(n == 1, np.nan, networks)
    else:
        images, interaction = _image_variance(given[:, 1:], has_value, n)
        # One network has no variance over networks, and more images do not reveal it.
        networks = np.where(n == 1, 0.0, networks)
    variance = np.where(n > 0, networks + images, np.nan)
    rounding = 4 * np.finfo(np.float64).eps * np.abs(data)
    variance = np.where(variance <= rounding**2, 0.0, variance)
    se = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(variance == 0, 1.0, networks / (networks + images))
    df = (np.maximum(n - 1.0, 1.0), np.asarray(max(n_stimuli, 2) - 1.0))
    error = TwoVariances(share, df)
    half = error.quantile((1 + confidence) / 2) * se
    known = np.isfinite(se)
    estimate = np.where(n > 0, data, np.nan)
    return Interval(
        estimate=estimate,
        low=np.where(known, estimate - half, np.nan),
        high=np.where(known, estimate + half, np.nan),
        se=se,
        n_instances=np.asarray(n, dtype=np.int64),
        networks=networks,
        interaction=np.minimum(interaction, networks),
        images=images,
        error=error,
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


def corrected(p: ArrayLike) -> Array:
    """Benjamini and Hochberg's q of the p values that are known; NaN for the rest."""
    given = np.asarray(p, dtype=np.float64)
    q = np.full(given.shape, np.nan)
    known = np.isfinite(given)
    if known.any():
        from scipy import stats  # slow to import, seldom needed

        q[known] = stats.false_discovery_control(given[known])
    return q


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


def _image_variance(
    resampled: Array, has_value: NDArray[np.bool_], n: NDArray[np.intp]
) -> tuple[Array, Array]:
    """Variance of the mean over instances by images alone, and by their interaction.

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
    interaction = interaction / np.maximum(n, 1)
    images = np.where(n > 1, total - interaction, total)
    enough = (n_used >= 2) & (n_used >= LEAST_SHARE * resampled.shape[1])
    return np.where(enough, np.maximum(images, 0), np.nan), interaction


def _mixed(share: Array, p: ArrayLike, first: Array, second: Array) -> Array:
    from scipy import special  # slow to import, seldom needed

    # A part without any variance has no say, not even with an infinite quantile.
    with np.errstate(invalid="ignore"):
        of_first = np.where(share == 0, 0.0, share * special.stdtrit(first, p))
        mixed: Array = of_first + np.where(
            share == 1, 0.0, (1 - share) * special.stdtrit(second, p)
        )
    return mixed
