"""Times of categories are those planted, their ratio is found, and none is invented.

The truths are closed forms: an exponential of time constant τ changes at the mean epoch τ.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from emergence_cases import EPOCH, TOGETHER, Planted, instance, study

from trajectories.analyses.claims import categories as claims
from trajectories.analyses.emergence import table as emergence
from trajectories.statistics import change_time, condition_curves
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import FIXED, RANDOM, Rules


def compared(planted: Planted, rules: Rules | None = None, n: int = 5, **given):
    return emergence.compared(study(planted, n, **given), rules or Rules())


def lag(ratios: pd.DataFrame, images: str = RANDOM) -> pd.Series:
    identity = ["late", "faces", "within", "between", images]
    columns = ["layer", "category", "curve", "other_curve", "images"]
    return ratios[(ratios[columns] == identity).all(axis=1)].iloc[0]


def test_the_index_and_its_gain_are_by_their_formula() -> None:
    curves = study(TOGETHER)
    table = emergence.emergence(curves, 0.95)
    assert tuple(table.columns) == emergence.EMERGENCE
    assert table["quantity"].unique().tolist() == list(emergence.QUANTITIES)
    each = []
    for network in curves.instances:
        within, between = (kind["late"]["faces"][0] for kind in (network.within, network.between))
        each.append((between - within) / (between + within))
    late = table[table["layer"] == "late"]
    index, gain = (
        late.loc[late["quantity"] == quantity, "value"].to_numpy()
        for quantity in emergence.QUANTITIES
    )
    assert index == pytest.approx(np.mean(each, axis=0), abs=1e-14)
    assert gain == pytest.approx(index - index[0], abs=1e-14)
    assert gain[-1] == pytest.approx(0.25 / 1.45, abs=0.01)
    assert (table["low"] <= table["value"]).all()
    first = late[(late["quantity"] == "gain") & (late["epoch"] == 0)].iloc[0]
    assert first[["value", "low", "high"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("tau", [0.7, 2.0, 3.0])
def test_planted_times_are_recovered(tau) -> None:
    found, _ = compared({"faces": ((0.8, -0.2, tau), (0.8, 0.05, tau))})
    assert tuple(found.columns) == emergence.TIMES
    pairs = found[found["curve"] != "index"]
    assert pairs["time"].to_numpy() == pytest.approx(tau, rel=0.1)
    assert (found["low"] < found["time"]).all()
    assert (found["time"] < found["high"]).all()
    assert (found["earliest"] <= found["time"]).all()
    assert (found["time"] <= found["latest"]).all()
    assert (found["reason"] == "").all()
    # The index is no exponential, but it rises with the same time constant.
    index = found[found["curve"] == "index"]["time"].to_numpy()
    assert index == pytest.approx(tau, rel=0.15)


def test_a_time_is_the_area_above_the_share_of_variation() -> None:
    epoch = np.array([0.0, 1, 2, 4, 8])
    curve = np.array([0.0, 2, 1, 3, 3])
    share = np.array([0, 2, 3, 5, 5]) / 5
    assert change_time.mean_epoch(curve, epoch) == pytest.approx(np.trapezoid(1 - share, epoch))
    smoother = change_time.smoothing(np.arange(30.0))
    assert smoother.sum(axis=1) == pytest.approx(1)
    straight = np.log1p(np.arange(30.0))
    assert smoother @ straight == pytest.approx(straight, abs=1e-6)


@pytest.mark.parametrize("change", [-0.4, -0.1, 0.1, 0.2])
def test_the_same_time_is_simultaneous_whatever_the_amplitude(change) -> None:
    """Also where one falls and the other rises."""
    _, ratios = compared({"faces": ((0.8, change, 2.0), (0.8, 0.04, 2.0))})
    assert tuple(ratios.columns) == emergence.RATIOS
    for images in (FIXED, RANDOM):
        found = lag(ratios, images)
        assert found["verdict"] == "simultaneous", found["reason"]
        assert found["margin"] == pytest.approx(1.25)
        assert 0.8 < found["low"] < found["ratio"] < found["high"] < 1.25
        assert found["ratio"] == pytest.approx(1, abs=0.1)


def test_curves_that_dip_before_they_rise_have_a_time() -> None:
    networks = [instance(TOGETHER, seed) for seed in range(5)]
    dip = 0.3 * np.exp(-np.square(EPOCH - 3))
    for network in networks:
        network.within["late"]["faces"] += dip
        network.between["late"]["faces"] -= dip / 4
    [curves] = condition_curves.by_condition(networks)
    found, ratios = emergence.compared(curves, Rules())
    assert found["time"].notna().all()
    assert lag(ratios)["verdict"] == "simultaneous"


@pytest.mark.parametrize(("within", "between"), [(4.0, 1.0), (1.0, 4.0)])
def test_a_planted_lag_is_found(within, between) -> None:
    _, ratios = compared({"faces": ((0.8, -0.2, within), (0.8, 0.1, between))})
    found = lag(ratios)
    assert found["ratio"] == pytest.approx(within / between, rel=0.15)
    assert found["verdict"] == "not simultaneous"
    assert "surely beyond a factor of 1.25" in found["reason"]


def test_a_lag_about_the_margin_is_undecided() -> None:
    _, ratios = compared({"faces": ((0.8, -0.2, 2.0), (0.8, 0.1, 2.6))})
    assert lag(ratios)["verdict"] == "undecided"


def test_what_checkpoints_cannot_tell_is_undecided_for_this_reason() -> None:
    planted: Planted = {"faces": ((0.8, -0.2, 1.5), (0.8, 0.1, 1.6))}
    _, ratios = compared(planted, epoch=np.linspace(0, 20, 5))
    found = lag(ratios)
    assert 0.8 < found["low"] < found["high"] < 1.25
    assert (found["verdict"], found["limit"]) == ("undecided", "checkpoints")
    assert "checkpoints are too far apart" in found["reason"]
    # It is all a matter of what counts.
    _, ratios = compared(planted, Rules(time=10), epoch=np.linspace(0, 20, 5))
    assert lag(ratios)["verdict"] == "simultaneous"


def test_claims_say_the_same_by_the_same_numbers() -> None:
    for planted in (TOGETHER, {"faces": ((0.8, -0.2, 4.0), (0.8, 0.1, 1.0))}):
        for epoch in (EPOCH, np.arange(21.0)):
            curves = study(planted, epoch=epoch)
            _, ratios = emergence.compared(curves, Rules())
            decided = sentences.decided(
                "moco", claims.together(curves, Rules(), {"faces": "others"}), Rules()
            )
            for claim in decided:
                if not claim.statement.startswith("late"):
                    continue
                found = lag(ratios, claim.images)
                assert emergence.VERDICTS[claim.verdict] == found["verdict"]
                assert (claim.estimate, claim.low) == (found["ratio"], found["low"])
                assert found["reason"] in claim.sentence


def test_no_time_is_invented_where_nothing_changes() -> None:
    """Noise alone, small or as large as effects are: an empty cell and a sentence."""
    still: Planted = {"faces": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    for noise in (0.0, 0.002, 0.05):
        for first in range(0, 100, 5):
            networks = [instance(still, seed, noise=noise) for seed in range(first, first + 5)]
            [curves] = condition_curves.by_condition(networks)
            found, ratios = emergence.compared(curves, Rules())
            missing = found["time"].isna()
            assert missing.all()
            assert found["reason"].str.contains("does not change by more than it wavers").all()
            assert (ratios["verdict"] == "undecided").all()
            assert (ratios["reason"] != "").all()


def test_a_category_that_changes_has_a_time_beside_one_that_does_not() -> None:
    planted: Planted = {**TOGETHER, "animals": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    found, ratios = compared(planted)
    timed = found.groupby("category")["time"].agg(lambda each: each.notna().all())
    assert timed.to_dict() == {"animals": False, "faces": True}
    between_categories = ratios[ratios["other_category"] != ratios["category"]]
    assert between_categories["ratio"].isna().all()
    assert between_categories["reason"].str.match(r"in \w+, animals: the index").all()


def test_categories_and_layers_are_compared_by_their_indices() -> None:
    planted: Planted = {
        "faces": ((0.8, -0.2, 1.0), (0.8, 0.1, 1.0)),
        "animals": ((0.8, -0.2, 4.0), (0.8, 0.1, 4.0)),
    }
    found, ratios = compared(planted)
    index = found[found["curve"] == "index"].set_index(["layer", "category"])["time"]
    pairs = ratios[(ratios["curve"] == "index") & (ratios["images"] == RANDOM)]
    assert len(pairs) == 4
    for row in pairs.itertuples():
        first, other = (row.layer, row.category), (row.other_layer, row.other_category)
        assert row.ratio == pytest.approx(index[first] / index[other])
    apart = pairs[pairs["category"] != pairs["other_category"]]
    assert (apart["verdict"] == "not simultaneous").all()
    assert apart["ratio"].to_numpy() == pytest.approx(1 / 4, rel=0.2)
    assert (pairs[pairs["layer"] != pairs["other_layer"]]["verdict"] == "simultaneous").all()


def test_one_network_is_measured_and_decides_nothing() -> None:
    found, ratios = compared(TOGETHER, n=1)
    assert np.isfinite(found[["time", "low", "high"]]).all(axis=None)
    assert np.isfinite(ratios["ratio"]).all()
    assert (ratios["verdict"] == "undecided").all()
    assert ratios["reason"].str.contains("one network does not show").all()


def test_one_checkpoint_has_an_index_and_no_time() -> None:
    curves = study(TOGETHER, epoch=np.array([3.0]))
    assert np.isfinite(emergence.emergence(curves, 0.95)["value"]).all()
    found, ratios = emergence.compared(curves, Rules())
    assert found["time"].isna().all()
    assert (ratios["verdict"] == "undecided").all()


def test_a_study_that_is_confident_of_less_decides_less() -> None:
    planted: Planted = {"faces": ((0.8, -0.2, 2.0), (0.8, 0.1, 2.2))}
    verdicts = [
        lag(compared(planted, replace(Rules(), confidence=level), n=3)[1])["verdict"]
        for level in (0.5, 0.99999)
    ]
    assert verdicts == ["simultaneous", "undecided"]


@pytest.mark.parametrize("tau", [4.0, 10.0, 20.0, 40.0, 60.0])
def test_smoothing_makes_all_times_a_little_later_and_hardly_changes_ratios(tau) -> None:
    shapes = {
        "rise": lambda t: 1 - np.exp(-t / tau),
        "late rise": lambda t: 1 / (1 + np.exp(-4 * (t - tau) / tau)),
        "dip": lambda t: 1.2 * (1 - np.exp(-t / tau)) - 0.6 * (1 - np.exp(-4 * t / tau)),
        "line": lambda t: np.clip(t / tau - 1, 0, 1),
        "steps": lambda t: sum(np.where(t > tau * at, 1.0, 0.0) for at in (0.3, 0.9, 1.7, 2.6)),
    }
    fine, epoch = np.linspace(0, 200, 20001), np.arange(201.0)
    later = []
    for shape in shapes.values():
        found = change_time.change_time(shape(epoch)[None, None], epoch, "it")
        later.append(10 ** found.values[0, 0] / change_time.mean_epoch(shape(fine), fine))
    assert round(min(later), 2) >= 1.03
    assert round(max(later), 2) <= 1.11
    assert max(later) / min(later) < 1.07
