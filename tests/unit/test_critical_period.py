"""The onset at which a window leaves most behind is the one that was planted, by both clocks."""

import analysis_scripts
import numpy as np
import pandas as pd
import pytest
from condition_cases import DEFINITIONS, EPOCH, Path, study
from test_conditions import series_of

from trajectories.analyses.critical_period import (
    ANALYSIS,
    CONTRASTS,
    PERIOD,
    TEXT,
    figure,
    findings,
    outcomes,
    table,
    windows,
)
from trajectories.analyses.critical_period.windows import Window
from trajectories.rdms import trajectory
from trajectories.statistics import condition_curves, resampled_curves
from trajectories.statistics.resampling import stimulus_counts
from trajectories.storage import resamples_file, tables
from trajectories.study import config

N = 30
COUNTS = stimulus_counts(N, 60, seed=0)
# The earlier, the farther from where the others come, and the smaller the effect.
AWAY = {0: 0.8, 4: 0.5, 8: 0.1, 12: 0.0}
PATHS = {"standard": Path()} | {
    f"deficit_{onset:04d}": Path(away=away, effect=0.15 * (1 - away))
    for onset, away in AWAY.items()
}
SWEEPS = {
    "deficit": {
        "diet": {
            "clock": "epochs",
            "changes": [{"change": "resolution", "at": [[0.0, 0.25], [2.0, 1.0]]}],
        },
        "onset": list(AWAY),
    }
}
WINDOWS = windows.windows(SWEEPS, 16)["deficit"]


def grouped(trajectories, layer="late"):
    groups: dict[str, dict] = {}
    for each in series_of(trajectories, layer):
        groups.setdefault(each.condition, {})[each.seed] = each
    return groups


def tabulated(trajectories, members=WINDOWS, undisturbed="standard"):
    curves = [resampled_curves.resample(each, DEFINITIONS, COUNTS) for each in trajectories]
    by_condition = {each.condition: each for each in condition_curves.by_condition(curves)}
    layer = outcomes.Study("late", grouped(trajectories), by_condition, DEFINITIONS, COUNTS)
    return table.tables(layer, "deficit", members, undisturbed, 0.95)


@pytest.fixture(scope="module")
def trajectories():
    return study(PATHS, layers=("late",))


@pytest.fixture(scope="module")
def found(trajectories):
    return tabulated(trajectories)


def of(part, measure, clock="end"):
    return part[(part["measure"] == measure) & (part["clock"] == clock)]


def test_windows_are_those_of_a_resolved_config() -> None:
    raw = {
        "experiment": "tiny",
        "seeds": [1],
        "images": {"source": "openmoji", "count": 96},
        "stimuli": {"table": "config/stimuli/openmoji96.csv", "folder": "openmoji"},
        "categories": {"faces": {"within": "face"}},
        "training": {"epochs": 16, "schedule_epochs": 20},
        "network": {"architecture": "resnet18"},
        "conditions": {"warm": {"training": {"temperature": 0.5}}, "standard": {}},
        "sweeps": {
            "late_first": {
                "diet": {
                    "clock": "share",
                    "changes": [
                        {"change": "resolution", "at": {0: 0.25, 0.1: 1}},
                        {"change": "blur", "at": {0.05: 1, 0.2: 0}},
                    ],
                },
                "onset": [0.5, 0],
            }
        },
    }
    resolved = config.resolve(raw)
    [members] = windows.windows(resolved["sweeps"], 20).values()
    names = [name for name in resolved["conditions"] if name.startswith("late_first")]
    assert [each.condition for each in members] == sorted(names)
    assert [(each.onset, each.end) for each in members] == [(0, 4), (10, 14)]
    assert windows.undisturbed(resolved["conditions"]) == "standard"
    del resolved["conditions"]["standard"]
    assert windows.undisturbed(resolved["conditions"]) is None
    assert ANALYSIS.when(resolved, {})
    assert not ANALYSIS.when({"sweeps": {}}, {})


