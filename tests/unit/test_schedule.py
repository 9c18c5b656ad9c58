"""The schedule's share is what was planted: all of the settling, none of it, or displacement's.

Planted RDMs turn by known angles from epoch to epoch, so that each step's angle is known exactly.
"""

from itertools import pairwise
from pathlib import Path

import analysis_scripts
import numpy as np
import pandas as pd
import pytest

from trajectories.analyses.claims import change
from trajectories.analyses.schedule import TEXT
from trajectories.analyses.schedule import figure as figure_schedule
from trajectories.analyses.schedule import table as schedule
from trajectories.errors import UserError
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, pace, resampled_curves, resampling
from trajectories.statistics.verdicts import sentences
from trajectories.statistics.verdicts.statement import RANDOM, Rules
from trajectories.storage import history, resamples_file, tables
from trajectories.storage.columns import DISPLACEMENT

HOME = Path(__file__).parents[2]
N = 24
FLAGS = {"face": np.arange(N) < 10}
DEFINITIONS = {"faces": {"within": "face"}}
COUNTS = resampling.stimulus_counts(N, 60, seed=0)
EPOCH = np.arange(13.0)
STEPS = list(pairwise(EPOCH.tolist()))
COSINE = {t: 0.05 * (1 + np.cos(np.pi * (t - 1) / 12)) for t in EPOCH[1:].tolist()}
CONSTANT = dict.fromkeys(EPOCH[1:].tolist(), 0.1)
DECAY = np.exp(-EPOCH[1:] / 3)


