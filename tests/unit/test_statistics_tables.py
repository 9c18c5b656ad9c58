"""Tables of category effects and layer differences hold what was planted, for any study.

Studies of several conditions, of one seed, of unequal checkpoints and of one layer among them.
"""

from pathlib import Path

import analysis_scripts
import numpy as np
import pandas as pd
import pytest

from trajectories.analyses.category_effects import COLUMNS, TEXT
from trajectories.analyses.category_effects import figure as figure_category_effects
from trajectories.analyses.category_effects import table as category_effects
from trajectories.analyses.layer_differences import figure as figure_layer_differences
from trajectories.analyses.layer_differences import table as layer_differences
from trajectories.errors import UserError
from trajectories.rdms import metrics, trajectory
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, resampled_curves, resampling
from trajectories.storage import resamples_file, tables

N = 20
FLAGS = {"face": np.arange(N) < 9}
DEFINITIONS = {"faces": {"within": "face", "between": "~face"}}
EPOCH = np.array([0, 0.5, 1, 2, 3, 4], dtype=np.float64)
COUNTS = resampling.stimulus_counts(N, 100, seed=0)


def instance(seed, condition="moco", epoch=EPOCH, layers=("early", "late"), tau=(0.5, 2.0)):
    """Layers turn to a space in which faces lie apart; with its time constant each."""
    rng = np.random.default_rng([seed, len(condition)])
    first, second = np.triu_indices(N, 1)
    apart = FLAGS["face"][first] != FLAGS["face"][second]
    rdms = {}
    for layer, constant in zip(layers, tau, strict=False):
        start = rng.uniform(0.6, 0.9, apart.size)
        end = rng.uniform(0.6, 0.9, apart.size) + 0.3 * apart
        share = 1 - np.exp(-epoch[:, None] / constant)
        rdms[layer] = start + share * (end - start)
    names = tuple(f"image{i}" for i in range(N))
    return Trajectory(rdms, epoch, names, dict(FLAGS), {"condition": condition, "seed": seed})


def gathered(trajectories):
    curves = [resampled_curves.resample(each, DEFINITIONS, COUNTS) for each in trajectories]
    return condition_curves.by_condition(curves)


def effects_of(trajectories):
    [curves] = gathered(trajectories)
    return category_effects.table(curves, trajectories, DEFINITIONS, 0.95, 199, 0)


def test_effects_are_means_over_instances_of_what_the_tables_hold() -> None:
    trajectories = [instance(seed) for seed in (1, 2, 3)]
    table = effects_of(trajectories)
    assert tuple(table.columns) == category_effects.COLUMNS
    expected = np.zeros(len(EPOCH))
    for each in trajectories:
        means = metrics.category_means(each, DEFINITIONS)
        means = means[means["layer"] == "late"].pivot(
            index="epoch", columns="pairs", values="dissimilarity"
        )
        expected += (means["between"] - means["within"]).to_numpy() / 3
    late = table[table["layer"] == "late"].groupby("contrast")
    effect, gain = late.get_group("effect"), late.get_group("gain")
    assert effect["effect"].to_numpy() == pytest.approx(expected, abs=1e-13)
    assert gain["effect"].to_numpy() == pytest.approx(expected - expected[0], abs=1e-13)
    # Planted: 0.3 in the end, little of it in the beginning.
    last = effect.iloc[-1]
    assert last["effect"] == pytest.approx(0.3 * (1 - np.exp(-2)), abs=0.03)
    assert 0.15 < last["low"] < last["effect"] < last["high"] < 0.4
    assert last["p_max"] == pytest.approx(1 / 200)
    assert effect.iloc[0]["p_max"] > 0.05
    assert gain.iloc[0][["effect", "low", "high", "p"]].tolist() == [0, 0, 0, 1]


def test_the_layer_that_settles_first_is_ahead_and_changes_less_in_the_end() -> None:
    [curves] = gathered([instance(seed) for seed in (1, 2, 3, 4)])
    table = layer_differences.table(curves, 0.95)
    assert tuple(table.columns) == layer_differences.COLUMNS
    progress = table[table["measure"] == "progress"]
    assert progress["epoch"].tolist() == [0.5, 1, 2, 3]
    # The late level is that of the last but one, where all have arrived.
    assert (progress["low"][:-1] > 0).all()
    assert (progress["q"][:-1] < 0.05).all()
    change = table[table["measure"] == "log10_change"].set_index("epoch")["difference"]
    assert change.index.tolist() == [1, 2, 3, 4]
    assert change[1] > 0 > change[4]
    assert (table["q"] >= table["p"]).all()


def test_layers_alike_differ_in_few_tables() -> None:
    """Under the null the least q of a table is below 0.1 in no more than 0.1 of the studies."""
    found = []
    for study in range(60):
        seeds = range(100 * study, 100 * study + 4)
        [curves] = gathered([instance(seed, tau=(1, 1)) for seed in seeds])
        table = layer_differences.table(curves, 0.9)
        found.append(table[table["measure"] == "log10_change"]["q"].min() < 0.1)
    assert np.mean(found) < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 60)


def test_one_seed_has_intervals_over_images() -> None:
    table = effects_of([instance(1)])
    assert np.isfinite(table[["effect", "low", "high", "p"]]).all(axis=None)


def test_conditions_stay_apart_and_keep_their_order() -> None:
    found = gathered([instance(1, "moco"), instance(1, "cold"), instance(2, "moco")])
    assert [each.condition for each in found] == ["moco", "cold"]
    assert [len(each.instances) for each in found] == [2, 1]