def test_the_clocks_are_written_out() -> None:
    assert table.measured_at(EPOCH, WINDOWS, "end") == [16, 16, 16, 16]
    # The last window ends at 14 and leaves two epochs.
    assert table.measured_at(EPOCH, WINDOWS, "after") == [4, 8, 12, 16]
    few = np.array([0.0, 3, 7, 16])
    assert table.measured_at(few, WINDOWS, "after") == [3, 7, 7, 16]
    endless = [Window("a", 0, np.inf), Window("b", 4, np.inf)]
    assert table.measured_at(EPOCH, endless, "after") == [16, 16]


def test_outcomes_are_those_of_the_rdms(trajectories, found) -> None:
    by = {(each.attributes["condition"], each.attributes["seed"]): each for each in trajectories}
    period, _ = found
    for clock, at in (("end", 16), ("after", 8)):
        row = of(period, "similarity", clock).set_index("onset").loc[4]
        own = [
            np.corrcoef(by["deficit_0004", s].rdms["late"][at], by["standard", s].rdms["late"][at])
            for s in (1, 2, 3, 4)
        ]
        assert row["value"] == pytest.approx(np.mean([each[0, 1] for each in own]))
        among = np.corrcoef([by["standard", s].rdms["late"][at] for s in (1, 2, 3, 4)])
        assert row["baseline"] == pytest.approx(among[np.triu_indices(4, 1)].mean())
        assert row["epoch"] == at
        assert row["since_window"] == at - 6
    flags = trajectories[0].flags["face"]
    first, second = np.triu_indices(N, 1)
    gains = []
    for seed in (1, 2, 3, 4):
        rdms = by["deficit_0004", seed].rdms["late"]
        effect = rdms[:, flags[first] != flags[second]].mean(axis=1)
        effect -= rdms[:, flags[first] & flags[second]].mean(axis=1)
        gains.append(effect[16] - effect[0])
    row = of(period, "gain").set_index("onset").loc[4]
    assert row["value"] == pytest.approx(np.mean(gains))


def test_early_windows_leave_most_behind(found) -> None:
    period, contrasts = found
    assert tuple(period.columns) == PERIOD
    assert tuple(contrasts.columns) == CONTRASTS
    for clock in ("end", "after"):
        gain = of(period, "gain", clock).set_index("onset")
        assert gain.loc[[0, 4], "q"].max() < 0.05
        assert gain["difference"].is_monotonic_increasing
        assert gain.loc[12, "difference_low"] < 0.01
        similar = of(period, "similarity", clock).set_index("onset")
        assert similar.loc[0, "difference_high"] < 0
        # A window that changes nothing leaves a network more like its twin than another seed is.
        assert similar.loc[12, "difference"] > 0
        contrast = of(contrasts, "gain", clock).iloc[0]
        assert contrast["high"] < 0
    truth = 0.15 * (1 - np.exp(-4)) * -0.8
    at_end = of(period, "gain").set_index("onset").loc[0]
    assert at_end["difference_low"] < truth < at_end["difference_high"]


def test_the_variance_of_a_mean_over_pairs_is_that_of_many_sets_of_networks() -> None:
    rng = np.random.default_rng(0)
    seen, means = [], []
    for _ in range(4000):
        typical = rng.standard_normal(5)
        among = typical[:, None] + typical + 0.1 * rng.standard_normal((5, 5))
        among = (among + among.T) / 2
        [values] = outcomes._to_others(among[None]).T
        assert values.mean() == pytest.approx(among[np.triu_indices(5, 1)].mean())
        seen.append(values.var(ddof=1) / 5)
        means.append(values.mean())
    assert np.mean(seen) == pytest.approx(np.var(means), rel=0.1)


