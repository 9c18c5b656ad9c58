"""Guards: strengths over time are those of tables written out by hand, for every published diet.

The truths are the numbers in the publications, and formulas written out here.
"""

import math
from typing import Any

import numpy as np
import pytest

from trajectories.study import diets
from trajectories.training.diets import schedule
from trajectories.training.diets.schedule import Diet
from trajectories.training.diets.strength import read_value

STEPS = 10


def diet_of(diet: Any, epochs: int = 200, seed: int = 1) -> Diet:
    return Diet.from_mapping(diets.spelled(diet, None, "training.diet"), epochs, seed)


def one(change: str, at: Any, **keys: Any) -> dict[str, Any]:
    """A diet of one change."""
    own = {name: keys.pop(name) for name in ("between", "share") if name in keys}
    return {"changes": [{"change": change, "at": at, **own}], **keys}


def ranges(diet: Diet, epoch: int, batch: int = 0) -> list[tuple[float, float]]:
    """Least and largest strength of each change."""
    return [strength.limits for strength in diet.during(epoch, batch, STEPS)]


def constant(diet: Diet, epoch: int, batch: int = 0, steps: int = STEPS) -> float:
    [strength] = diet.during(epoch, batch, steps)
    assert strength.constant is not None
    return strength.constant


def odds(diet: Diet, epoch: int, change: int = 0) -> dict[float, float]:
    parts = diet.during(epoch, 0, STEPS)[change].parts
    assert all(part.low == part.high for part in parts)
    return {part.low: part.odds for part in parts}


# Published diets

STAGES = [
    # first epoch, last epoch, σ, factors of brightness, contrast and saturation
    (0, 9, 4, (0.2, 0.36)),
    (10, 15, 3, (0.36, 0.52)),
    (16, 16, 2, (0.36, 0.52)),
    (17, 21, 2, (0.52, 0.68)),
    (22, 22, 1, (0.52, 0.68)),
    (23, 24, 1, (0.68, 0.84)),
    (25, 27, 0, (0.68, 0.84)),
    (28, 29, 0, (0.84, 1)),
]


def test_catdiet() -> None:
    assert [last - first + 1 for first, last, *_ in STAGES] == [10, 6, 1, 5, 1, 2, 3, 2]
    diet = diet_of("catdiet", 30)
    assert [change.change for change in diet.changes] == [
        "blur",
        "brightness",
        "contrast",
        "saturation",
    ]
    for first, last, sigma, factors in STAGES:
        for epoch in range(first, last + 1):
            for batch in (0, STEPS - 1):
                expected = [(sigma, sigma), factors, factors, factors]
                assert ranges(diet, epoch, batch) == expected, (epoch, batch)


def test_catdiet_stretched_to_another_length() -> None:
    """At 60 epochs, each stage is twice as long; at 15, stages end in the middle of epochs."""
    doubled = diet_of({"preset": "catdiet", "clock": "share"}, 60)
    halved = diet_of({"preset": "catdiet", "clock": "share"}, 15)
    for first, last, sigma, factors in STAGES:
        for half in range(2 * first, 2 * last + 2):
            assert ranges(doubled, half) == [(sigma, sigma), factors, factors, factors]
        for epoch in range(first, last + 1):
            place = divmod(epoch * STEPS // 2, STEPS)
            assert ranges(halved, *place) == [(sigma, sigma), factors, factors, factors]


def test_blur_steps() -> None:
    diet = diet_of("blur_steps", 60)
    table = {0: 4, 9: 4, 10: 3, 19: 3, 20: 2, 29: 2, 30: 1, 39: 1, 40: 0, 59: 0}
    assert {epoch: constant(diet, epoch) for epoch in table} == table


def test_blur_linear() -> None:
    """σ 5 at the start, 0 after 50 of 200 epochs, and so a tenth less every 5 epochs."""
    diet = diet_of("blur_linear", 200)
    table = {0: 5, 5: 4.5, 10: 4, 25: 2.5, 49: 0.1, 50: 0, 51: 0, 199: 0}
    assert {epoch: constant(diet, epoch) for epoch in table} == pytest.approx(table)
    # 7 of 10 batches through epoch 12.
    assert constant(diet, 12, 7) == pytest.approx(5 - 12.7 / 10)
    assert constant(diet_of("blur_linear", 8), 1, 5) == pytest.approx(5 * (1 - 1.5 / 2))


def test_acuity_32px() -> None:
    diet = diet_of("acuity_32px", 200)
    assert diet.side == 32
    table = {
        0: {2: 1},
        12: {2: 1},
        13: {2: 0.25, 1: 0.75},
        39: {2: 0.25, 1: 0.75},
        40: {2: 0.05, 1: 0.16, 0: 0.79},
        199: {2: 0.05, 1: 0.16, 0: 0.79},
    }
    assert {epoch: odds(diet, epoch) for epoch in table} == table


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("blur_mixed_weak", {0: 0.694, 1: 0.213, 2: 0.065, 3: 0.020, 4: 0.006, 5: 0.002}),
        ("blur_mixed_strong", {0: 0.2, 1: 0.2, 2: 0.2, 4: 0.2, 8: 0.2}),
    ],
)
def test_blur_mixed(preset: str, expected: dict[float, float]) -> None:
    diet = diet_of(preset)
    for epoch in (0, 100, 199):
        assert ranges(diet, epoch)[0] == (0, 0)
        assert odds(diet, epoch, 1) == expected
    assert [change.change for change in diet.changes] == ["saturation", "blur"]


