"""Strengths of one change: at a moment, for an image, and over time."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trajectories.training.diets.changes import KINDS
from trajectories.training.diets.curves import CURVES

# Rounding of times: 3 × 0.7 months are not less than 2.1.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Part:
    """Strengths that are uniform between two, and the odds of them."""

    odds: float
    low: float
    high: float


@dataclass(frozen=True)
class Strength:
    """The strengths that images may have at a moment.

    Attributes
    ----------
    parts : tuple of Part
        Their odds add up to 1.
    """

    parts: tuple[Part, ...]

    @property
    def constant(self) -> float | None:
        """The strength of all images, where it is one."""
        values = {value for part in self.parts if part.odds for value in (part.low, part.high)}
        return values.pop() if len(values) == 1 else None

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest strength of any image."""
        seen = [part for part in self.parts if part.odds]
        return min(part.low for part in seen), max(part.high for part in seen)

    @property
    def mean(self) -> float:
        """The mean over images."""
        return sum(part.odds * (part.low + part.high) / 2 for part in self.parts)

    def of(self, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        """Strengths (n,) of n images, from uniform numbers (n, 2): which part, and where in it."""
        if self.constant is not None:
            return np.full(len(uniform), self.constant)
        ends = np.cumsum([part.odds for part in self.parts])
        ends[-1] = 1  # rounding must not leave a gap
        chosen = np.searchsorted(ends, uniform[:, 0], side="right")
        low = np.array([part.low for part in self.parts], dtype=np.float64)[chosen]
        wide = np.array([part.high - part.low for part in self.parts], dtype=np.float64)[chosen]
        strengths: NDArray[np.float64] = low + wide * uniform[:, 1]
        return strengths

    def shared(self, share: float, neutral: float) -> Self:
        """With a share of the images changed, and the others left as they are."""
        if share == 1:
            return self
        changed = tuple(Part(share * part.odds, part.low, part.high) for part in self.parts)
        return type(self)((*changed, Part(1 - share, neutral, neutral)))


def read_value(value: Any) -> Strength:
    """A value of a knot: a number, a range `[low, high]`, or `{"odds": [[strength, odds], …]}`."""
    if isinstance(value, Mapping):
        return Strength(tuple(Part(odds, each, each) for each, odds in value["odds"]))
    low, high = value if isinstance(value, list | tuple) else (value, value)
    return Strength((Part(1.0, low, high),))


@dataclass(frozen=True)
class Change:
    """One change of a diet over time.

    Attributes
    ----------
    change : str
        Name in `changes.KINDS`.
    times : tuple of float
        Knots, in the unit of the diet's clock; empty with a curve.
    values : tuple of Strength
        At the knots.
    between : {"hold", "linear", "geometric"}
        What lies between two knots. Before the first images are left as they are; after the last
        its value holds.
    share : float
        Share of the images that are changed.
    curve : str or None
        Name in `curves.CURVES`, in place of knots.
    """

    change: str
    times: tuple[float, ...]
    values: tuple[Strength, ...]
    between: str
    share: float
    curve: str | None = None

    @classmethod
    def from_mapping(cls, change: Mapping[str, Any]) -> Self:
        """From an entry of `training.diet.changes`, as `study.diets` spells it out."""
        at = change["at"]
        knots = [] if isinstance(at, str) else at
        return cls(
            change=change["change"],
            times=tuple(time for time, _ in knots),
            values=tuple(read_value(value) for _, value in knots),
            between=change.get("between", "hold"),
            share=change.get("share", 1.0),
            curve=at if isinstance(at, str) else None,
        )

    def at(self, time: float, before: bool = False) -> Strength:
        """Strengths at a time in the unit of the clock; with `before`, just before it."""
        neutral = KINDS[self.change].neutral
        if self.curve is not None:
            return read_value(CURVES[self.curve].strength(time)).shared(self.share, neutral)
        if before:
            after = bisect_left(self.times, time - _ROUNDING)
        else:
            after = bisect_right(self.times, time + _ROUNDING)
        if after == 0:
            return read_value(neutral)
        value = self.values[after - 1]
        if self.between != "hold" and after < len(self.times):
            first, last = self.times[after - 1], self.times[after]
            passed = min(max((time - first) / (last - first), 0.0), 1.0)
            value = _between(value, self.values[after], passed, self.between)
        return value.shared(self.share, neutral)


def _between(one: Strength, other: Strength, passed: float, how: str) -> Strength:
    """The strengths when a share of the time from one knot to the next has passed."""
    (first,), (last,) = one.parts, other.parts

    def value(start: float, end: float) -> float:
        if how == "geometric":
            return float(start ** (1 - passed) * end**passed)
        return start + (end - start) * passed

    return Strength((Part(1.0, value(first.low, last.low), value(first.high, last.high)),))
