"""Verdicts in sentences: numbers, verdict, its reason, and what would decide the undecided."""

from collections.abc import Sequence

import numpy as np

from trajectories.statistics.verdicts import sample_size
from trajectories.statistics.verdicts.evidence import Evidence, Judged, evidence, judge
from trajectories.statistics.verdicts.statement import (
    CHECKPOINTS_LIMIT,
    FAILS,
    FIXED,
    HOLDS,
    IMAGES,
    IMAGES_LIMIT,
    NETWORKS_LIMIT,
    REVERSED,
    SMALL,
    UNDECIDED,
    Asked,
    Claim,
    Rules,
    Statement,
)


def decided(condition: str, family: Sequence[Asked], rules: Rules) -> list[Claim]:
    """Decide the statements of one claim, for these images and for other images too.

    Parameters
    ----------
    condition : str
    family : sequence of Asked
        Tests are corrected for how many of them can be tested.
    rules : Rules

    Returns
    -------
    list of Claim
        Each statement twice, once for each of `IMAGES`.
    """
    by_images = []
    for images in IMAGES:
        known = [evidence(each, rules.confidence, images == FIXED) for each in family]
        judged = judge(known, rules.confidence)
        # What is decided without them is left open by checkpoints.
        without = judge(known, rules.confidence, checkpoints=False)
        n_tested = sum(each is not None and each.decides for each in known)
        by_images.append(
            [
                _claim(condition, images, *each, rules, max(1, n_tested))
                for each in zip(family, known, judged, without, strict=True)
            ]
        )
    return [claim for both in zip(*by_images, strict=True) for claim in both]


def _claim(
    condition: str,
    images: str,
    asked: Asked,
    known: Evidence | None,
    judged: Judged,
    without: Judged,
    rules: Rules,
    n_tested: int,
) -> Claim:
    statement = asked.statement
    said, limits, limit = statement.text, (np.nan, np.nan, np.nan), ""
    if known is None:
        reason = f"as {asked.reason}"
    else:
        found = known.found
        limits = (float(found.estimate), float(found.low), float(found.high))
        if judged.verdict != UNDECIDED:
            reason = f"as it is {_sure(statement, judged.verdict)}"
            if judged.verdict == FAILS and known.p_sign() <= 1 - rules.confidence < judged.p:
                none = "1" if statement.ratio else "0"
                reason += f"; that it is not {none} is unsure among {n_tested} statements"
        elif not known.decides:
            reason = "as " + (
                "one network does not show how much networks differ"
                if found.n_instances == 1
                else "too few networks or resamples of images have a value"
            )
        elif without.verdict != UNDECIDED:
            limit, reason = CHECKPOINTS_LIMIT, _open(statement, known)
        else:
            limit, reason = _needed(asked, known, rules.confidence, n_tested)
        said = _numbers(statement, known, images, rules, asked)
    estimate, low, high, margin = (
        float(10**each) if statement.ratio else each for each in (*limits, statement.margin)
    )
    return Claim(
        condition, statement.claim, statement.text, images, statement.statistic, statement.unit,
        estimate, low, high, margin, judged.p, judged.p_margin, judged.verdict, limit,
        f"{said}: {judged.verdict}, {reason}.",
    )  # fmt: skip


def _numbers(statement: Statement, known: Evidence, images: str, rules: Rules, asked: Asked) -> str:
    found = known.found
    interval = (
        f"{rules.confidence:.0%} interval {number(float(found.low), statement)} to"
        f" {number(float(found.high), statement)}, "
        if np.isfinite(found.low)
        else ""
    )
    said = statement.measured.format(number(float(found.estimate), statement))
    return f"{said} ({interval}{networks(int(found.n_instances))}, {images})"


def _sure(statement: Statement, verdict: str) -> str:
    none = "1" if statement.ratio else "0"
    margin = number(statement.margin, statement)
    within = (
        f"surely within a factor of {margin}" if statement.ratio else f"surely within ±{margin}"
    )
    if statement.equal:
        return {
            HOLDS: within,
            SMALL: f"{within}, though surely not {none}",
            FAILS: within.replace("within", "beyond"),
        }[verdict]
    return {
        HOLDS: f"surely above {none}",
        SMALL: f"surely above {none}, but surely below {margin}, the smallest difference that"
        " counts",
        FAILS: f"surely below {margin}, the smallest difference that counts",
        REVERSED: f"surely below {none}",
    }[verdict]


def _open(statement: Statement, known: Evidence) -> str:
    low, high = (
        "any number" if each is None else number(float(each.estimate), statement)
        for each in (known.least, known.most)
    )
    return (
        f"as checkpoints are too far apart: they leave {low} to {high} open, and checkpoints closer"
        " together would decide it"
    )


def _needed(asked: Asked, known: Evidence, confidence: float, n_tested: int) -> tuple[str, str]:
    """What an undecided statement lacks, and about how much of it would decide it."""
    found, margin = known.found, known.margin
    parts = sample_size.of(found, asked.n_images)
    estimate, n = float(found.estimate), int(found.n_instances)
    # The truth is told from 0, or from the margin, whichever is farther from the estimate.
    width = max(abs(estimate), margin - (abs(estimate) if known.equal else estimate))
    if known.equal:
        width = abs(abs(estimate) - margin)
    level = 1 - (1 - confidence) / n_tested
    what = "images of the category" if asked.in_category else "test images"
    by_images = float(found.images) > float(found.networks)
    more_networks = parts.networks_for(width, level)
    more_images = parts.images_for(n, width, level) if found.images > 0 else None
    if by_images:
        limit, differ = IMAGES_LIMIT, "test images"
    else:
        limit, differ = NETWORKS_LIMIT, "networks"
    options = []
    if more_networks is not None:
        options.append(f"about {more_networks} networks")
    if more_images is not None:
        options.append(f"about {more_images} {what}")
    if by_images:
        options.reverse()
    # Its interval, which is that of one statement alone, does not show why.
    alone = not known.equal and known.p_sign() <= 1 - confidence
    much = f"too much for one of {n_tested} statements" if alone else "too much"
    if not options:
        return limit, f"as {differ} differ {much}, and only many more of both would decide it"
    return limit, f"as {differ} differ {much}: {' or '.join(options)} would decide it"


def networks(n: int) -> str:
    """A number of networks, in words."""
    return f"{n} network{'' if n == 1 else 's'}"


def number(value: float, statement: Statement) -> str:
    """A value of a statistic, as it stands in sentences."""
    if statement.ratio:
        return ratio(10**value)
    return f"{value:.{statement.digits}f}".replace("-", "\u2212")


def ratio(value: float) -> str:
    """A ratio to three significant digits, up to a million without powers of ten."""
    text = f"{value:.3g}"
    return f"{float(text):,.0f}" if 1000 <= float(text) < 1e6 else text.replace("-", "\u2212")
