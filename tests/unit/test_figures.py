"""What a figure shows is what the table says.

Lines are the means, bands mean ± SD; nothing is left out, cut off, or drawn where nothing is known.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from figure_cases import assert_nothing_is_cut_off, lines
from scipy import stats

from trajectories.analyses.categories import figure as figure_categories
from trajectories.analyses.stability import figure as figure_stability
from trajectories.errors import UserError
from trajectories.plotting import figure_data, style
from trajectories.storage import columns, tables
from trajectories.storage.files import write_checksum


def stability_summary(conditions=("moco",), layers=("layer1", "layer4"), epochs=6, n_seeds=4):
    rng = np.random.default_rng(0)
    rows = [
        (condition, layer, epoch, epoch + 1, 1 - 10 ** -rng.uniform(0.5, 4), 1e-6, n_seeds)
        for condition, layer, epoch in itertools.product(conditions, layers, range(epochs))
    ]
    groups = [column for column in columns.STABILITY[:-1] if column != "seed"]
    return without_sd_of_one(pd.DataFrame(rows, columns=[*groups, *columns.SUMMARY]))


def category_summary(
    conditions=("moco",),
    layers=("layer1", "layer4"),
    categories=("faces", "animals"),
    epochs=(0, 0.25, 1, 2, 3),
    n_seeds=4,
):
    rng = np.random.default_rng(1)
    rows = [
        (*key, pairs, n_pairs, rng.uniform(0.3, 0.9), rng.uniform(0.01, 0.02), n_seeds)
        for *key, (pairs, n_pairs) in itertools.product(
            conditions, layers, epochs, categories, (("within", 276), ("between", 1728))
        )
    ]
    groups = [column for column in columns.CATEGORIES[:-1] if column != "seed"]
    return without_sd_of_one(pd.DataFrame(rows, columns=[*groups, *columns.SUMMARY]))


def without_sd_of_one(table):
    table.loc[table["n_seeds"] == 1, "sd"] = np.nan
    return table


def band_edges(collection):
    """Lower and upper edge by x, read from the outline of the band."""
    outline = pd.DataFrame(collection.get_paths()[0].vertices, columns=["x", "y"])
    edges = outline.groupby("x")["y"].agg(["min", "max"])
    return edges["min"].to_numpy(), edges["max"].to_numpy()


def test_stability_draws_means_at_the_later_epoch_and_bands_of_one_sd():
    table = stability_summary()
    upper, lower = figure_stability.draw(table).axes
    for place, layer in enumerate(("layer1", "layer4")):
        rows = table[table["layer"] == layer]
        line = lines(upper)[layer]
        np.testing.assert_array_equal(line.get_xdata(), rows["next_epoch"])
        np.testing.assert_array_equal(line.get_ydata(), rows["mean"])
        np.testing.assert_array_equal(lines(lower)[layer].get_ydata(), 1 - rows["mean"])
        low, high = band_edges(upper.collections[place])
        np.testing.assert_allclose(low, rows["mean"] - rows["sd"], rtol=0, atol=1e-15)
        np.testing.assert_allclose(high, rows["mean"] + rows["sd"], rtol=0, atol=1e-15)
    assert lower.get_yscale() == "log"


def test_change_on_a_log_axis_has_its_geometric_mean_and_sd():
    rng = np.random.default_rng(2)
    rows = [
        ("moco", seed, layer, epoch, epoch + 1, 1 - 10 ** -rng.uniform(0.5, 4))
        for seed, layer, epoch in itertools.product(range(5), ("layer1", "layer4"), range(6))
    ]
    instances = pd.DataFrame(rows, columns=[*columns.STABILITY])
    _, lower = figure_stability.draw(tables.summarise(instances), instances).axes
    for place, layer in enumerate(("layer1", "layer4")):
        of_layer = instances[instances["layer"] == layer]
        change = 1 - of_layer.pivot(index="seed", columns="epoch", values="correlation").to_numpy()
        middle, factor = stats.gmean(change), stats.gstd(change)
        np.testing.assert_allclose(lines(lower)[layer].get_ydata(), middle)
        low, high = band_edges(lower.collections[place])
        np.testing.assert_allclose(low, middle / factor)
        np.testing.assert_allclose(high, middle * factor)


def test_differences_stand_below_with_their_sd_over_instances():
    rng = np.random.default_rng(3)
    rows = [
        ("moco", seed, "layer1", epoch, "faces", pairs, 10, rng.uniform(0.3, 0.9))
        for seed, epoch, pairs in itertools.product(range(4), (0, 1, 2), ("within", "between"))
    ]
    instances = pd.DataFrame(rows, columns=[*columns.CATEGORIES])
    upper, lower = figure_categories.draw(tables.summarise(instances), instances).axes
    within, between = (
        instances[instances["pairs"] == pairs].pivot(
            index="seed", columns="epoch", values="dissimilarity"
        )
        for pairs in ("within", "between")
    )
    gap = (between - within).to_numpy()
    [line] = [line for line in lower.lines if len(line.get_xdata()) == 3]
    np.testing.assert_allclose(line.get_ydata(), gap.mean(axis=0))
    low, high = band_edges(lower.collections[0])
    np.testing.assert_allclose(high - low, 2 * gap.std(axis=0, ddof=1))
    assert upper.get_xlim() == lower.get_xlim()


def test_stability_layers_differ_in_colour_and_marker():
    upper = figure_stability.draw(stability_summary(layers=list("abcdef"))).axes[0]
    assert len({line.get_color() for line in upper.lines}) == 6
    assert len({line.get_marker() for line in upper.lines}) == 6


def test_stability_leaves_out_steps_that_start_before_the_first_epoch():
    upper = figure_stability.draw(stability_summary(), first_epoch=1).axes[0]
    np.testing.assert_array_equal(lines(upper)["layer1"].get_xdata(), [2, 3, 4, 5, 6])


def test_stability_says_measure_and_number_of_instances():
    figure = figure_stability.draw(stability_summary(n_seeds=3), measure="spearman")
    assert "Spearman" in figure.axes[0].get_ylabel()
    assert figure.legends[0].get_title().get_text() == "Mean ± SD, n = 3 network instances"


def test_identical_rdms_leave_a_gap_on_the_log_axis_only():
    table = stability_summary(layers=["layer1"])
    table.loc[2, "mean"] = 1.0
    upper, lower = figure_stability.draw(table).axes
    assert upper.lines[0].get_ydata()[2] == 1
    assert np.isnan(lower.lines[0].get_ydata()[2])


@pytest.mark.parametrize(("conditions", "layers"), [(1, 6), (2, 2), (4, 1)])
def test_stability_has_two_panels_a_condition_and_cuts_nothing_off(conditions, layers):
    names = [f"condition {index}" for index in range(conditions)]
    table = stability_summary(names, [f"layer{index}" for index in range(layers)], epochs=40)
    figure = figure_stability.draw(table)
    assert len(figure.axes) == 2 * conditions
    assert all(len(axes.lines) == layers for axes in figure.axes)
    assert_nothing_is_cut_off(figure)


def test_categories_draw_means_and_bands_of_one_sd():
    table = category_summary()
    for axes in figure_categories.draw(table).axes:
        drawn = {name: line for name, line in lines(axes).items() if not name.startswith("_")}
        assert set(drawn) == {
            "faces within", "faces between", "animals within", "animals between",
        }  # fmt: skip
        for place, (name, line) in enumerate(drawn.items()):
            category, pairs = name.split()
            rows = table[
                (table["layer"] == axes.get_title())
                & (table["category"] == category)
                & (table["pairs"] == pairs)
            ]
            np.testing.assert_array_equal(line.get_xdata(), rows["epoch"])
            np.testing.assert_array_equal(line.get_ydata(), rows["mean"])
            low, high = band_edges(axes.collections[place])
            np.testing.assert_allclose(low, rows["mean"] - rows["sd"], rtol=0, atol=1e-15)
            np.testing.assert_allclose(high, rows["mean"] + rows["sd"], rtol=0, atol=1e-15)


def test_categories_are_colours_and_within_is_dashed():
    drawn = lines(figure_categories.draw(category_summary()).axes[0])
    assert drawn["faces within"].get_color() == drawn["faces between"].get_color()
    assert drawn["faces within"].get_color() != drawn["animals within"].get_color()
    assert drawn["faces within"].is_dashed()
    assert not drawn["faces between"].is_dashed()


def test_untrained_values_are_continued_only_where_epoch_0_is_shown():
    table = category_summary(layers=["layer1"])
    untrained = [
        line.get_ydata()[0]
        for line in figure_categories.draw(table).axes[0].lines
        if line.get_label() == "_untrained"
    ]
    assert sorted(untrained) == sorted(table.loc[table["epoch"] == 0, "mean"])
    later = figure_categories.draw(table, first_epoch=1).axes[0]
    assert not any(line.get_label() == "_untrained" for line in later.lines)
    assert min(line.get_xdata().min() for line in later.lines) == 1


def test_category_legend_gives_the_numbers_of_pairs():
    legend = figure_categories.draw(category_summary()).legends[0]
    assert "faces (276 / 1,728)" in [text.get_text() for text in legend.get_texts()]
    assert "276 pairs within and 1,728 between" in figure_categories.caption(category_summary())


def test_layers_share_an_axis_unless_one_would_be_flat_on_it():
    table = category_summary()
    first, second = figure_categories.draw(table).axes
    assert first.get_ylim() == second.get_ylim()
    flat = table.copy()
    flat.loc[flat["layer"] == "layer1", ["mean", "sd"]] *= 0.01
    first, second = figure_categories.draw(flat).axes
    assert first.get_ylim()[1] < 0.1 * second.get_ylim()[1]


def test_limits_of_the_config_are_kept():
    figure = figure_categories.draw(category_summary(), y_limits=(0, 1))
    assert all(axes.get_ylim() == (0, 1) for axes in figure.axes)
    assert figure_stability.draw(stability_summary(), y_limits=(0, 1)).axes[0].get_ylim() == (0, 1)


@pytest.mark.parametrize(("conditions", "layers", "categories"), [(1, 6, 5), (3, 2, 2), (1, 1, 1)])
def test_categories_have_a_panel_a_layer_and_condition_and_cut_nothing_off(
    conditions, layers, categories
):
    table = category_summary(
        [f"condition {index}" for index in range(conditions)],
        [f"layer{index}" for index in range(layers)],
        [f"category {index}" for index in range(categories)],
    )
    figure = figure_categories.draw(table)
    assert len(figure.axes) == conditions * layers
    assert_nothing_is_cut_off(figure)


@pytest.mark.parametrize(
    ("module", "table"),
    [
        (figure_stability, stability_summary(n_seeds=1)),
        (figure_categories, category_summary(n_seeds=1)),
    ],
)
def test_one_seed_has_no_band_and_says_so(module, table, tmp_path):
    figure = module.draw(table)
    assert not any(axes.collections for axes in figure.axes)
    assert "Mean, n = 1 network instance" in figure.legends[0].get_title().get_text()
    assert "SD" not in module.caption(table)
    style.save(figure, [tmp_path / "figure.png"])


@pytest.mark.parametrize(
    ("module", "table"),
    [(figure_stability, stability_summary()), (figure_categories, category_summary())],
)
def test_nothing_left_to_draw_is_the_users_to_mend(module, table):
    with pytest.raises(UserError, match=r"first_epoch"):
        module.draw(table, first_epoch=100)
    with pytest.raises(UserError, match=r"first_epoch"):
        module.draw(table.iloc[:0])


def test_a_table_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    category_summary().to_csv(path, index=False)
    write_checksum(path)
    with pytest.raises(UserError, match=r"table\.csv has no column 'next_epoch'"):
        figure_data.read_table(path, ["next_epoch", "mean"], "stability_summary.csv")