def test_sentences_say_what_was_planted(found) -> None:
    said = findings.said(*found, 0.95)
    assert len(said) == 3 * 2
    [gain] = [each for each in said if "gain" in each and "end of training" in each]
    assert gain.startswith("deficit in late, the gain of between − within of faces at the end")
    assert "lower than undisturbed for the onsets 0, 4" in gain
    assert "for onset 0; the difference between the onsets 0 and 12 is −0." in gain
    [similar] = [each for each in said if "similarity" in each and "equally long" in each]
    assert "lower than that of networks of standard of different seeds for the onsets 0" in similar


def test_an_alike_sweep_has_no_critical_period() -> None:
    paths = {name: Path() for name in PATHS}
    period, contrasts = tabulated(study(paths, layers=("late",), draw=3))
    said = [each for each in findings.said(period, contrasts, 0.95) if "gain" in each]
    assert all("no onset differs reliably from undisturbed" in each for each in said)
    assert all("no reliable difference between the onsets 0 and 12" in each for each in said)
    assert all("least detectable" in each for each in said)


def test_without_an_undisturbed_condition_there_are_outcomes_alone(trajectories) -> None:
    period, contrasts = tabulated(trajectories, undisturbed=None)
    assert {*period["measure"]} == {"gain", "nearest_neighbour"}
    assert period["difference"].isna().all()
    assert np.isfinite(period["value"]).all()
    assert np.isfinite(contrasts["difference"]).all()
    assert all(
        "no condition is undisturbed" in each for each in findings.said(period, contrasts, 0.95)
    )
    assert figure.draw(period, 0.95).axes


def test_one_seed_or_one_onset(trajectories) -> None:
    one = study(PATHS, seeds=(1,), layers=("late",))
    period, contrasts = tabulated(one)
    assert all("one seed" in each for each in findings.said(period, contrasts, 0.95))
    assert figure.draw(period, 0.95).axes
    period, contrasts = tabulated(trajectories, members=WINDOWS[:1])
    assert contrasts["difference"].isna().all()
    assert all("between the onsets" not in each for each in findings.said(period, contrasts, 0.95))
    assert figure.draw(period, 0.95).axes


def test_the_scripts_write_and_draw_them(tmp_path, trajectories, found) -> None:
    reads: dict[str, list] = {"trajectories": [], "resamples": []}
    for place, each in enumerate(trajectories):
        for kind in reads:
            reads[kind].append(tmp_path / f"{place}-{kind}.h5")
        trajectory.write(reads["trajectories"][-1], each)
        curves = resampled_curves.resample(each, DEFINITIONS, COUNTS)
        resamples_file.write(reads["resamples"][-1], curves)
    settings = {
        "sweeps": SWEEPS,
        "conditions": {name: {"training": None} for name in PATHS},
        "schedule_epochs": 16,
        "definitions": DEFINITIONS,
        "confidence": 0.95,
        "resamples_drawn": 60,
        "seed": 0,
    }
    reads["recipes"] = analysis_scripts.recipes(tmp_path, list(PATHS))
    analysis_scripts.tabulate("critical_period", tmp_path, reads, settings)
    for name, columns, expected in zip(ANALYSIS.tables, (PERIOD, CONTRASTS), found, strict=True):
        read = tables.read_columns(tmp_path / f"{name}.csv", columns, TEXT)
        pd.testing.assert_frame_equal(read, expected, check_dtype=False)
    analysis_scripts.draw("critical_period", "critical_period", tmp_path, {"confidence": 0.95})
    assert (tmp_path / "critical_period.png").stat().st_size > 10000


def test_the_figure_has_both_clocks(found) -> None:
    drawn = figure.draw(found[0], 0.95)
    panels = [axes for axes in drawn.axes if axes.get_ylabel()]
    assert len(panels) == 3
    [above] = panels[0].child_axes
    assert above.get_xlabel() == "from the window to the end (epochs)"
    drawn.draw_without_rendering()
    # The onset 4, whose window ends at 6, leaves ten epochs.
    assert above.transData.transform((10, 0))[0] == pytest.approx(
        panels[0].transData.transform((4, 0))[0]
    )
    assert "2 epochs long" in figure.caption(found[0], 0.95)
