"""Figures of analyses show each curve and map where it belongs, of any number of conditions."""

import numpy as np
import pandas as pd
import pytest

from trajectories.analyses.geometry import (
    SIMILARITY,
    figure_checkpoint_similarity,
    figure_to_final,
)
from trajectories.plotting import curves as figure_curves
from trajectories.plotting import maps
from trajectories.plotting.curves import Quantity


def to_final(conditions=("moco",), seeds=(1, 2, 3), layers=("layer1", "layer4")):
    """A table whose value says where it belongs."""
    rows = [
        (condition, seed, layer, float(epoch), c + 0.1 * number + 0.01 * epoch * seed, 0.5)
        for c, condition in enumerate(conditions)
        for seed in seeds
        for number, layer in enumerate(layers)
        for epoch in (0, 1, 2)
    ]
    columns = ["condition", "seed", "layer", "epoch", "similarity", "progress"]
    return pd.DataFrame(rows, columns=columns)


def test_summary_has_mean_and_sd_over_instances_and_leaves_out_what_is_unknown() -> None:
    table = to_final()
    table.loc[(table["seed"] == 3) & (table["epoch"] == 2), "similarity"] = np.nan
    found = figure_curves.summary(table, "similarity").set_index(["layer", "epoch"])
    assert found.loc[("layer1", 1.0), ["mean", "sd", "n_seeds"]].tolist() == pytest.approx(
        [0.02, 0.01, 3]
    )
    assert found.loc[("layer4", 2.0), "n_seeds"] == 2
    assert found.loc[("layer4", 2.0), "mean"] == pytest.approx(0.13)


@pytest.mark.parametrize("n_conditions", [1, 2, 5])
def test_each_condition_has_a_panel_with_its_curves(n_conditions) -> None:
    conditions = [f"c{number}" for number in range(n_conditions)]
    summary = figure_curves.summary(to_final(conditions), "similarity")
    figure = figure_curves.draw([Quantity("a", summary), Quantity("b", summary)])
    figure.canvas.draw()
    assert len(figure.axes) == 2 * n_conditions
    shown = []
    for panel in figure.axes:
        assert len(panel.lines) == 2
        shown.append(panel.lines[0].get_ydata()[0])
    assert sorted(shown) == sorted([*range(n_conditions)] * 2)
    width, height = figure.get_size_inches() * 25.4
    assert width <= 183.01
    assert height < 400


def test_one_instance_has_no_bands_and_says_so() -> None:
    table = to_final(seeds=(1,))
    figure = figure_to_final.draw(table)
    assert not any(panel.collections for panel in figure.axes)
    text = figure_to_final.caption(table)
    assert "± SD" not in text
    assert "n = 1 network instance." in text
    assert "bands, ± SD" in figure_to_final.caption(to_final())


def test_levels_are_drawn_in_the_colour_of_their_curve() -> None:
    summary = figure_curves.summary(to_final(), "similarity")
    figure = figure_curves.draw([Quantity("a", summary, {"layer4": 0.7})])
    level = figure.axes[0].lines[-1]
    assert set(level.get_ydata()) == {0.7}
    assert level.get_color() == figure.axes[0].lines[1].get_color()


def similarity(epoch, kinds=("same", "different"), layers=("layer1", "layer4")):
    rows = [
        ("moco", layer, other, a, b, kind, a / 100 + b / 1000, 0.1, 3)
        for layer in layers
        for other in layers
        for kind in kinds
        for a in epoch
        for b in epoch
    ]
    return pd.DataFrame(rows, columns=list(SIMILARITY))


@pytest.mark.parametrize("epoch", [[0, 1, 2, 3], [0, 0.01, 0.1, 1, 20], [5, 10], [0], [3]])
def test_cells_of_a_map_hold_their_epoch_and_no_other(epoch) -> None:
    borders = maps.edges(np.array(epoch, dtype=np.float64))
    assert len(borders) == len(epoch) + 1
    assert (np.diff(borders) > 0).all()
    assert (borders[:-1] < epoch).all()
    assert (epoch < borders[1:]).all()


@pytest.mark.parametrize("epoch", [[0, 0.25, 1, 2], [0], [4, 8]])
def test_maps_show_each_value_in_its_place(epoch) -> None:
    figure = figure_checkpoint_similarity.draw(similarity(epoch))
    figure.canvas.draw()
    *panels, _bar = figure.axes
    assert len(panels) == 6
    assert [panel.get_title() for panel in panels[:3]] == [
        "layer1",
        "layer4",
        "layer4 against layer1",
    ]
    across, up = np.meshgrid(epoch, epoch)
    for panel in panels:
        shown = panel.collections[0].get_array()
        np.testing.assert_allclose(shown, across / 100 + up / 1000)


def test_epochs_are_written_below_maps_of_other_epochs_than_those_below() -> None:
    other = similarity([5, 10], kinds=("same",)).assign(condition="cold")
    figure = figure_checkpoint_similarity.draw(pd.concat([similarity([0, 1]), other]))
    figure.canvas.draw()
    first = [figure.axes[place] for place in (0, 3, 6)]
    written = [panel.xaxis.get_tick_params()["labelbottom"] for panel in first]
    assert written == [False, True, True]


def test_rows_of_maps_say_condition_and_kind_where_these_differ() -> None:
    one = similarity([0, 1])
    several = pd.concat([one, one.assign(condition="cold")])
    alike = several[several["instances"] == "same"]
    for table, expected in (
        (one, ["same\ninstance", "different\ninstances"]),
        (
            several,
            [
                "moco,\nsame instance",
                "moco,\ndifferent instances",
                "cold,\nsame instance",
                "cold,\ndifferent instances",
            ],
        ),
        (alike, ["moco", "cold"]),
    ):
        figure = figure_checkpoint_similarity.draw(table)
        assert [axes.get_ylabel() for axes in figure.axes[:-1:3]] == expected
    assert "Upper row, two checkpoints" in figure_checkpoint_similarity.caption(one)
    assert "Upper row of each condition, two checkpoints" in figure_checkpoint_similarity.caption(
        several
    )


def test_maps_of_one_instance_and_layer_have_one_panel() -> None:
    table = similarity([0, 1], kinds=("same",), layers=("layer1",))
    figure = figure_checkpoint_similarity.draw(table)
    assert len(figure.axes) == 2
    assert "different" not in figure_checkpoint_similarity.caption(table)
    assert "last column" not in figure_checkpoint_similarity.caption(table)
