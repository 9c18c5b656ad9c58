"""Sentences on speed, schedule, emergence and effects say of planted tables what was planted."""

import pandas as pd
import pytest

from trajectories.analyses import wording
from trajectories.analyses.category_effects import findings as category_effects
from trajectories.analyses.category_effects import table as effects_table
from trajectories.analyses.emergence import findings as emergence
from trajectories.analyses.emergence import table as emergence_tables
from trajectories.analyses.layer_differences import findings as layer_differences
from trajectories.analyses.layer_differences import table as differences_table
from trajectories.analyses.schedule import findings as schedule
from trajectories.analyses.schedule import table as schedule_tables
from trajectories.analyses.speed import findings as speed
from trajectories.analyses.speed import table as speed_tables
from trajectories.statistics.verdicts.statement import IMAGES

NAN = float("nan")


def speed_summary(difference: tuple[float, ...]) -> pd.DataFrame:
    """Times of two layers; `difference` is estimate, low, high, earliest, latest of all times."""
    rows = [
        ("moco", layer, "", name, 2.0, 1.0, 3.0, 1.5, 2.5, 3)
        for layer in ("early", "late")
        for name in speed_tables.TIMES
    ]
    rows += [("moco", "early", "late", name, *difference, 3) for name in speed_tables.TIMES]
    return pd.DataFrame(rows, columns=list(speed_tables.SUMMARY))


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (
            (-3, -4, -2, -3.5, -2.5),
            "early reaches 50% of its trajectory before late, by 3.00 epochs",
        ),
        ((3, 2, 4, 2.5, 3.5), "late reaches 50% of its trajectory before early, by 3.00 epochs"),
        ((-3, -7, 1, -3.5, -2.5), "Which layer first reaches 50% of its trajectory is open"),
        # Sure by the interval, but an order of interpolation alone.
        ((-3, -4, -2, -6.5, 0.5), "Which layer first reaches 50% of its trajectory is open"),
        ((-3, NAN, NAN, -3.5, -2.5), "Which layer first reaches 50% of its trajectory is open"),
    ],
)
def test_the_order_of_layers_is_said_only_if_interval_and_checkpoints_give_it(
    difference: tuple[float, ...], said: str
) -> None:
    sentences = speed.said(speed_summary(difference))
    assert any(sentence.startswith(said) for sentence in sentences)


def test_the_interval_of_a_difference_is_told_from_the_side_of_the_earlier() -> None:
    for sign in (-1, 1):
        limits = tuple(sorted((sign * 2.0, sign * 4.5)))
        sentences = speed.said(speed_summary((sign * 3.0, *limits, *limits)))
        assert all("3.00 epochs (2.00 to 4.50)." in each for each in sentences[2:])


def test_a_layer_without_a_time_has_none() -> None:
    table = speed_summary((NAN,) * 5)
    table.loc[table["layer"] == "late", ["estimate", "low", "high"]] = NAN
    sentences = speed.said(table)
    assert "late reaches 50% of its trajectory to its late level at an unknown time" in sentences[1]
    assert sentences[2].endswith("is open: late minus early, not known.")
    alone = speed.said(table[(table["layer"] == "early") & (table["other_layer"] == "")])
    assert len(alone) == 1


def schedule_summary(rate: tuple[float, ...], share: tuple[float, ...]) -> pd.DataFrame:
    rows = [
        ("moco", "late", "fall_learning_rate", 15.0, 15.0, 15.0, 3),
        ("moco", "late", "fall_change", 30.0, 25.0, 36.0, 3),
        ("moco", "late", "fall_change_per_rate", *rate, 3),
        ("moco", "late", "share_of_rate", *share, 3),
    ]
    return pd.DataFrame(rows, columns=list(schedule_tables.SUMMARY))


@pytest.mark.parametrize(
    ("rate", "share", "moves", "part"),
    [
        ((2, 1.5, 3), (0.8, 0.7, 0.9), "moves farther in", "less than all of it"),
        ((0.5, 0.4, 0.6), (1.2, 1.1, 1.3), "moves less far in", "more than all of it"),
        ((1, 0.8, 1.2), (1, 0.9, 1.1), "neither reliably farther nor less far", "within the"),
    ],
)
def test_what_is_left_without_the_rate_is_that_planted(rate, share, moves, part) -> None:
    falls, per_rate = schedule.said(schedule_summary(rate, share))
    assert "late turns" not in falls
    assert "30.00 (25.00 to 36.00) times as far" in falls
    assert part in falls
    assert moves in per_rate
    assert f"ratio {rate[0]:.2f}" in per_rate


def test_without_rates_or_steps_less_is_said() -> None:
    table = schedule_summary((2, 1, 3), (1, 1, 1))
    change = table[table["statistic"] == "fall_change"]
    [sentence] = schedule.said(change)
    assert "learning rate" not in sentence
    [sentence] = schedule.said(change.assign(estimate=NAN))
    assert "too few or unequal" in sentence


def emergence_table(gain: tuple[float, float, float]) -> pd.DataFrame:
    rows = [
        ("moco", "late", "faces", quantity, epoch, *(gain if epoch else (0.0, 0.0, 0.0)), 4)
        for quantity in emergence_tables.QUANTITIES
        for epoch in (0.0, 4.0)
    ]
    return pd.DataFrame(rows, columns=list(emergence_tables.EMERGENCE))


