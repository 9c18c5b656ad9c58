"""Differences between conditions are those that were planted; sentences follow from them."""

from dataclasses import replace
from pathlib import Path as File

import analysis_scripts
import numpy as np
import pandas as pd
import pytest
from condition_cases import DEFINITIONS, EPOCH, Path, study
from scipy import stats

from trajectories.analyses.conditions import DIFFERENCES, TEXT, TIMES, findings, table
from trajectories.analyses.conditions import figure_condition_differences as figure_differences
from trajectories.analyses.conditions import figure_condition_times as figure_times
from trajectories.analyses.conditions.measures import MOST_CHECKPOINTS, of_states, shared_epochs
from trajectories.analyses.conditions.table import compared_times, differences
from trajectories.analyses.dimension import table as dimension
from trajectories.analyses.nearest_neighbour import table as nearest_neighbour
from trajectories.plotting import palette
from trajectories.rdms import similarity, trajectory
from trajectories.rdms.reference_rdms import Reference
from trajectories.statistics import condition_curves, crossed_bootstrap, resampled_curves
from trajectories.statistics.resampling import stimulus_counts
from trajectories.statistics.states import Series
from trajectories.statistics.verdicts.evidence import Evidence
from trajectories.statistics.verdicts.statement import Rules
from trajectories.storage import resamples_file, tables

N = 30
COUNTS = stimulus_counts(N, 60, seed=0)
# Faces separate half as fast in the one, and not at all in the other.
PATHS = {
    "standard": Path(),
    "slow": Path(pace=0.4),
    "blind": Path(effect=0.0),
    "same": Path(),
}
SETTINGS = {
    "definitions": DEFINITIONS,
    "references": {},
    "similarity": "pearson",
    "confidence": 0.95,
    "time": 1.25,
    "resamples_drawn": 60,
    "seed": 0,
}


def series_of(trajectories, layer="late"):
    return [
        Series(
            each.attributes["condition"], each.attributes["seed"], layer, each.epoch,
            each.rdms[layer], np.arange(len(each.epoch)), each.stimulus, each.flags,
        )
        for each in trajectories
    ]  # fmt: skip


def compared(trajectories, references=()):
    """Both tables of all pairs of conditions."""
    curves = [resampled_curves.resample(each, DEFINITIONS, COUNTS) for each in trajectories]
    pairs = list(condition_curves.pairs(condition_curves.by_condition(curves)))
    computed = {
        layer: of_states(series_of(trajectories, layer), DEFINITIONS, references, "pearson", COUNTS)
        for layer in trajectories[0].rdms
    }
    return (
        pd.concat([differences(*pair, computed, 0.95) for pair in pairs], ignore_index=True),
        pd.concat([compared_times(*pair, Rules()) for pair in pairs], ignore_index=True),
    )


