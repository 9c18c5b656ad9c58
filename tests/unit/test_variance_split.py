"""Variance between instances goes to the source that it was planted in, by config, not by name.

The truths are simulated RDMs with an effect of initialisation and one of order, of known variance.
"""

import numpy as np
import pytest

from trajectories.analyses.variance_split import figure as figure_variance_split
from trajectories.analyses.variance_split import table as variance_split
from trajectories.statistics.states import Series
from trajectories.storage import tables
from trajectories.study import config as configuration
from trajectories.study import fixed_sources
from trajectories.study.fixed_sources import Comparison

N_PAIRS = 20_000
BOTH = [Comparison("a", "c", ("init",)), Comparison("b", "c", ("order", "augmentation"))]


def effect(source: str, seed: int, epoch: int, variance: float):
    """What a source adds to the RDMs of all instances that have this seed of it."""
    rng = np.random.default_rng([{"shared": 0, "init": 1, "order": 2}[source], seed, epoch])
    return np.sqrt(variance) * rng.standard_normal(N_PAIRS)


def simulated(condition, seeds, variances, fixed=()):
    """Instances of a condition: each source follows their seed, or is that of seed 99 for all."""
    series = []
    for seed in seeds:
        own = {source: 99 if source in fixed else seed for source in ("init", "order")}
        rdms = np.stack(
            [
                5
                + effect("shared", 0, epoch, 1 - of_init - of_order)
                + effect("init", own["init"], epoch, of_init)
                + effect("order", own["order"], epoch, of_order)
                for epoch, (of_init, of_order) in enumerate(variances)
            ]
        )
        epochs = np.arange(len(variances), dtype=np.float64)
        series.append(Series(condition, seed, "layer1", epochs, rdms, np.arange(len(epochs))))
    return series


@pytest.mark.parametrize("seeds", [(1, 2), (1, 2, 3, 4)])
def test_planted_variances_come_back(seeds) -> None:
    variances = [(0.2, 0.0), (0.15, 0.05), (0.02, 0.08)]
    series = [
        *simulated("a", seeds, variances, fixed=("init",)),
        *simulated("b", seeds, variances, fixed=("order",)),
        *simulated("c", seeds, variances),
    ]
    found = variance_split.variance_split(series, BOTH)
    assert list(found.columns) == list(variance_split.VARIANCE_SPLIT)
    assert found["fixed"].tolist() == ["init"] * 3 + ["order+augmentation"] * 3
    for row, (of_init, of_order) in enumerate(variances):
        same_init, same_order = found.loc[row], found.loc[3 + row]
        assert same_init["free_variance"] == pytest.approx(of_init + of_order, abs=0.01)
        assert same_init["variance"] == pytest.approx(of_order, abs=0.01)
        assert same_order["variance"] == pytest.approx(of_init, abs=0.01)
        share = of_init / (of_init + of_order)
        assert same_init["share"] == pytest.approx(share, abs=0.05)
        assert same_order["share"] == pytest.approx(1 - share, abs=0.05)


def test_only_epochs_that_both_conditions_have_are_compared() -> None:
    series = [
        *simulated("a", (1, 2), [(0.1, 0.1)] * 2, fixed=("init",)),
        *simulated("c", (1, 2), [(0.1, 0.1)] * 3),
    ]
    found = variance_split.variance_split(series, BOTH[:1])
    assert found["epoch"].tolist() == [0, 1]


def test_one_instance_has_no_variance_and_identical_ones_no_share() -> None:
    series = [
        *simulated("a", (1,), [(0.1, 0.1)], fixed=("init",)),
        *simulated("c", (1, 2), [(0.1, 0.1)]),
    ]
    found = variance_split.variance_split(series, BOTH[:1])
    assert np.isnan(found["variance"][0])
    assert found["n_seeds"][0] == 1
    assert found["free_variance"][0] > 0
    assert np.isnan(found["share"][0])
    same = [*simulated("a", (1, 2), [(0, 0)], ("init",)), *simulated("c", (1, 2), [(0, 0)])]
    found = variance_split.variance_split(same, BOTH[:1])
    assert found["free_variance"][0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found["share"][0])


def test_without_comparisons_the_table_has_its_columns_and_no_rows(tmp_path) -> None:
    found = variance_split.variance_split(simulated("c", (1, 2), [(0.1, 0.1)]), [])
    assert found.empty
    assert list(found.columns) == list(variance_split.VARIANCE_SPLIT)
    tables.write(tmp_path / "variance_split.csv", found)


def test_a_figure_has_a_column_for_each_layer_and_a_curve_for_each_condition() -> None:
    variances = [(0.1, 0.05)] * 3
    series = [
        *simulated("a", (1, 2, 3), variances, fixed=("init",)),
        *simulated("b", (1, 2, 3), variances, fixed=("order",)),
        *simulated("c", (1, 2, 3), variances),
    ]
    found = variance_split.variance_split(series, BOTH)
    figure = figure_variance_split.draw(found)
    figure.canvas.draw()
    upper, lower = figure.axes
    assert upper.get_title() == "layer1"
    shown = [line.get_ydata()[0] for line in upper.lines]
    expected = found["free_variance"][0], found["variance"][0], found["variance"][3]
    assert shown == pytest.approx(expected)
    known = [line.get_ydata()[0] for line in lower.lines if len(line.get_ydata())]
    assert [each for each in known if np.isfinite(each)] == pytest.approx(
        [found["share"][0], found["share"][3]]
    )
    assert "b (same order and augmentation) against c" in figure_variance_split.caption(found)


def study(**conditions):
    """Recipes of the conditions of a config, named so that names say nothing."""
    resolved = configuration.resolve(
        {
            "experiment": "x",
            "seeds": [1, 2],
            "images": {"source": "openmoji", "count": 2048, "stored_size": 40},
            "stimuli": {"table": "table.csv", "folder": "openmoji"},
            "network": {"architecture": "resnet18"},
            "conditions": conditions,
        }
    )
    return {name: configuration.condition_settings(resolved, name) for name in conditions}


def test_conditions_are_recognised_by_their_recipes() -> None:
    fixed = {"fixed_seeds": {"init": 7}}
    recipes = study(
        one={},
        two={"training": fixed},
        three={"training": {"fixed_seeds": {"augmentation": 1, "order": 0}}},
        four={"training": {"temperature": 0.1, **fixed}},
        five={"network": {"architecture": "resnet34"}},
        six={"network": {"architecture": "resnet34"}, "training": fixed},
    )
    assert fixed_sources.comparisons(recipes) == [
        Comparison("two", "one", ("init",)),
        Comparison("three", "one", ("order", "augmentation")),
        Comparison("six", "five", ("init",)),
    ]


def test_imported_networks_and_single_conditions_are_compared_with_none() -> None:
    assert fixed_sources.comparisons(study(one={})) == []
    imported = study(one={"checkpoints": {"folder": "a", "pattern": "{epoch}.pt"}}, two={})
    assert fixed_sources.comparisons(imported) == []