def change_times(time: float, reason: str = "") -> pd.DataFrame:
    row = ("moco", "late", "faces", "index", time, time - 1, time + 1, 1, 3, 3, reason)
    return pd.DataFrame([row], columns=list(emergence_tables.TIMES))


def pairs(ratio: float, verdict: str) -> pd.DataFrame:
    where = ("moco", "late", "faces", "within", "late", "faces", "between")
    rows = [
        (*where, images, ratio, 0.5, 2, 1.25, 0.5, 0.5, said, "", "why")
        for images, said in zip(IMAGES, ("undecided", verdict), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(emergence_tables.RATIOS))


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        ((0.1, 0.05, 0.15), "rises above that of the untrained network for faces in late, 0.100"),
        ((-0.1, -0.15, -0.05), "falls below that of the untrained network for faces in late"),
        ((0.1, -0.05, 0.25), "ends neither reliably above nor reliably below that of"),
    ],
)
def test_a_category_is_said_to_emerge_only_where_its_gain_is_sure(gain, said) -> None:
    sentences = emergence.said(emergence_table(gain), change_times(2.0), pairs(1.1, "simultaneous"))
    assert said in sentences[0]
    assert sentences[1] == (
        "The index changes, on average over its change, for faces in late at epoch 2.00"
        " (1.00 to 3.00)."
    )


def test_verdicts_of_within_and_between_are_those_of_the_table() -> None:
    table = emergence_table((0.1, 0.05, 0.15))
    together = emergence.said(table, change_times(NAN, "why"), pairs(1.1, "simultaneous"))
    assert together[1] == "No time can be given for faces in late."
    assert together[2].endswith("within and between, these images: undecided (faces in late).")
    assert together[3].endswith("other images too: simultaneous (faces in late).")
    apart = emergence.said(table, change_times(2.0), pairs(3.0, "not simultaneous"))
    assert apart[3].endswith("other images too: not simultaneous (faces in late).")
    unknown = emergence.said(table, change_times(2.0), pairs(NAN, "undecided"))
    assert "undecided, 1 of 1 because a time is missing (faces in late)" in unknown[3]


def effects(effect: list[float], gain: list[float], p: list[float]) -> pd.DataFrame:
    rows = [
        ("moco", "late", "faces", contrast, float(epoch), value, -1, 1, 0.001, chance, 0.001, 4)
        for contrast, values in (("effect", effect), ("gain", gain))
        for epoch, (value, chance) in enumerate(zip(values, p, strict=True))
    ]
    return pd.DataFrame(rows, columns=list(effects_table.COLUMNS))


def test_effects_count_by_their_sign_where_they_are_beyond_chance() -> None:
    table = effects([0.1, 0.2, 0.3, -0.4], [0.0, -0.2, -0.3, 0.4], [0.5, 0.01, 0.04, 0.01])
    [sentence] = category_effects.said(table, 0.95)
    assert "exceeds within at 2 of 4 checkpoints (first epoch 1, last 2), and" in sentence
    assert "falls short of it at 1 (first epoch 3);" in sentence
    assert "exceeds that of the untrained network at 1 (first epoch 3), and" in sentence
    assert sentence.endswith("short of it at 2 (first epoch 1, last 2).")
    [strict] = category_effects.said(table, 0.999)
    assert "exceeds within at none of 4 checkpoints; their" in strict


def test_layers_are_counted_on_either_side() -> None:
    rows = [
        ("moco", measure, "early", "late", float(epoch), value, -1, 1, 0.001, q, 4)
        for measure in ("log10_change", "progress")
        for epoch, (value, q) in enumerate([(-0.5, 0.01), (-0.5, 0.2), (0.5, 0.01), (0.4, 0.01)], 1)
    ]
    table = pd.DataFrame(rows, columns=list(differences_table.COLUMNS))
    change, progress = layer_differences.said(table, 0.95)
    assert change == (
        "early changes less than late at 1 of 4 steps between epochs (first epoch 1), more at 2"
        " (first epoch 3, last 4)."
    )
    assert progress == (
        "early is ahead of late at 2 of 4 checkpoints between the first and the last (first epoch"
        " 3, last 4), behind at 1 (first epoch 1)."
    )
    assert layer_differences.said(table[table["measure"] == "progress"], 0.95) == [progress]


def test_numbers_in_sentences() -> None:
    assert wording.with_interval(-1.0, -2.0, 0.5, 1) == "−1.0 (−2.0 to 0.5)"
    assert wording.with_interval(-1.0, -2.0, 0.5, 1, "epochs", -1) == "1.0 epochs (−0.5 to 2.0)"
    assert wording.with_interval(1.0, NAN, NAN) == "1.00"
    assert [wording.side(*limits, 1) for limits in ((2, 3), (0, 0.5), (0, 2), (NAN, NAN))] == [
        1, -1, 0, 0,
    ]  # fmt: skip
    assert [wording.listed(list("abc"[:n])) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert (wording.state(0), wording.at(2.0)) == ("the untrained network", "at epoch 2")
