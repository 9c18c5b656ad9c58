"""A condition that is slower on a path, and one on another path, are told apart as planted."""

import analysis_scripts
import numpy as np
import pandas as pd
import pytest
from condition_cases import EPOCH, Path, study
from test_conditions import series_of

from trajectories.analyses.alignment import (
    ANOTHER,
    MATCHES,
    PATHS,
    SAME,
    SIMILARITY,
    TEXT,
    findings,
    matches,
)
from trajectories.analyses.alignment import figure as figure_maps
from trajectories.analyses.alignment import figure_alignment_matches as figure_matches
from trajectories.analyses.alignment.table import tables, tabulate
from trajectories.rdms import trajectory
from trajectories.statistics import states
from trajectories.statistics.resampling import stimulus_counts
from trajectories.storage import tables as storage

N = 30
FAR = (("slow", "standard"), ("standard", "slow"))
COUNTS = stimulus_counts(N, 60, seed=0)
PATHS_PLANTED = {
    "standard": Path(),
    "slow": Path(pace=0.5),
    "away": Path(away=0.8),
    "same": Path(),
}


def aligned(trajectories, layer="late"):
    return tables(series_of(trajectories, layer), 0.95, COUNTS)


@pytest.fixture(scope="module")
def planted():
    trajectories = study(PATHS_PLANTED, networks=0.4, layers=("late",))
    return trajectories, *aligned(trajectories)


def of(table, condition, other="standard"):
    return table[(table[["condition", "other_condition"]] == [condition, other]).all(axis=1)]


def test_the_slow_one_is_on_the_same_path_with_the_planted_lag(planted) -> None:
    *_, matched, paths = planted
    slow = of(matched, "slow")
    # With half the pace it is at epoch t where the others were at t / 2.
    assert slow["match"].to_numpy() == pytest.approx(EPOCH / 2, abs=1.0)
    inside = (slow["match_low"] <= EPOCH / 2) & (slow["match_high"] >= EPOCH / 2)
    assert inside.mean() > 0.8
    [row] = of(paths, "slow").to_dict("records")
    assert row["verdict"] == SAME
    assert row["lag_low"] > 0
    assert row["lag_low"] < (EPOCH[1:] / 2).mean() < row["lag_high"]
    assert abs(row["shortfall"]) < 0.01
    assert slow["match_low"].min() >= 0
    # Seen from the other side, the standard is ahead, and its later epochs have no match.
    back = of(matched, "standard", "slow")
    assert back["share_at_end"].iloc[-1] == 1
    assert back["match_high"].max() == 16
    assert back["share_at_end"].iloc[:6].max() == 0
    [row] = of(paths, "standard", "slow").to_dict("records")
    assert row["lag_high"] < 0
    assert row["verdict"] == SAME
    assert row["n_lag_epochs"] < 12


def test_another_path_falls_short_of_the_ceiling_whatever_the_epoch(planted) -> None:
    *_, matched, paths = planted
    for one, other in (("away", "standard"), ("standard", "away"), ("away", "slow")):
        [row] = of(paths, one, other).to_dict("records")
        assert row["verdict"] == ANOTHER
        assert row["high"] < 0
    away = of(matched, "away")
    late = away[away["epoch"] >= 4]
    assert (late["q"] < 0.05).all()
    assert (late["shortfall"] < -0.05).all()
    # They begin at the same point, of which no shortfall is told.
    assert abs((away["similarity"] - away["ceiling"]).iloc[0]) < 0.01
    assert away.loc[away["shortfall"].isna(), "epoch"].tolist() == [0]
    assert away["q"].isna().tolist() == away["shortfall"].isna().tolist()


def test_two_conditions_alike_are_on_the_same_path_and_neither_is_behind(planted) -> None:
    *_, matched, paths = planted
    [row] = of(paths, "same").to_dict("records")
    assert row["verdict"] == SAME
    assert row["lag_low"] < 0 < row["lag_high"]
    assert (of(matched, "same")["q"] < 0.05).mean() < 0.1


