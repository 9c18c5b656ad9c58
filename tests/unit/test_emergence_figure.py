"""Tables of emergence are written, and drawn as they are, for any layers and conditions."""

from pathlib import Path

import analysis_scripts
import numpy as np
import pytest
from emergence_cases import TOGETHER, Planted, instance, study

from trajectories.analyses.emergence import TABLES, TEXT
from trajectories.analyses.emergence import figure as figure_emergence
from trajectories.analyses.emergence import table as emergence
from trajectories.statistics.verdicts.statement import RANDOM, Rules
from trajectories.storage import resamples_file, tables


def files(folder: Path, instances) -> list[str]:
    paths = []
    for place, each in enumerate(instances):
        paths.append(str(folder / f"{place}.h5"))
        resamples_file.write(Path(paths[-1]), each)
    return paths


@pytest.mark.parametrize("layers", [("late",), ("early", "late"), tuple("abcdef")])
@pytest.mark.parametrize("conditions", [("moco",), ("moco", "cold")])
def test_scripts_write_and_draw_every_condition_and_layer(tmp_path, layers, conditions) -> None:
    planted: Planted = {**TOGETHER, "animals": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    instances = [
        instance(planted, seed, condition=name, layers=layers)
        for name in conditions
        for seed in (1, 2, 3, 4)
    ]
    paths = files(tmp_path, instances)
    settings = {"confidence": 0.95, "time": 1.25}
    reads = {"resamples": paths, "recipes": analysis_scripts.recipes(tmp_path, conditions)}
    analysis_scripts.tabulate("emergence", tmp_path, reads, settings)
    read = [
        tables.read_columns(tmp_path / f"{name}.csv", columns, TEXT)
        for name, columns in TABLES.items()
    ]
    assert read[0]["condition"].unique().tolist() == list(conditions)
    assert read[1]["layer"].unique().tolist() == list(layers)
    figure = figure_emergence.draw(*read, 0.95)
    assert len(figure.axes) == 3 * len(layers) * len(conditions)
    titles = " ".join(axes.get_title() for axes in figure.axes)
    assert all(layer in titles for layer in layers)
    labels = {axes.get_ylabel() for axes in figure.axes} - {"", "Mean epoch\nof change"}
    assert len(labels) == 2
    for label in labels:
        rows = [axes for axes in figure.axes if axes.get_ylabel() == label]
        assert len({axes.get_ylim() for axes in rows}) == 1
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("no time") == 3 * len(layers) * len(conditions)
    timed = read[2].dropna(subset="ratio")
    chosen = (timed["curve"] == "within") & (timed["images"] == RANDOM)
    said = timed[chosen]["verdict"]
    assert said.str.contains("simultaneous").any()
    assert texts.count("simultaneous") == (said == "simultaneous").sum()
    assert texts.count("undecided") == (said == "undecided").sum()
    figure.canvas.draw()


def test_the_figure_shows_what_the_tables_hold() -> None:
    curves = study(TOGETHER)
    table = emergence.emergence(curves, 0.95)
    found, ratios = emergence.compared(curves, Rules())
    figure = figure_emergence.draw(table, found, ratios, 0.95)
    of_index, of_gain, of_times = figure.axes[::2]
    shown = of_index.lines[2].get_ydata()
    early = table[(table[["layer", "quantity"]] == ["early", "index"]).all(axis=1)]
    np.testing.assert_allclose(shown, early["value"])
    np.testing.assert_allclose(of_index.lines[1].get_ydata(), early["value"].iloc[0])
    np.testing.assert_allclose(
        of_gain.lines[1].get_ydata(), early["value"] - early["value"].iloc[0], atol=1e-12
    )
    marked = [line.get_xdata()[0] for line in of_times.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marked, found[found["layer"] == "early"]["time"])
    text = figure_emergence.caption(table, found, ratios, 0.95)
    assert "its value in the untrained network" in text
    assert "up to a factor of 1.25" in text
    later = table[table["epoch"] > 0]
    assert "its value in the network of epoch 0.25" in figure_emergence.caption(
        later, found, ratios, 0.95
    )