def turning(angles, seed, epoch=EPOCH, condition="moco", layer="layer1") -> Trajectory:
    """RDMs that turn by these angles from epoch to epoch, all in one plane."""
    rng = np.random.default_rng(seed)
    plane = rng.standard_normal((N * (N - 1) // 2, 3))
    plane[:, 0] = 1
    # Right-angled, and without a mean.
    plane, _ = np.linalg.qr(plane)
    place = np.concatenate([[0], np.cumsum(angles)])[:, None]
    rdms = 5 + np.cos(place) * plane[:, 1] + np.sin(place) * plane[:, 2]
    names = tuple(f"image{i}" for i in range(N))
    return Trajectory({layer: rdms}, epoch, names, FLAGS, {"condition": condition, "seed": seed})


def resampled(trajectory) -> resamples_file.Curves:
    return resampled_curves.resample(trajectory, DEFINITIONS, COUNTS)


def gathered(trajectories) -> condition_curves.ConditionCurves:
    [curves] = condition_curves.by_condition([resampled(each) for each in trajectories])
    return curves


def moved(values, seeds=(1, 2, 3), steps=STEPS, condition="moco", layer="layer1") -> pd.DataFrame:
    """A table of displacements, the same for all seeds."""
    rows = [
        (condition, seed, layer, *step, value)
        for seed in seeds
        for step, value in zip(steps, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(DISPLACEMENT))


def tabulated(angles, rates, displaced, seeds=(1, 2, 3)):
    curves = gathered([turning(angles, seed) for seed in seeds])
    table, summary = schedule.tables(curves, rates, moved(displaced, seeds), 0.95)
    by_measure = dict(list(table.groupby("measure")))
    return by_measure, summary.set_index("statistic")


def test_change_that_goes_as_the_learning_rate_is_flat_and_all_the_schedules() -> None:
    angles = 3 * np.array(list(COSINE.values()))
    table, summary = tabulated(angles, COSINE, DECAY)
    assert table["change"]["value"].to_numpy() == pytest.approx(angles, rel=1e-6)
    assert table["change_per_rate"]["value"].to_numpy() == pytest.approx(np.full(12, 3), rel=1e-6)
    assert table["learning_rate"]["value"].to_numpy() == pytest.approx(list(COSINE.values()))
    # Networks are alike here: the interval is over images, and nothing where these interact.
    assert (table["change"]["low"] <= 1.001 * angles).all()
    assert (table["change"]["high"] >= 0.999 * angles).all()
    assert (table["change"]["high"] > 1.01 * table["change"]["low"]).any()
    fall = COSINE[1] / np.mean([COSINE[t] for t in (10, 11, 12)])
    assert summary["estimate"]["fall_learning_rate"] == pytest.approx(fall)
    assert summary["estimate"]["fall_change"] == pytest.approx(fall, rel=1e-6)
    assert summary["estimate"]["fall_change_per_rate"] == pytest.approx(1, rel=1e-6)
    share = summary.loc["share_of_rate"]
    assert share["estimate"] == pytest.approx(1, rel=1e-6)
    assert share["low"] <= share["estimate"] <= share["high"]


def test_what_settles_at_a_constant_rate_is_none_of_the_schedules() -> None:
    table, summary = tabulated(0.5 * DECAY, CONSTANT, DECAY**2)
    fall = DECAY[0] / DECAY[-3:].mean()
    assert summary["estimate"]["fall_learning_rate"] == pytest.approx(1)
    assert summary["estimate"]["fall_change"] == pytest.approx(fall, rel=1e-6)
    assert summary["estimate"]["fall_change_per_rate"] == pytest.approx(fall, rel=1e-6)
    assert summary["estimate"]["share_of_rate"] == pytest.approx(0, abs=1e-9)
    assert table["change_per_rate"]["value"].iloc[0] == pytest.approx(5 * DECAY[0], rel=1e-6)


def test_change_that_goes_as_the_weights_is_flat_per_displacement() -> None:
    table, summary = tabulated(0.5 * DECAY, COSINE, 0.25 * DECAY)
    per_displacement = table["change_per_displacement"]["value"].to_numpy()
    assert per_displacement == pytest.approx(np.full(12, 2), rel=1e-6)
    assert summary["estimate"]["fall_change_per_displacement"] == pytest.approx(1, rel=1e-6)
    assert table["displacement"]["value"].to_numpy() == pytest.approx(0.25 * DECAY)
    # On a log scale the fall is that of the rate and the rest.
    change, rate, rest = (
        np.log(summary["estimate"][f"fall_{name}"])
        for name in ("change", "learning_rate", "change_per_rate")
    )
    assert summary["estimate"]["share_of_rate"] == pytest.approx(rate / change)
    assert change == pytest.approx(rate + rest)


def test_the_smallest_steps_keep_their_digits() -> None:
    angles = np.geomspace(0.3, 1e-6, 12)
    table, _ = tabulated(angles, COSINE, DECAY)
    assert table["change"]["value"].to_numpy() == pytest.approx(angles, rel=1e-4)


def test_the_share_has_no_limits_where_nothing_may_have_fallen() -> None:
    angles = np.full(12, 0.05)
    _, summary = tabulated(angles, COSINE, DECAY)
    assert summary["estimate"]["fall_change"] == pytest.approx(1, rel=1e-6)
    assert summary.loc["share_of_rate", ["low", "high"]].isna().all()


def test_the_control_has_the_same_statistic() -> None:
    angles = np.random.default_rng(0).uniform(0.05, 0.3, 12)
    curves = gathered([turning(angles, seed) for seed in (1, 2, 3)])
    _, summary = schedule.tables(curves, COSINE, moved(DECAY), 0.95)
    asked = change.per_rate(curves, COSINE, Rules())
    [scaled] = [each for each in sentences.decided("moco", asked, Rules()) if each.images == RANDOM]
    fall = summary.set_index("statistic").loc["fall_change_per_rate"]
    assert (scaled.estimate, scaled.low, scaled.high) == pytest.approx(
        (fall["estimate"], fall["low"], fall["high"])
    )


def test_one_instance_does_not_tell_how_far_others_move() -> None:
    table, summary = tabulated(DECAY / 2, COSINE, DECAY, seeds=(1,))
    assert table["displacement"][["low", "high"]].isna().all(axis=None)
    assert summary.loc["fall_displacement", ["low", "high"]].isna().all()
    assert table["change"][["low", "high"]].notna().all(axis=None)
    assert (table["change"]["n_seeds"] == 1).all()


def test_unequal_and_few_steps_have_values_and_no_falls() -> None:
    epoch = np.array([0, 0.5, 1, 2, 4, 8, 12])
    whole = np.array([0.0, 1, 2, 4, 8, 12])
    angles = np.array([0.05, 0.05, 0.1, 0.1, 0.2, 0.2])
    curves = gathered([turning(angles, seed, epoch) for seed in (1, 2)])
    steps = list(pairwise(whole.tolist()))
    table, summary = schedule.tables(curves, CONSTANT, moved(np.ones(5), (1, 2), steps), 0.95)
    change = table[table["measure"] == "change"]
    assert change["value"].to_numpy() == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.05], rel=1e-6)
    per_rate = table.loc[table["measure"] == "change_per_rate", "value"].to_numpy()
    assert per_rate == pytest.approx(10 * change["value"].to_numpy(), rel=1e-6)
    assert summary["estimate"].isna().all()
    assert "atio" not in figure_schedule.caption(table, summary, 0.95)


def test_a_step_without_displacement_is_named() -> None:
    curves = gathered([turning(DECAY, seed) for seed in (1, 2)])
    with pytest.raises(UserError, match=r"moco seed 2 has no displacement of layer1 from epoch 0"):
        schedule.tables(curves, COSINE, moved(DECAY, seeds=(1,)), 0.95)


def test_standing_still_is_left_out_and_warned_of_by_the_count() -> None:
    still = DECAY.copy()
    still[5] = 0
    instances = [turning(still, 1), turning(DECAY, 2), turning(DECAY, 3)]
    table, _ = schedule.tables(gathered(instances), COSINE, moved(DECAY), 0.95)
    change = table[table["measure"] == "change"]
    assert change["n_seeds"].tolist() == [3] * 5 + [2] + [3] * 6
    assert np.isfinite(change["value"]).all()


def test_rates_are_summed_over_the_epochs_of_a_step() -> None:
    step = np.array([[0.0, 1], [1, 3], [3, 4]])
    found = pace.summed({1.0: 0.1, 2.0: 0.2, 3.0: 0.3}, step)
    assert found[:2] == pytest.approx([0.1, 0.5])
    assert np.isnan(found[2])
    assert np.isnan(pace.summed(None, step)).all()


def test_conditions_apart_by_script_to_figure(tmp_path) -> None:
    """One falls with its rate, one has a constant rate, and the rates of one are not known."""
    known = {"falling": COSINE, "constant": CONSTANT}
    resamples, displacements, histories = [], [], []
    for condition in (*known, "own"):
        for seed in (1, 2):
            folder = tmp_path / condition / f"seed-{seed}"
            folder.mkdir(parents=True)
            angles = 2 * np.array(list(known.get(condition, CONSTANT).values()))
            resamples.append(folder / "resamples.h5")
            resamples_file.write(
                resamples[-1], resampled(turning(angles, seed, condition=condition))
            )
            displacements.append(folder / "displacement.csv")
            rows = moved(DECAY, (seed,), condition=condition)
            tables.write(displacements[-1], rows)
            if condition in known:
                histories.append(folder / "history.csv")
                write_history(histories[-1], known[condition])
    reads = {"resamples": resamples, "displacements": displacements, "histories": histories}
    reads["recipes"] = analysis_scripts.recipes(tmp_path)
    analysis_scripts.tabulate("schedule", tmp_path, reads, {"confidence": 0.95})
    table = tables.read_columns(tmp_path / "schedule.csv", schedule.SCHEDULE, TEXT)
    flat = table[table["measure"] == "change_per_rate"]
    assert set(flat["condition"]) == set(known)
    assert flat["value"].to_numpy() == pytest.approx(np.full(24, 2), rel=1e-6)
    assert set(table["condition"]) == {*known, "own"}

    analysis_scripts.draw("schedule", "schedule", tmp_path, {"confidence": 0.95})
    assert all((tmp_path / f"schedule.{suffix}").stat().st_size for suffix in ("pdf", "png"))
    caption = (tmp_path / "schedule.txt").read_text()
    assert caption.startswith(figure_schedule.TITLE + "\n\n")
    fall = COSINE[1] / np.mean([COSINE[t] for t in (10, 11, 12)])
    assert f"falling, layer1: change per epoch {fall:.2g}, per learning rate 1," in caption

    summary = tables.read_columns(tmp_path / "schedule_summary.csv", schedule.SUMMARY, TEXT)
    figure = figure_schedule.draw(table, summary, 0.95)
    rate_panels = figure.axes[6:9]
    np.testing.assert_array_equal(
        rate_panels[0].lines[0].get_ydata(), flat.loc[flat["condition"] == "falling", "value"]
    )
    assert [text.get_text() for text in rate_panels[2].texts] == ["learning rate not known"]
    assert all(axes.get_yscale() == "log" for axes in figure.axes)


def test_without_any_rate_there_is_no_such_row_of_panels() -> None:
    curves = gathered([turning(DECAY, seed) for seed in (1, 2, 3)])
    table, summary = schedule.tables(curves, None, moved(DECAY), 0.95)
    assert len(figure_schedule.draw(table, summary, 0.95).axes) == 3
    assert "learning rate" not in figure_schedule.caption(table, summary, 0.95)


def write_history(path, rates) -> None:
    empty = dict.fromkeys(history.COLUMNS)
    rows = [{**empty, "epoch": 0}]
    rows += [{**empty, "epoch": int(t), "learning_rate": rate} for t, rate in rates.items()]
    history.write_history(path, rows)