def test_one_that_is_far_behind_is_on_the_same_path_though_the_other_leaves_its_own() -> None:
    """What the faster one comes to, the slower one has not seen."""
    trajectories = study({"standard": Path(), "slow": Path(pace=0.1)}, layers=("late",))
    *_, paths = aligned(trajectories)
    [slow], [fast] = (of(paths, *pair).to_dict("records") for pair in FAR)
    assert fast["high"] < -0.05
    assert abs(slow["shortfall"]) < 0.01
    assert slow["verdict"] == fast["verdict"] == SAME


def test_a_network_is_compared_with_the_path_of_the_other_seeds(planted) -> None:
    """Similarity and match of one network and epoch, by a search over many points of the path."""
    trajectories, *_ = planted
    path, networks = (
        {each.seed: each for each in series_of(trajectories) if each.condition == name}
        for name in ("standard", "slow")
    )
    found = matches.matches(path, networks, COUNTS[:1])
    others = []
    for seed in (2, 3, 4):
        rows = path[seed].read()
        rows = rows - rows.mean(axis=1, keepdims=True)
        others.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    mean = np.sum(others, axis=0)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    when = np.linspace(0, 16, 3201)
    points = np.array([np.interp(when, EPOCH, pair) for pair in mean.T]).T
    for at in (3, 9):
        r = np.array([np.corrcoef(each, networks[1].at(at))[0, 1] for each in points])
        assert found.similarity[0, 0, at] == pytest.approx(r.max(), abs=1e-5)
        assert found.time[0, 0, at] == pytest.approx(when[r.argmax()], abs=0.01)


def test_similarity_of_all_epochs_is_the_mean_correlation(planted) -> None:
    trajectories, maps, *_ = planted
    by = {(each.attributes["condition"], each.attributes["seed"]): each for each in trajectories}
    row = of(maps, "slow")
    row = row[(row["epoch"] == 5) & (row["other_epoch"] == 3)].set_index("instances")["mean"]
    same, different = [], []
    for seed in (1, 2, 3, 4):
        for other in (1, 2, 3, 4):
            pair = by["slow", seed].rdms["late"][5], by["standard", other].rdms["late"][3]
            (same if seed == other else different).append(np.corrcoef(*pair)[0, 1])
    assert row["same"] == pytest.approx(np.mean(same))
    assert row["different"] == pytest.approx(np.mean(different))


def test_sentences_say_what_was_planted(planted) -> None:
    *_, matched, paths = planted
    chosen = [table[table["condition"] != "same"] for table in (paths, matched)]
    chosen = [table[table["other_condition"] == "standard"] for table in chosen]
    slow, away = findings.said(*chosen, 0.95)
    assert slow.startswith("In late, slow and standard take the same path")
    assert "slow is behind by 4." in slow
    assert away.startswith("In late, away and standard take different paths")
    assert "reliably lower at" in away
    both = of(paths, "standard", "slow")
    assert "standard is ahead by" in findings.said(both, matched, 0.95)[0]
    [same] = findings.said(of(paths, "same"), matched, 0.95)
    assert "neither is reliably behind" in same
    assert "least detectable lag" in same


def test_each_pair_is_told_once(planted) -> None:
    *_, matched, paths = planted
    assert len(findings.said(paths, matched, 0.95)) == 6


def test_one_seed_has_a_map_and_no_verdict() -> None:
    trajectories = study({"a": Path(), "b": Path(away=0.8)}, seeds=(1,), layers=("late",))
    maps, matched, paths = aligned(trajectories)
    assert {*maps["instances"]} == {"same"}
    assert (paths["verdict"] == "undecided").all()
    assert paths["reason"].str.contains("two seeds in common").all()
    assert "may take the same path or not" in findings.said(paths, matched, 0.95)[0]
    assert figure_maps.draw(maps, matched).axes
    assert figure_matches.draw(matched, 0.95).axes
    assert "single seed" in figure_matches.caption(matched, 0.95)