def test_instances_are_compared_at_epochs_that_all_have() -> None:
    other = np.array([0, 1, 2, 2.5, 4])
    trajectories = [instance(1), instance(2, epoch=other)]
    [curves] = gathered(trajectories)
    assert curves.epoch.tolist() == [0, 1, 2, 4]
    assert curves.step.tolist() == [[0, 1], [1, 2]]
    assert curves.to_final("late").shape == (2, 101, 4)
    assert curves.change("late").shape == (2, 101, 2)
    found = effects_of(trajectories)
    assert sorted(found["epoch"].unique()) == [0, 1, 2, 4]
    means = [metrics.category_means(each, DEFINITIONS) for each in trajectories]
    at_2 = [
        table[(table["epoch"] == 2) & (table["layer"] == "late")].set_index("pairs")[
            "dissimilarity"
        ]
        for table in means
    ]
    expected = np.mean([each["between"] - each["within"] for each in at_2])
    chosen = (found[["layer", "contrast", "epoch"]] == ["late", "effect", 2]).all(axis=1)
    assert found[chosen]["effect"].item() == pytest.approx(expected)


def test_instances_without_a_common_epoch_are_refused() -> None:
    with pytest.raises(UserError, match="no epoch in common"):
        gathered([instance(1), instance(2, epoch=EPOCH + 0.25)])


def test_instances_of_other_layers_are_refused() -> None:
    with pytest.raises(UserError, match="differ in layers"):
        gathered([instance(1), instance(2, layers=("early", "middle"))])


def test_a_single_layer_has_no_differences() -> None:
    [curves] = gathered([instance(seed, layers=("late",)) for seed in (1, 2)])
    assert layer_differences.table(curves, 0.95).empty


def test_a_category_too_small_to_resample_has_effects_without_intervals() -> None:
    """Two images are both drawn in fewer than half of the resamples."""
    trajectories = [instance(seed) for seed in (1, 2)]
    for each in trajectories:
        each.flags["pair"] = np.arange(N) < 2
    definitions = {"pair": {"within": "pair"}}
    [curves] = condition_curves.by_condition(
        [resampled_curves.resample(each, definitions, COUNTS) for each in trajectories]
    )
    table = category_effects.table(curves, trajectories, definitions, 0.95, 50, 0)
    effect = table[table["contrast"] == "effect"]
    assert effect[["low", "high"]].isna().all(axis=None)
    assert np.isfinite(effect[["effect", "p", "p_max", "q"]]).all(axis=None)
    assert figure_category_effects.draw(table, 0.95).axes


def files(folder, trajectories):
    """Arguments of the script for these instances."""
    names = {"trajectories": [], "resamples": []}
    for place, each in enumerate(trajectories):
        for flag in names:
            names[flag].append(str(folder / f"{place}-{flag}.h5"))
        trajectory.write(Path(names["trajectories"][-1]), each)
        curves = resampled_curves.resample(each, DEFINITIONS, COUNTS)
        resamples_file.write(Path(names["resamples"][-1]), curves)
    return names


def run(folder, names):
    settings = {"definitions": DEFINITIONS, "confidence": 0.95, "permutations": 20, "seed": 0}
    reads = {**names, "recipes": analysis_scripts.recipes(folder)}
    return analysis_scripts.tabulate("category_effects", folder, reads, settings, check=False)


def test_the_script_keeps_conditions_apart(tmp_path) -> None:
    trajectories = [instance(2, "moco"), instance(1, "cold"), instance(1, "moco")]
    done = run(tmp_path, files(tmp_path, trajectories))
    assert done.returncode == 0, done.stderr
    table = tables.read_columns(tmp_path / "category_effects.csv", COLUMNS, TEXT)
    expected = effects_of([trajectories[1]])
    found = table[table["condition"] == "cold"]
    assert found["effect"].to_numpy() == pytest.approx(expected["effect"].to_numpy())
    assert set(table["condition"]) == {"moco", "cold"}


def test_trajectories_in_another_order_than_their_resamples_are_refused(tmp_path) -> None:
    names = files(tmp_path, [instance(1), instance(2)])
    names["resamples"].reverse()
    done = run(tmp_path, names)
    assert done.returncode == 1
    assert "give both in the same order" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("layers", [("late",), ("early", "late"), tuple("abcdef")])
@pytest.mark.parametrize("conditions", [("moco",), ("moco", "cold")])
def test_figures_show_every_condition_and_layer(tmp_path, layers, conditions) -> None:
    trajectories = {
        name: [instance(seed, name, layers=layers, tau=(1, 2, 3, 4, 5, 6)) for seed in (1, 2)]
        for name in conditions
    }
    curves = {name: gathered(each)[0] for name, each in trajectories.items()}
    effects = pd.concat(
        category_effects.table(curves[name], trajectories[name], DEFINITIONS, 0.95, 50, 0)
        for name in conditions
    )
    tables.write(tmp_path / "effects.csv", effects)
    effects = tables.read_columns(tmp_path / "effects.csv", COLUMNS, TEXT)
    figure = figure_category_effects.draw(effects, 0.95)
    assert len(figure.axes) == 2 * len(layers) * len(conditions)
    titles = " ".join(axes.get_title() for axes in figure.axes)
    assert all(layer in titles for layer in layers)
    for label in figure_category_effects.LABELS.values():
        rows = [axes for axes in figure.axes if axes.get_ylabel() == label]
        assert len({axes.get_ylim() for axes in rows}) == 1
    assert "untrained network" in figure_category_effects.caption(effects, 0.95)
    if len(layers) > 1:
        differences = pd.concat(layer_differences.table(each, 0.95) for each in curves.values())
        figure = figure_layer_differences.draw(differences, 0.95)
        assert len(figure.axes) == 2 * len(conditions)
        assert "paired test" in figure_layer_differences.caption(differences, 0.95)
