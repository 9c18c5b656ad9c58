"""References of each age match the epoch at which they were planted."""

import json

import analysis_scripts
import numpy as np
import pandas as pd
import pytest
from condition_cases import EPOCH, Path, study
from scipy.spatial.distance import squareform
from test_conditions import series_of

from trajectories.analyses.ages import AGES, ANALYSIS, TEXT, TRENDS, figure, findings, table
from trajectories.rdms import trajectory
from trajectories.rdms.reference_rdms import Reference
from trajectories.statistics.resampling import stimulus_counts
from trajectories.storage import tables as storage

N = 30
COUNTS = stimulus_counts(N, 60, seed=0)
AGE = np.array([4.0, 7, 25])
PLANTED = (1, 4, 9)


@pytest.fixture(scope="module")
def trajectories():
    return study({"standard": Path(), "slow": Path(pace=0.5)}, layers=("late",))


def rdm_of(trajectories, epoch):
    """The mean RDM of the first condition, at an epoch."""
    standard = [each for each in trajectories if each.attributes["condition"] == "standard"]
    return np.mean([each.rdms["late"][epoch == EPOCH][0] for each in standard], axis=0)


@pytest.fixture(scope="module")
def found(trajectories):
    references = [
        Reference(f"age{age:g}", ("all",), rdm_of(trajectories, epoch)[None])
        for age, epoch in zip(AGE, PLANTED, strict=True)
    ]
    return table.tables(series_of(trajectories), references, AGE, 0.95, COUNTS)


def test_ages_match_the_epochs_at_which_they_were_planted(found) -> None:
    ages, trends = found
    standard = ages[ages["condition"] == "standard"]
    assert standard["match"].to_numpy() == pytest.approx(PLANTED, abs=0.3)
    assert (standard["low"] <= np.array(PLANTED) + 0.01).all()
    assert (standard["high"] >= np.array(PLANTED) - 0.01).all()
    # Half as fast, the slow networks are there at twice the epoch; the last is beyond their end.
    slow = ages[ages["condition"] == "slow"]
    assert slow["match"].iloc[:2].to_numpy() == pytest.approx([2, 8], abs=0.8)
    assert slow["match"].iloc[2] > 12
    truth = np.polyfit(AGE, PLANTED, 1)[0]
    trend = trends[trends["condition"] == "standard"].iloc[0]
    assert trend["slope"] == pytest.approx(truth, abs=0.03)
    assert 0 < trend["low"] < truth < trend["high"]


def test_no_match_lies_outside_of_training(trajectories) -> None:
    """However uncertain, as that of RDMs of nothing is."""
    noise = np.random.default_rng(0).standard_normal((3, N * (N - 1) // 2))
    references = [Reference(f"noise{at}", ("all",), rdm[None]) for at, rdm in enumerate(noise)]
    ages, _ = table.tables(series_of(trajectories), references, AGE, 0.95, COUNTS)
    assert ages["low"].min() == 0
    assert ages["high"].max() == 16


def test_slopes_are_those_of_least_squares() -> None:
    times = np.random.default_rng(0).standard_normal((3, 5, 3))
    expected = [np.polyfit(AGE, each, 1)[0] for each in times.reshape(-1, 3)]
    assert table.slopes(times, AGE).ravel() == pytest.approx(expected)
    assert np.isnan(table.slopes(times, np.full(3, 4.0))).all()


def test_sentences_give_match_correlation_and_order(found) -> None:
    ages, trends = (each[each["condition"] == "standard"] for each in found)
    [said] = findings.said(ages, trends)
    assert said.startswith("In late, age 4 epoch 1.")
    assert "older ages match later epochs, by 0.3" in said
    one = ages[ages["age"] == 4]
    alone = trends.assign(slope=np.nan, low=np.nan, high=np.nan)
    assert findings.said(one, alone)[0].endswith("a single age has no order.")
    network = trends.assign(n_seeds=1)
    assert "of one network" in findings.said(ages, network)[0]
    open_ = trends.assign(low=-1.0, high=2.0)
    assert "no reliable order" in findings.said(ages, open_)[0]


def test_only_references_with_an_age_are_asked_for() -> None:
    named = {"file": "a.csv", "rdm": None, "table": None}
    assert not ANALYSIS.when({"references": {}}, {})
    assert not ANALYSIS.when({"references": {"a": {**named, "age": None}}}, {})
    config = {"references": {"a": {**named, "age": None}, "b": {**named, "age": 0}}}
    assert ANALYSIS.when(config, {})


def test_the_scripts_read_references_in_the_order_of_age(tmp_path, trajectories, found) -> None:
    files, references = [], {}
    for place, each in enumerate(trajectories):
        files.append(tmp_path / f"{place}.h5")
        trajectory.write(files[-1], each)
    names = trajectories[0].stimulus
    for age, epoch in reversed(list(zip(AGE, PLANTED, strict=True))):
        square = pd.DataFrame(squareform(rdm_of(trajectories, epoch)), names, names)
        square.to_csv(tmp_path / f"age{age:g}.csv")
        file = str(tmp_path / f"age{age:g}.csv")
        references[f"age{age:g}"] = {"file": file, "rdm": None, "table": None, "age": age}
    references["ageless"] = {**references["age4"], "age": None}
    settings = {
        "references": json.loads(json.dumps(references)),
        "confidence": 0.95,
        "resamples_drawn": 60,
        "seed": 0,
    }
    recipes = analysis_scripts.recipes(tmp_path, ["standard", "slow"])
    reads = {"trajectories": files, "recipes": recipes}
    analysis_scripts.tabulate("ages", tmp_path, reads, settings)
    for name, columns, expected in zip(("ages", "age_trends"), (AGES, TRENDS), found, strict=True):
        read = storage.read_columns(tmp_path / f"{name}.csv", columns, TEXT)
        pd.testing.assert_frame_equal(read, expected, check_dtype=False, rtol=1e-9)
    analysis_scripts.draw("ages", "ages", tmp_path, {"confidence": 0.95})
    drawn = figure.draw(found[0], 0.95)
    assert len(drawn.axes) == 4
    assert "each age" in figure.caption(found[0], 0.95)
