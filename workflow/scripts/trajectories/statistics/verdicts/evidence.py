"""Tests of a statement, their correction within a claim, and the verdict that follows.

Each statistic is tested against no difference, and against the margin, the smallest difference
that counts:

- a difference that is surely there holds, or holds but is small if it surely does not reach the
  margin; surely below 0 it is reversed; surely below the margin and not surely there, it does not
  hold;
- an equality holds if the statistic surely lies within ± the margin: two one-sided tests
  (Schuirmann, 1987); it does not if the statistic surely lies beyond.

Everything else is undecided, and so is what one network shows. A time is known no better than the
checkpoints around it: it is tested at the least and at the largest value that fits them as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trajectories.statistics import crossed_bootstrap
from trajectories.statistics.crossed_bootstrap import Interval
from trajectories.statistics.verdicts.statement import (
    FAILS,
    HOLDS,
    REVERSED,
    SMALL,
    UNDECIDED,
    Array,
    Asked,
)


@dataclass(frozen=True)
class Evidence:
    """What is known of a statistic.

    Attributes
    ----------
    found : Interval
    least, most : Interval or None
        Of the least and the largest value that fits the checkpoints; None without a bound.
    margin : float
    equal : bool
    """

    found: Interval
    least: Interval | None
    most: Interval | None
    margin: float
    equal: bool

    @property
    def decides(self) -> bool:
        """Whether there is an interval, of two networks or more."""
        return bool(np.isfinite(self.found.low) and self.found.n_instances > 1)

    def p_sign(self, checkpoints: bool = True) -> float:
        """Two-sided p of no difference."""
        return min(1.0, 2 * min(self._above(0, checkpoints), self._below(0, checkpoints)))

    def p_margin(self, checkpoints: bool = True) -> float:
        """One-sided p of a difference that counts: of an equality, on either side."""
        below = self._below(self.margin, checkpoints)
        return max(below, self._above(-self.margin, checkpoints)) if self.equal else below

    def p_beyond(self, checkpoints: bool = True) -> float:
        """Two-sided p of no difference that counts; NaN for a statement that is no equality."""
        if not self.equal:
            return np.nan
        sides = self._above(self.margin, checkpoints), self._below(-self.margin, checkpoints)
        return min(1.0, 2 * min(sides))

    def _above(self, value: float, checkpoints: bool) -> float:
        known = _different(self.found, self.least) if checkpoints else [self.found]
        return _largest([None if each is None else each.p_above(value) for each in known])

    def _below(self, value: float, checkpoints: bool) -> float:
        known = _different(self.found, self.most) if checkpoints else [self.found]
        return _largest([None if each is None else each.p_below(value) for each in known])


def evidence(asked: Asked, confidence: float, fixed: bool) -> Evidence | None:
    """Intervals of a statistic; None where there are no values.

    Parameters
    ----------
    asked : Asked
    confidence : float
    fixed : bool
        Whether to take the test images as they are.
    """
    if asked.values is None:
        return None

    def interval(values: Array) -> Interval:
        return crossed_bootstrap.interval(values, confidence, asked.n_images, fixed)

    found = interval(asked.values)
    # A time that may be 0 has no bound as a logarithm.
    least, most = (
        None
        if np.isinf(values[:, 0]).any()
        else found
        if values is asked.values
        else interval(values)
        for values in asked.bounds or (asked.values, asked.values)
    )
    return Evidence(found, least, most, asked.statement.margin, asked.statement.equal)


@dataclass(frozen=True)
class Judged:
    """A verdict, and the corrected p values by which it was reached."""

    verdict: str
    p: float
    p_margin: float


def judge(
    family: Sequence[Evidence | None], confidence: float, checkpoints: bool = True
) -> list[Judged]:
    """Verdicts on the statements of a claim, corrected for how many there are.

    Parameters
    ----------
    family : sequence of Evidence, or None for a statement that cannot be tested
    confidence : float
    checkpoints : bool
        Whether to mind what checkpoints leave open.
    """
    level = 1 - confidence
    tested = [each if each and each.decides else None for each in family]
    sign, margin, beyond = holm(
        [
            [np.nan if each is None else test(each, checkpoints) for each in tested]
            for test in (Evidence.p_sign, Evidence.p_margin, Evidence.p_beyond)
        ]
    )
    return [
        Judged(UNDECIDED, np.nan, np.nan)
        if each is None
        else Judged(_word(each, p <= level, q <= level, r <= level), float(p), float(q))
        for each, p, q, r in zip(tested, sign, margin, beyond, strict=True)
    ]


def holm(p: ArrayLike) -> Array:
    """Correct p values so that the chance of any false rejection keeps its level.

    Holm (1979), Scandinavian Journal of Statistics 6, 65-70, with what logic adds (Shaffer, 1986,
    Journal of the American Statistical Association 81, 826-831): a statement cannot be without a
    difference and beyond the margin at once, so that no more of its hypotheses than one is in
    danger. At each step a p value counts for as many statements as have one that is not smaller.

    Parameters
    ----------
    p : array of shape (n_statements,) or (n_tests, n_statements)
        NaN are not counted.
    """
    given = np.asarray(p, dtype=np.float64)
    flat = given.ravel()
    statement = np.arange(given.size) % given.shape[-1] if given.size else np.arange(0)
    known = np.flatnonzero(np.isfinite(flat))
    order = known[np.argsort(flat[known], kind="stable")]
    n_open = [len({*statement[order[place:]].tolist()}) for place in range(len(order))]
    corrected = np.full(flat.shape, np.nan)
    steps = flat[order] * np.array(n_open, dtype=np.float64)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected.reshape(given.shape)


def _word(each: Evidence, differs: bool, small: bool, beyond: bool) -> str:
    if each.equal:
        if small:
            return SMALL if differs else HOLDS
        return FAILS if beyond else UNDECIDED
    if differs:
        return REVERSED if each.found.estimate < 0 else SMALL if small else HOLDS
    return FAILS if small else UNDECIDED


def _different(found: Interval, bound: Interval | None) -> list[Interval | None]:
    return [found] if bound is found else [found, bound]


def _largest(p: Sequence[Array | None]) -> float:
    """The largest p; 1 if one is not known."""
    return float(np.max([1.0 if each is None else np.nan_to_num(each, nan=1.0) for each in p]))
