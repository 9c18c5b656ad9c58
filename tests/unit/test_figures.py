"""What a figure shows is what the table says.

Lines are the means, bands mean ± SD; nothing is left out, cut off, or drawn where nothing is known.
"""

import itertools

import numpy as np
import pandas as pd
import pytest

from trajectories.analyses.categories import figure as figure_categories
from trajectories.analyses.diagnostics import figure as figure_training
from trajectories.analyses.stability import figure as figure_stability
from trajectories.errors import UserError
from trajectories.plotting import figure_data, style
from trajectories.storage import columns


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


def history(conditions=("moco",), seeds=(1, 2), knn=True):
    parts = []
    for index, (condition, seed) in enumerate(itertools.product(conditions, seeds)):
        part = pd.DataFrame({"epoch": range(4), "loss": [np.nan, 6.0, 5.0, 4.0 + index]})
        part["chance_loss"] = np.log(129)
        part["queue_filled"] = 1
        part["view_top1"] = [0.1, 0.2, 0.3, 0.4] if knn else np.nan
        part["view_chance"] = 1 / 64 if knn else np.nan
        part["embedding_sd"] = 0.9
        part["knn_top1"] = [0.1, 0.2, 0.3, 0.4] if knn else np.nan
        part["knn_chance"] = 0.05 if knn else np.nan
        parts.append(part.assign(condition=condition, seed=seed))
    return pd.concat(parts, ignore_index=True)


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def band_edges(collection):
    """Lower and upper edge by x, read from the outline of the band."""
    outline = pd.DataFrame(collection.get_paths()[0].vertices, columns=["x", "y"])
    edges = outline.groupby("x")["y"].agg(["min", "max"])
    return edges["min"].to_numpy(), edges["max"].to_numpy()


def drawn_text(figure):
    """All text boxes of a drawn figure, in pixels."""
    figure.draw_without_rendering()
    boxes = [legend.get_window_extent() for legend in figure.legends]
    boxes += [text.get_window_extent() for text in figure.texts if text.get_text()]
    for axes in figure.axes:
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label]
        boxes += [text.get_window_extent() for text in texts if text.get_text()]
    return boxes


def assert_nothing_is_cut_off(figure):
    for box in drawn_text(figure):
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1


def test_stability_draws_means_at_the_later_epoch_and_bands_of_one_sd():
    table = stability_summary()
    upper, lower = figure_stability.draw(table).axes
    for place, layer in enumerate(("layer1", "layer4")):
        rows = table[table["layer"] == layer]
        line = lines(upper)[layer]
        np.testing.assert_array_equal(line.get_xdata(), rows["next_epoch"])
        np.testing.assert_array_equal(line.get_ydata(), rows["mean"])
        np.testing.assert_array_equal(lines(lower)[layer].get_ydata(), 1 - rows["mean"])
        for axes, middle in ((upper, rows["mean"]), (lower, 1 - rows["mean"])):
            low, high = band_edges(axes.collections[place])
            np.testing.assert_allclose(low, middle - rows["sd"], rtol=0, atol=1e-15)
            np.testing.assert_allclose(high, middle + rows["sd"], rtol=0, atol=1e-15)
    assert lower.get_yscale() == "log"


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


def test_training_draws_each_instance_their_mean_and_chance():
    figure = figure_training.draw(history())
    loss = lines(figure.axes[0])
    np.testing.assert_array_equal(loss["moco seed 1"].get_ydata(), [6, 5, 4])
    np.testing.assert_array_equal(loss["moco seed 2"].get_ydata(), [6, 5, 5])
    np.testing.assert_array_equal(loss["moco mean"].get_ydata(), [6, 5, 4.5])
    assert loss["chance"].get_ydata()[0] == pytest.approx(np.log(129))
    assert lines(figure.axes[1])["chance"].get_ydata()[0] == pytest.approx(1 / 64)
    assert_nothing_is_cut_off(figure)


def test_training_leaves_out_what_was_not_measured():
    titles = [axes.get_title() for axes in figure_training.draw(history(knn=False)).axes]
    assert len(titles) == 2
    assert not any("neighbour" in title for title in titles)
    assert "neighbour" not in figure_training.caption(history(knn=False))
    assert "ln(K + 1)" in figure_training.caption(history())
    mixed = history(("moco", "simclr"))
    mixed.loc[mixed["condition"] == "simclr", "queue_filled"] = np.nan
    assert "ln(K + 1)" not in figure_training.caption(mixed)
    empty = history().assign(loss=np.nan, view_top1=np.nan, embedding_sd=np.nan)
    with pytest.raises(UserError, match="no values"):
        figure_training.draw(empty.assign(knn_top1=np.nan))


def test_histories_take_condition_and_seed_from_their_folders(tmp_path):
    header = (
        "epoch,step,loss,chance_loss,contrastive_top1,embedding_sd,queue_filled,view_top1,"
        "view_chance,knn_top1,knn_chance,learning_rate,images_per_second\n"
    )
    paths = [tmp_path / "blurred" / f"seed-{seed}" / "history.csv" for seed in (3, 12)]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_text(header + "0,0,,4.8,,0.9,0,0.3,0.1,0.1,0.05,,\n")
    read = figure_data.read_histories(paths)
    assert list(read["condition"]) == ["blurred", "blurred"]
    assert list(read["seed"]) == [3, 12]

    elsewhere = tmp_path / "history.csv"
    elsewhere.write_text(header)
    with pytest.raises(UserError, match=r"seed-<seed>"):
        figure_data.read_histories([elsewhere])
    paths[0].write_text(header)
    with pytest.raises(UserError, match="no row"):
        figure_data.read_histories(paths)
    paths[0].write_text("epoch,loss\n1,2\n")
    with pytest.raises(UserError, match="no column 'step'"):
        figure_data.read_histories(paths)


def test_a_table_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    category_summary().to_csv(path, index=False)
    with pytest.raises(UserError, match=r"table\.csv has no column 'next_epoch'"):
        figure_data.read_table(path, ["next_epoch", "mean"], "stability_summary.csv")