def test_conditions_without_a_common_epoch_have_no_verdict() -> None:
    one = study({"a": Path()}, epoch=np.array([0.0, 1, 2]), layers=("late",))
    other = study({"b": Path()}, epoch=np.array([10.0, 20, 30]), layers=("late",))
    maps, matched, paths = aligned([*one, *other])
    assert paths["reason"].tolist() == ["they have no epoch in common"] * 2
    assert figure_maps.draw(maps, matched).axes
    assert figure_matches.draw(matched, 0.95).axes


def test_the_scripts_write_and_draw_them(tmp_path, planted) -> None:
    trajectories, *expected = planted
    files = []
    for place, each in enumerate(trajectories):
        files.append(tmp_path / f"{place}.h5")
        trajectory.write(files[-1], each)
    settings = {"confidence": 0.95, "resamples_drawn": 60, "seed": 0}
    recipes = analysis_scripts.recipes(tmp_path, list(PATHS_PLANTED))
    reads = {"trajectories": files, "recipes": recipes}
    analysis_scripts.tabulate("alignment", tmp_path, reads, settings)
    names = ("alignment", "alignment_matches", "alignment_paths")
    for name, columns, table in zip(names, (SIMILARITY, MATCHES, PATHS), expected, strict=True):
        found = storage.read_columns(tmp_path / f"{name}.csv", columns, TEXT)
        pd.testing.assert_frame_equal(found, table, check_dtype=False)
    analysis_scripts.draw("alignment", "alignment", tmp_path, {})
    analysis_scripts.draw("alignment", "alignment_matches", tmp_path, {"confidence": 0.95})
    assert (tmp_path / "alignment_matches.png").stat().st_size > 10000


def test_figures_show_the_matches_of_each_condition_beside_the_first(planted) -> None:
    _, maps, matched, _ = planted
    figure = figure_maps.draw(maps, matched)
    assert len(figure.axes) == 3 + 1
    line = figure.axes[0].lines[-1]
    assert line.get_ydata() == pytest.approx(of(matched, "slow")["match"].to_numpy())
    assert "in standard" in figure.get_supylabel()
    own, black = figure.axes[0].lines[-2:]
    assert (np.asarray(own.get_ydata()) > np.asarray(black.get_ydata()))[3:-1].all()
    figure = figure_matches.draw(matched, 0.95)
    assert len(figure.axes) == 2
    above = figure.axes[0]
    [drawn] = [line for line in above.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(drawn.get_ydata(), own.get_ydata())


def test_a_path_does_not_begin_where_no_image_has_set_the_statistics(tmp_path) -> None:
    """Wild RDMs of the untrained network, as with running statistics, change nothing."""
    files = []
    trained = study({"standard": Path(), "slow": Path(pace=0.5)}, layers=("late",))
    for place, each in enumerate(trained):
        each.attributes["batchnorm"] = "running"
        each.rdms["late"][0] = np.random.default_rng(place).standard_normal(N * (N - 1) // 2)
        files.append(tmp_path / f"{place}.h5")
        trajectory.write(files[-1], each)
    recipes = analysis_scripts.recipes(tmp_path, ["standard", "slow"])
    maps, matched, paths = tabulate(files, recipes, 0.95, 60, 0)
    assert maps["epoch"].min() == matched["epoch"].min() == 1
    [row] = of(paths, "slow").to_dict("records")
    assert row["verdict"] == SAME
    assert row["lag_low"] > 0
    # Without the recipes, which say that there is batch normalisation, it is taken to be there.
    assert tabulate(files, [], 0.95, 60, 0)[1]["epoch"].min() == 1
    with states.opened(files, None) as every:
        assert {each.epoch[0] for each in every} == {0}