@pytest.fixture(scope="module")
def planted():
    reference = np.random.default_rng(5).standard_normal((2, N * (N - 1) // 2))
    trajectories = study(PATHS)
    return trajectories, reference, *compared(trajectories, [Reference("brain", "ab", reference)])


def of(rows, condition, other="standard", **values):
    chosen = (rows[["condition", "other_condition"]] == [condition, other]).all(axis=1)
    for column, value in values.items():
        chosen &= rows[column] == value
    return rows[chosen]


def test_every_two_conditions_are_compared_the_later_one_less_the_earlier(planted) -> None:
    *_, differing, times = planted
    assert tuple(differing.columns) == DIFFERENCES
    assert tuple(times.columns) == TIMES
    names = list(PATHS)
    expected = {(later, one) for at, one in enumerate(names) for later in names[at + 1 :]}
    for each in (differing, times):
        pairs = each[["condition", "other_condition"]].drop_duplicates()
        assert {*pairs.itertuples(index=False, name=None)} == expected
    assert (differing["n_seeds"] == 4).all()


def test_differences_are_those_of_the_tables_of_each_condition(planted) -> None:
    """Row 0 of each curve is what the other analyses give for the networks."""
    trajectories, reference, differing, _ = planted
    flags = trajectories[0].flags
    truths = {}
    for name in ("standard", "blind"):
        of_condition = [each for each in trajectories if each.attributes["condition"] == name]
        series = series_of(of_condition)
        near = nearest_neighbour.table(series, DEFINITIONS, flags).groupby("epoch")["accuracy"]
        size = dimension.tables(series, N)[0].groupby("epoch")["participation_ratio"]
        alike = [
            similarity.cross_similarity(each.rdms["late"], reference).mean(axis=1)
            for each in of_condition
        ]
        truths[name] = {
            "nearest_neighbour": near.mean().to_numpy(),
            "dimension": size.mean().to_numpy(),
            "reference": np.mean(alike, axis=0),
        }
    for measure in truths["blind"]:
        found = of(differing, "blind", layer="late", measure=measure)
        expected = truths["blind"][measure] - truths["standard"][measure]
        assert found["epoch"].tolist() == EPOCH.tolist()
        assert found["difference"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_what_is_planted_is_found_and_what_is_not_is_not(planted) -> None:
    *_, differing, _ = planted
    gain = of(differing, "blind", layer="late", measure="gain").iloc[-1]
    assert gain["low"] < -0.15 * (1 - np.exp(-4)) < gain["high"]
    assert gain["q"] < 0.001
    slow = of(differing, "slow", layer="late", measure="gain")
    assert (slow["difference"] < 0).all()
    same = of(differing, "same")
    assert (same["q"] < 0.05).mean() < 0.05
    assert ((same["low"] <= 0) & (same["high"] >= 0)).mean() > 0.9


def test_networks_are_the_same_before_training(planted) -> None:
    *_, differing, _ = planted
    first = differing[(differing["epoch"] == 0) & (differing["measure"] != "progress")]
    assert len(first)
    assert (first["difference"] == 0).all()
    assert (first["p"] == 1).all()
    assert not (differing.loc[differing["measure"] == "gain", "epoch"] == 0).any()


def test_categories_separate_later_where_that_is_planted(planted) -> None:
    *_, times = planted
    slow = of(times, "slow", layer="late", curve="index").iloc[0]
    assert slow["verdict"] == "later"
    assert slow["earliest"] > 1
    truth = mean_epoch(0.4) / mean_epoch(1.0)
    assert slow["low"] < truth < slow["high"]
    blind = of(times, "blind", layer="late", curve="index").iloc[0]
    assert np.isnan(blind["ratio"])
    assert blind["verdict"] == "undecided"
    assert blind["reason"].startswith("in blind ")
    same = of(times, "same", layer="late", curve="index").iloc[0]
    assert same["verdict"] in ("simultaneous", "undecided")
    assert of(times, "same", "slow", layer="late", curve="index").iloc[0]["verdict"] == "earlier"


def mean_epoch(pace: float) -> float:
    """Of the change of 1 − exp(−pace · t / 4), as far as these checkpoints show it."""
    course = 1 - np.exp(-pace * EPOCH / 4)
    middle = (EPOCH[1:] + EPOCH[:-1]) / 2
    return float((np.diff(course) * middle).sum() / course[-1])


def test_the_least_detectable_difference_is_found_four_times_in_five() -> None:
    """Simulated: a difference of that size, as many seeds, an ordinary paired t test."""
    rng = np.random.default_rng(0)
    seeds, sd = 4, 2.0
    parts = (np.float64(0) for _ in range(3))
    error = crossed_bootstrap.TwoVariances(np.asarray(1.0), (np.asarray(seeds - 1.0),) * 2)
    exact = crossed_bootstrap.Interval(
        *(np.float64(value) for value in (0, 0, 0, sd / np.sqrt(seeds))),
        np.int64(seeds), *parts, error,
    )  # fmt: skip
    size = float(exact.detectable(0.95))
    values = rng.normal(size, sd, (20000, seeds))
    power = (stats.ttest_1samp(values, 0, axis=1).pvalue < 0.05).mean()
    assert power == pytest.approx(0.8, abs=0.06)
    assert exact.detectable(0.95, 0.9) > size > exact.detectable(0.8)


def test_sentences_say_what_was_planted(planted) -> None:
    *_, differing, times = planted
    for name in ("slow", "blind", "same"):
        chosen = [of(each, name) for each in (differing, times)]
        said = " ".join(findings.said(*chosen, 0.95))
        if name == "slow":
            row = of(times, "slow", layer="late", curve="index").iloc[0]
            lag = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f}) times as late"
            assert f"In late, faces separate later under slow than under standard: {lag}." in said
        if name == "blind":
            assert "the gain of between − within of faces is smaller at 16 of 16 epochs" in said
            assert "no times can be compared at which faces separate, as in blind" in said
        if name == "same":
            assert "same and standard do not differ reliably at any epoch in" in said
            assert "found four times in five" in said
            assert "larger at" not in said.replace("larger at 1 ", "").replace("larger at 2 ", "")


def test_one_seed_says_nothing_about_conditions() -> None:
    two = {name: PATHS[name] for name in ("standard", "blind")}
    differing, times = compared(study(two, seeds=(1,)))
    [said] = findings.said(differing, times, 0.95)
    assert "one seed in common" in said
    assert (times["verdict"] == "undecided").all()


def test_seeds_and_epochs_that_both_have_are_compared() -> None:
    one = study({"standard": Path()}, seeds=(1, 2, 3), epoch=np.array([0.0, 1, 2, 4, 8]))
    other = study({"other": Path()}, seeds=(2, 3, 4), epoch=np.array([0.0, 1, 4, 6, 8]))
    differing, times = compared([*one, *other])
    assert {*differing["n_seeds"]} == {2}
    effect = differing[(differing["measure"] == "effect") & (differing["layer"] == "late")]
    assert effect["epoch"].tolist() == [0, 1, 4, 8]
    assert {*differing.loc[differing["measure"] == "log10_change", "epoch"]} == {1}
    assert {*times["n_seeds"]} == {2}


def test_conditions_without_a_common_epoch_are_told_apart() -> None:
    one = study({"standard": Path()}, seeds=(1, 2), epoch=np.array([0.0, 1, 2]))
    other = study({"other": Path()}, seeds=(1, 2), epoch=np.array([10.0, 20, 30]))
    differing, times = compared([*one, *other])
    assert len(differing) == len(times) == 2
    assert findings.said(differing, times, 0.95) == ["other and standard have no epoch in common."]
    assert {*times["reason"]} == {"they have no epoch in common"}
    assert figure_differences.draw(differing, 0.95).axes
    assert figure_times.draw(times, 0.95).axes


def test_many_checkpoints_are_thinned_and_stay_shared() -> None:
    long = np.arange(120.0)
    kept = shared_epochs(
        series_of(
            [
                *study({"a": Path()}, seeds=(1,), n_images=6, epoch=long),
                *study({"b": Path()}, seeds=(1,), n_images=6, epoch=long[:80]),
                *study({"c": Path()}, seeds=(1,), n_images=6, epoch=long + 1000),
            ]
        )
    )
    assert len(kept["a"]) == len(kept["b"]) == MOST_CHECKPOINTS
    assert kept["a"].tolist() == kept["b"].tolist()
    assert kept["a"][-1] == 79
    assert kept["c"].size == 0


def test_the_scripts_write_and_draw_them(tmp_path, planted) -> None:
    trajectories, _, differing, times = planted
    reads: dict[str, list[File]] = {"trajectories": [], "resamples": []}
    for place, each in enumerate(trajectories):
        for kind in reads:
            reads[kind].append(tmp_path / f"{place}-{kind}.h5")
        trajectory.write(reads["trajectories"][-1], each)
        curves = resampled_curves.resample(each, DEFINITIONS, COUNTS)
        resamples_file.write(reads["resamples"][-1], curves)
    reads["recipes"] = analysis_scripts.recipes(tmp_path, list(PATHS))
    analysis_scripts.tabulate("conditions", tmp_path, reads, SETTINGS)
    found = tables.read_columns(tmp_path / "condition_differences.csv", DIFFERENCES, TEXT)
    expected = differing[differing["measure"] != "reference"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    found = tables.read_columns(tmp_path / "condition_times.csv", TIMES, TEXT)
    pd.testing.assert_frame_equal(found, times, check_dtype=False)
    for name in ("condition_differences", "condition_times"):
        analysis_scripts.draw("conditions", name, tmp_path, {"confidence": 0.95})
        assert (tmp_path / f"{name}.png").stat().st_size > 10000


def test_figures_compare_with_the_first_condition(planted) -> None:
    *_, differing, times = planted
    figure = figure_differences.draw(differing, 0.95)
    # Change, progress, gain, neighbours, dimension, reference; two layers.
    assert len(figure.axes) == 6 * 2
    drawn = next(axes for axes in figure.axes if axes.get_ylabel().startswith("Gain"))
    # The colour that it has on the whole page, where the first condition has the first.
    shade = palette.colours(["standard", "slow", "blind", "same"], "condition")["slow"]
    [line] = [each for each in drawn.lines if each.get_color() == shade and each.get_ls() != "None"]
    expected = of(differing, "slow", layer="early", measure="gain")["difference"]
    assert line.get_ydata() == pytest.approx(expected.to_numpy())
    assert "less standard" in figure_differences.caption(differing, 0.95)
    figure = figure_times.draw(times, 0.95)
    assert len(figure.axes) == 2
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == [
        "slow: faces", "whole RDM", "blind: faces", "whole RDM", "same: faces", "whole RDM",
    ]  # fmt: skip
    assert "times as late as in standard" in figure_times.caption(times, 0.95)


def test_a_gain_is_that_over_the_first_checkpoint_of_each_condition() -> None:
    """Checkpoints that begin when conditions differ already."""
    trajectories = study({"standard": Path(), "slow": Path(pace=0.4)}, epoch=EPOCH[2:])
    differing, _ = compared(trajectories)
    part = differing[differing["layer"] == "late"]
    effect, gain = (
        part[part["measure"] == name].set_index("epoch")["difference"]
        for name in ("effect", "gain")
    )
    assert abs(effect[2]) > 0.01
    assert gain.to_numpy() == pytest.approx((effect - effect[2]).loc[3:].to_numpy())


def test_times_that_cannot_differ_are_not_said_to_be_the_same() -> None:
    early = study({"standard": Path(), "slow": Path(pace=0.4)}, noise=0)
    _, known = compared(early)
    _, times = compared([replace(each, epoch=each.epoch + 100) for each in early])
    assert set(known["verdict"]) != set(times["verdict"]) == {"undecided"}
    assert times["reason"].str.contains("all checkpoints lie within a factor of 1.25").all()


@pytest.mark.parametrize(
    ("estimate", "se", "open_by", "verdict", "reason"),
    [
        (0.5, 0.05, 0.1, "later", "above 1"),
        (-0.5, 0.05, 0.1, "earlier", "below 1"),
        # Sure by the interval, but an order of interpolation alone.
        (0.5, 0.05, 0.6, "undecided", "they leave 0.794 to 12.6 open"),
        (0.005, 0.01, 0.01, "simultaneous", "within a factor of 1.25"),
        # Surely later, and surely by too little to count.
        (0.05, 0.005, 0.01, "simultaneous", "though it is surely not 1"),
        (0.005, 0.01, 0.2, "undecided", "checkpoints are too far apart"),
        (0.02, 0.3, 0.01, "undecided", "the interval includes 1"),
    ],
)
def test_an_order_is_given_by_interval_and_checkpoints(
    estimate, se, open_by, verdict, reason
) -> None:
    def interval(middle: float) -> crossed_bootstrap.Interval:
        limits = (middle, middle - 2 * se, middle + 2 * se, se)
        nothing = (np.float64(0) for _ in range(3))
        error = crossed_bootstrap.TwoVariances(np.asarray(1.0), (np.asarray(30.0),) * 2)
        return crossed_bootstrap.Interval(
            *(np.float64(each) for each in limits), np.int64(4), *nothing, error
        )

    bounds = (interval(estimate - open_by), interval(estimate + open_by))
    known = Evidence(interval(estimate), *bounds, margin=np.log10(1.25), equal=True)
    said, why = table.ordered(known, Rules())
    assert said == verdict
    assert reason in why