def test_deficit() -> None:
    diet = diet_of("deficit")
    table = {0: 0.25, 39: 0.25, 40: 1, 199: 1}
    assert {epoch: constant(diet, epoch) for epoch in table} == table


def test_grey_first() -> None:
    diet = diet_of("grey_first", 9)
    assert [constant(diet, epoch) for epoch in range(9)] == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert [constant(diet, 4, batch) for batch in (4, 5)] == [0, 1]


DVD = [
    # month, σ to 1%, share of colour as published
    (0, 19.64, None),
    (1, 9.718, 0.016),
    (4, 2.191, 0.054),
    (12, 1.159, 0.14),
    (60, 0.3158, 0.54),
    (300, 0.0005, 0.98),
]


@pytest.mark.parametrize(("month", "sigma", "colour"), DVD)
def test_dvd(month: int, sigma: float, colour: float | None) -> None:
    """At one month an epoch; at two, the same at half the epochs."""
    strengths = diet_of({"preset": "dvd", "months_per_epoch": 1}, 400).during(month, 0, STEPS)
    found = [strength.constant for strength in strengths]
    assert found[0] == pytest.approx(sigma, rel=0.01, abs=1e-4)
    if colour is not None:
        assert found[1] == pytest.approx(colour, rel=0.05)
    if month % 2 == 0:
        twice = diet_of("dvd").during(month // 2, 0, STEPS)
        assert [strength.constant for strength in twice] == found


def test_dvd_threshold_is_half_as_high_in_power_when_half_of_contrast_is_there() -> None:
    """The logistic has its half at 57.6 months, of what it reaches without end."""
    full = 300**2.1633 / (300**2.1633 + 57.6**2.1633)
    diet = diet_of({"preset": "dvd", "months_per_epoch": 57.6}, 10)
    born, half = (diet.during(epoch, 0, STEPS)[2].constant for epoch in (0, 1))
    assert born == pytest.approx(math.sqrt(0.0002))
    assert half == pytest.approx(math.sqrt(0.0002 * (1 - 0.5 / full)), rel=1e-4)
    old = diet_of({"preset": "dvd", "months_per_epoch": 300}, 10).during(1, 0, STEPS)[2]
    assert old.constant == 0


def test_every_published_diet_is_here() -> None:
    tested = {
        "acuity_32px",
        "blur_linear",
        "blur_mixed_strong",
        "blur_mixed_weak",
        "blur_steps",
        "catdiet",
        "deficit",
        "dvd",
        "grey_first",
    }
    assert set(diets.presets()) == tested
    assert all(diets.preset(name)["source"] for name in tested)


# Knots


def test_before_the_first_knot_images_are_as_they_are() -> None:
    diet = diet_of(one("saturation", {2.5: 0.2, 4: 0.6}))
    places = [(0, 0), (2, 4), (2, 5), (3, 9), (4, 0), (100, 0)]
    assert [constant(diet, *place) for place in places] == [1, 1, 0.2, 0.2, 0.6, 0.6]


def test_between_knots() -> None:
    linear = diet_of(one("blur", {1: 8, 3: 2}, between="linear"))
    geometric = diet_of(one("blur", {1: 8, 3: 2}, between="geometric"))
    places = [(0, 9), (1, 0), (1, 5), (2, 0), (2, 5), (3, 0), (9, 0)]
    assert [constant(linear, *p) for p in places] == pytest.approx([0, 8, 6.5, 5, 3.5, 2, 2])
    expected = [0, 8, 8 / math.sqrt(2), 4, 2 * math.sqrt(2), 2, 2]
    assert [constant(geometric, *p) for p in places] == pytest.approx(expected)


def test_ranges_move_at_both_ends() -> None:
    diet = diet_of(one("contrast", {0: [0.2, 0.4], 2: [0.6, 1.0]}, between="linear"))
    assert ranges(diet, 1) == [pytest.approx((0.4, 0.7))]


def test_a_knot_is_not_missed_by_rounding() -> None:
    """3 × 0.7 months are less than 2.1 in floating point."""
    assert 3 * 0.7 < 2.1
    diet = diet_of(one("blur", {0: 4, 2.1: 0}, clock="months", months_per_epoch=0.7))
    assert [constant(diet, epoch) for epoch in (2, 3)] == [4, 0]


def test_a_share_of_the_images() -> None:
    diet = diet_of(one("blur", {0: 4}, share=0.3))
    assert odds(diet, 0) == pytest.approx({4: 0.3, 0: 0.7})


# Order

AT = {0: 4, 1: 2, 3: 0}


def test_reversed_is_the_mirror_image_batch_by_batch() -> None:
    forward, backward = (diet_of(one("blur", AT, order=order), 4) for order in ORDERS[:2])
    places = [(epoch, batch) for epoch in range(4) for batch in range(STEPS)]
    there = [constant(forward, *place) for place in places]
    assert there == [4] * 10 + [2] * 20 + [0] * 10
    assert [constant(backward, *place) for place in places] == there[::-1]


ORDERS = ("forward", "reversed", "shuffled", "constant_first")


def test_shuffled_has_each_epoch_once_in_an_order_of_the_seed() -> None:
    at = {epoch: float(epoch) for epoch in range(20)}
    courses = [
        [constant(diet_of(one("blur", at, order="shuffled"), 20, seed), e, 3) for e in range(20)]
        for seed in (1, 1, 2)
    ]
    assert sorted(courses[0]) == sorted(at.values())
    assert courses[0] == courses[1] != courses[2]
    assert courses[0] != sorted(courses[0])


def test_constant_first_stays_at_the_start() -> None:
    diet = diet_of(one("blur", {0: 4, 2: 0}, between="linear", order="constant_first"), 4)
    assert {constant(diet, epoch, batch) for epoch in range(4) for batch in (0, 9)} == {4}


def test_a_length_of_its_own() -> None:
    """So that a schedule without end changes nothing."""
    keys = {"clock": "share", "length": 4}
    short, long = (diet_of(one("blur", {0: 4, 0.5: 0}, **keys), n) for n in (4, 1000000))
    assert [constant(long, epoch) for epoch in range(6)] == [4, 4, 0, 0, 0, 0]
    assert [constant(short, epoch) for epoch in range(4)] == [4, 4, 0, 0]
    back = diet_of(one("blur", {0: 4, 0.5: 0}, order="reversed", **keys), 1000000)
    assert [constant(back, epoch) for epoch in range(6)] == [0, 0, 4, 4, 4, 4]
    mixed = diet_of(one("blur", {0: 4, 1: 3, 2: 2, 3: 1}, order="shuffled", length=4), 1000000)
    assert sorted(constant(mixed, epoch) for epoch in range(4)) == [1, 2, 3, 4]
    assert constant(mixed, 5) == 1


# As a checkpoint has seen it


@pytest.mark.parametrize("order", ORDERS)
def test_a_checkpoint_has_last_seen_its_last_batch(order: str) -> None:
    diet = diet_of(one("blur", AT, order=order), 4)
    many = 1000
    assert diet.seen_at(0)[0].constant == constant(diet, 0)
    for epoch in range(4):
        assert diet.seen_at(epoch + 1)[0].constant == constant(diet, epoch, many - 1, many)
        assert diet.seen_at(epoch + 0.25)[0].constant == constant(diet, epoch, 249, many)


def test_a_checkpoint_of_a_gliding_diet() -> None:
    glide = one("blur", {0: 4, 4: 0}, between="linear")
    for order, expected in (("forward", [4, 3, 2, 1, 0]), ("reversed", [0, 1, 2, 3, 4])):
        diet = diet_of({**glide, "order": order}, 4)
        found = [diet.seen_at(epoch)[0].constant for epoch in range(5)]
        assert found == pytest.approx(expected), order


# Draws


def test_strengths_drawn_for_images_follow_the_odds_and_the_range() -> None:
    uniform = np.random.default_rng(0).random((20000, 2))
    drawn = read_value({"odds": [[0, 0.5], [1, 0.3], [8, 0.2]]}).of(uniform)
    assert {value: (drawn == value).mean() for value in (0, 1, 8)} == pytest.approx(
        {0: 0.5, 1: 0.3, 8: 0.2}, abs=0.01
    )
    ranged = read_value([2, 6]).of(uniform)
    assert np.quantile(ranged, [0, 0.25, 0.5, 1]) == pytest.approx([2, 3, 4, 6], abs=0.05)
    assert (read_value(3).of(uniform) == 3).all()


def test_odds_that_miss_1_by_rounding_leave_no_gap() -> None:
    almost = read_value({"odds": [[value, 0.1] for value in range(10)]})
    assert sum(part.odds for part in almost.parts) < 1
    assert almost.of(np.array([[1 - 1e-16, 0.5], [0.99999999999999989, 0.5]])).tolist() == [9, 9]


# For figures


def test_courses_follow_the_diet() -> None:
    diet = diets.spelled(one("contrast", {0: [0.2, 0.4], 2: 1}, share=0.5), None, "diet")
    [course] = schedule.courses(diet, 4, epochs=3, points=2)
    assert course.epoch.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert course.low.tolist() == [0.2] * 4 + [1] * 2
    assert course.high.tolist() == [1] * 6
    assert course.mean.tolist() == pytest.approx([0.65] * 4 + [1] * 2)
