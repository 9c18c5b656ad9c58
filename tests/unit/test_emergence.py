"""Latencies of categories are those planted, their lag is found, and none is invented.

The truths are closed forms: an exponential of time constant τ is half-way at about τ ln 2.
"""

from dataclasses import replace
from pathlib import Path

import analysis_scripts
import numpy as np
import pandas as pd
import pytest

from trajectories.analyses.claims import table as claims
from trajectories.analyses.emergence import TABLES, TEXT
from trajectories.analyses.emergence import figure as figure_emergence
from trajectories.analyses.emergence import table as emergence
from trajectories.statistics import condition_curves, latencies, resampled_curves
from trajectories.statistics.resampled_curves import Curves
from trajectories.statistics.verdicts import Rules
from trajectories.storage import tables

LAYERS = ("early", "late")
EPOCH = np.arange(81.0) / 4
N_IMAGES, N_ROWS = 40, 101
# Of within and of between, for each category: level at the first checkpoint, change, time constant.
Planted = dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]
TOGETHER: Planted = {"faces": ((0.8, -0.2, 2.0), (0.8, 0.05, 2.0))}


def instance(
    planted: Planted,
    seed: int,
    epoch: np.ndarray = EPOCH,
    noise: float = 0.0,
    condition: str = "moco",
    layers: tuple[str, ...] = LAYERS,
) -> Curves:
    """Curves of a network whose time constants, levels and images are its own by a little."""
    rng = np.random.default_rng(seed)
    images = np.random.default_rng(0)
    kinds: dict[str, dict[str, dict[str, np.ndarray]]] = {"within": {}, "between": {}}
    for layer in layers:
        for place, kind in enumerate(kinds):
            kinds[kind][layer] = {}
            for category, both in planted.items():
                level, change, tau = both[place]
                of_images = 0.005 * images.standard_normal((N_ROWS, 1))
                of_images[0] = 0
                of_network = tau * np.exp(0.03 * rng.standard_normal())
                share = 1 - np.exp(-epoch / of_network)
                course = level + 0.005 * rng.standard_normal() + change * share
                course = course + noise * rng.standard_normal(len(epoch))
                kinds[kind][layer][category] = course + of_images * (1 + share)
    flat = {layer: np.ones((N_ROWS, len(epoch))) for layer in layers}
    steps = {layer: np.ones((N_ROWS, 0)) for layer in layers}
    return Curves(
        epoch, np.zeros((0, 2)), flat, flat, steps, **kinds,
        attributes={"condition": condition, "seed": seed, "n_stimuli": N_IMAGES, "measure": "r"},
        members=dict.fromkeys(planted, 20),
    )  # fmt: skip


def study(planted: Planted, n: int = 5, **given) -> condition_curves.ConditionCurves:
    [curves] = condition_curves.by_condition([instance(planted, s, **given) for s in range(n)])
    return curves


def compared(planted: Planted, rules: Rules | None = None, n: int = 5, **given):
    return emergence.compared(study(planted, n, **given), rules or Rules())


def lag(differences: pd.DataFrame, category: str = "faces", layer: str = "late") -> pd.Series:
    identity = [layer, category, "within", "between"]
    chosen = (differences[["layer", "category", "curve", "other_curve"]] == identity).all(axis=1)
    return differences[chosen].iloc[0]


def test_the_index_and_its_gain_are_by_their_formula() -> None:
    curves = study(TOGETHER)
    table = emergence.emergence(curves, 0.95)
    assert tuple(table.columns) == emergence.EMERGENCE
    assert table["quantity"].unique().tolist() == list(emergence.QUANTITIES)
    each = []
    for network in curves.instances:
        within, between = (kind["late"]["faces"][0] for kind in (network.within, network.between))
        each.append((between - within) / (between + within))
    late = table[table["layer"] == "late"]
    index, gain = (
        late.loc[late["quantity"] == quantity, "value"].to_numpy()
        for quantity in emergence.QUANTITIES
    )
    assert index == pytest.approx(np.mean(each, axis=0), abs=1e-14)
    assert gain == pytest.approx(index - index[0], abs=1e-14)
    assert gain[-1] == pytest.approx(0.25 / 1.45, abs=0.01)
    assert (table["low"] <= table["value"]).all()
    first = late[(late["quantity"] == "gain") & (late["epoch"] == 0)].iloc[0]
    assert first[["value", "low", "high"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("tau", [0.7, 2.0, 3.0])
def test_planted_latencies_are_recovered(tau) -> None:
    found, _ = compared({"faces": ((0.8, -0.2, tau), (0.8, 0.05, tau))})
    assert tuple(found.columns) == emergence.LATENCIES
    pairs = found[found["curve"] != "index"]
    assert pairs["latency"].to_numpy() == pytest.approx(tau * np.log(2), rel=0.06)
    assert ((found["low"] < tau * np.log(2)) & (tau * np.log(2) < found["high"])).sum() >= 4
    assert (found["earliest"] <= found["latency"]).all()
    assert (found["latency"] <= found["latest"]).all()
    assert (found["n_timed"] == 5).all()
    assert (found["reason"] == "").all()
    # The index is no exponential, but it rises with the same time constant.
    index = found[found["curve"] == "index"]["latency"].to_numpy()
    assert index == pytest.approx(tau * np.log(2), rel=0.15)


@pytest.mark.parametrize("change", [-0.4, -0.1, 0.1, 0.2])
def test_the_same_latency_is_simultaneous_whatever_the_amplitude(change) -> None:
    """Also where one falls and the other rises."""
    _, differences = compared({"faces": ((0.8, change, 2.0), (0.8, 0.04, 2.0))})
    assert tuple(differences.columns) == emergence.DIFFERENCES
    found = lag(differences)
    assert found["verdict"] == "simultaneous", found["reason"]
    assert found["margin"] == 1
    assert -1 < found["low"] < found["difference"] < found["high"] < 1
    assert found["difference"] == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize(("within", "between"), [(4.0, 1.0), (1.0, 4.0)])
def test_a_planted_lag_is_found(within, between) -> None:
    _, differences = compared({"faces": ((0.8, -0.2, within), (0.8, 0.1, between))})
    found = lag(differences)
    assert found["difference"] == pytest.approx((within - between) * np.log(2), abs=0.15)
    assert found["verdict"] == "not simultaneous"
    assert "lies beyond ±1.00 epochs" in found["reason"]


def test_a_lag_about_the_margin_is_undecided() -> None:
    _, differences = compared({"faces": ((0.8, -0.2, 2.0), (0.8, 0.1, 2.0 + 1 / np.log(2)))})
    assert lag(differences)["verdict"] == "undecided"


def test_what_checkpoints_cannot_tell_is_undecided_for_this_reason() -> None:
    """A lag of 1.4 epochs, more than the margin, between two checkpoints."""
    planted: Planted = {"faces": ((0.8, -0.2, 0.5), (0.8, 0.1, 2.5))}
    _, differences = compared(planted, epoch=np.linspace(0, 20, 5))
    found = lag(differences)
    assert -1 < found["low"] < found["high"] < 1
    assert (found["verdict"], found["earliest"], found["latest"]) == ("undecided", -5, 5)
    assert "checkpoints are too far apart: they leave −5.00 to 5.00 open" in found["reason"]
    # It is all a matter of what counts.
    _, differences = compared(planted, Rules(time=0.5), epoch=np.linspace(0, 20, 5))
    assert lag(differences)["verdict"] == "simultaneous"


def test_claims_say_the_same_by_the_same_numbers() -> None:
    for planted in (TOGETHER, {"faces": ((0.8, -0.2, 4.0), (0.8, 0.1, 1.0))}):
        for epoch in (EPOCH, np.arange(21.0)):
            curves = study(planted, epoch=epoch)
            _, differences = emergence.compared(curves, Rules())
            claimed = {claim.statement[:4]: claim for claim in claims.together(curves, Rules())}
            found = lag(differences)
            claim = claimed["late"]
            assert emergence.VERDICTS[claim.verdict] == found["verdict"]
            assert (claim.estimate, claim.low) == (found["difference"], found["low"])
            assert found["reason"] in claim.sentence


def test_no_latency_is_invented_where_nothing_changes() -> None:
    """Noise alone, small or as large as effects are: an empty cell and a sentence."""
    still: Planted = {"faces": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    invented = []
    for noise in (0.0, 0.002, 0.05):
        for first in range(0, 200, 5):
            networks = [instance(still, seed, noise=noise) for seed in range(first, first + 5)]
            [curves] = condition_curves.by_condition(networks)
            found, differences = emergence.compared(curves, Rules())
            missing = found["latency"].isna()
            assert (found.loc[missing, ["low", "high", "earliest", "latest"]].isna()).all(axis=None)
            assert (found["reason"].ne("") == missing).all()
            assert (differences.loc[differences["difference"].isna(), "reason"] != "").all()
            if noise < 0.05:
                assert missing.all()
                assert (differences["verdict"] == "undecided").all()
            invented += (~missing).tolist()
    # Where noise is large, no more often than the confidence allows.
    assert np.mean(invented[-40 * 6 :]) < 0.05


def test_a_category_that_changes_has_a_latency_beside_one_that_does_not() -> None:
    planted: Planted = {**TOGETHER, "animals": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    found, differences = compared(planted)
    timed = found.groupby("category")["latency"].agg(lambda each: each.notna().all())
    assert timed.to_dict() == {"animals": False, "faces": True}
    assert "less than 0.005 from where it began in 5 of 5" in found["reason"].str.cat()
    between_categories = differences[differences["other_category"] != differences["category"]]
    assert between_categories["difference"].isna().all()
    assert between_categories["reason"].str.match(r"in \w+, animals: the index").all()


def test_categories_and_layers_are_compared_by_their_indices() -> None:
    planted: Planted = {
        "faces": ((0.8, -0.2, 1.0), (0.8, 0.1, 1.0)),
        "animals": ((0.8, -0.2, 4.0), (0.8, 0.1, 4.0)),
    }
    found, differences = compared(planted)
    index = found[found["curve"] == "index"].set_index(["layer", "category"])["latency"]
    pairs = differences[differences["curve"] == "index"]
    assert len(pairs) == 4
    for row in pairs.itertuples():
        first, other = (row.layer, row.category), (row.other_layer, row.other_category)
        assert row.difference == pytest.approx(index[first] - index[other])
    apart = pairs[pairs["category"] != pairs["other_category"]]
    assert (apart["verdict"] == "not simultaneous").all()
    assert apart["difference"].to_numpy() == pytest.approx(-3 * np.log(2), abs=0.3)
    assert (pairs[pairs["layer"] != pairs["other_layer"]]["verdict"] == "simultaneous").all()


def test_a_curve_that_goes_elsewhere_first_has_no_latency() -> None:
    networks = [instance(TOGETHER, seed) for seed in range(5)]
    for network in networks[:3]:
        network.within["late"]["faces"][:, 2:6] += 0.5
    [curves] = condition_curves.by_condition(networks)
    found, differences = emergence.compared(curves, Rules())
    within = found[(found[["layer", "curve"]] == ["late", "within"]).all(axis=1)].iloc[0]
    assert np.isnan(within["latency"])
    assert (
        "leaves the range between its two ends by more than the width of that range in 3 of 5"
        in (within["reason"])
    )
    assert lag(differences)["verdict"] == "undecided"
    for network in networks[1:3]:
        network.within["late"]["faces"][:, 2:6] -= 0.5
    found, _ = emergence.compared(curves, Rules())
    within = found[(found[["layer", "curve"]] == ["late", "within"]).all(axis=1)].iloc[0]
    assert within["n_timed"] == 4
    assert within["latency"] == pytest.approx(2 * np.log(2), rel=0.1)


def test_one_network_is_measured_and_decides_nothing() -> None:
    found, differences = compared(TOGETHER, n=1)
    assert np.isfinite(found[["latency", "low", "high"]]).all(axis=None)
    assert np.isfinite(differences["difference"]).all()
    assert (differences["verdict"] == "undecided").all()
    assert differences["reason"].str.contains("one network does not show").all()


def test_one_checkpoint_has_an_index_and_no_latency() -> None:
    curves = study(TOGETHER, epoch=np.array([3.0]))
    assert np.isfinite(emergence.emergence(curves, 0.95)["value"]).all()
    found, differences = emergence.compared(curves, Rules())
    assert found["latency"].isna().all()
    assert (differences["verdict"] == "undecided").all()


def test_networks_timed_apart_leave_no_difference() -> None:
    nothing = np.full((4, N_ROWS), np.nan)
    first, other = nothing.copy(), nothing.copy()
    first[:2], other[2:] = 1, 2
    difference = latencies.Latency(first, first, first) - latencies.Latency(other, other, other)
    assert difference.missing == "only 0 of 4 networks have both times"


def files(folder: Path, instances) -> list[str]:
    paths = []
    for place, each in enumerate(instances):
        paths.append(str(folder / f"{place}.h5"))
        resampled_curves.write(Path(paths[-1]), each)
    return paths


@pytest.mark.parametrize("layers", [("late",), ("early", "late"), tuple("abcdef")])
@pytest.mark.parametrize("conditions", [("moco",), ("moco", "cold")])
def test_scripts_write_and_draw_every_condition_and_layer(tmp_path, layers, conditions) -> None:
    planted: Planted = {**TOGETHER, "animals": ((0.8, 0.0, 1.0), (0.8, 0.0, 1.0))}
    instances = [
        instance(planted, seed, condition=name, layers=layers)
        for name in conditions
        for seed in (1, 2)
    ]
    paths = files(tmp_path, instances)
    settings = {"confidence": 0.95, "time": 0.05}
    analysis_scripts.tabulate("emergence", tmp_path, {"resamples": paths}, settings)
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
    labels = {axes.get_ylabel() for axes in figure.axes} - {"", "Latency"}
    assert len(labels) == 2
    for label in labels:
        rows = [axes for axes in figure.axes if axes.get_ylabel() == label]
        assert len({axes.get_ylim() for axes in rows}) == 1
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("no latency") == 3 * len(layers) * len(conditions)
    timed = read[2].dropna(subset="difference")
    said = timed[timed["curve"] == "within"]["verdict"]
    assert said.str.contains("simultaneous").any()
    assert texts.count("simultaneous") == (said == "simultaneous").sum()
    assert texts.count("undecided") == (said == "undecided").sum()
    figure.canvas.draw()


def test_the_figure_shows_what_the_tables_hold() -> None:
    curves = study(TOGETHER)
    table = emergence.emergence(curves, 0.95)
    found, differences = emergence.compared(curves, Rules())
    figure = figure_emergence.draw(table, found, differences, 0.95)
    of_index, of_gain, of_latency = figure.axes[::2]
    shown = of_index.lines[2].get_ydata()
    early = table[(table[["layer", "quantity"]] == ["early", "index"]).all(axis=1)]
    np.testing.assert_allclose(shown, early["value"])
    np.testing.assert_allclose(of_index.lines[1].get_ydata(), early["value"].iloc[0])
    np.testing.assert_allclose(
        of_gain.lines[1].get_ydata(), early["value"] - early["value"].iloc[0], atol=1e-12
    )
    marked = [line.get_xdata()[0] for line in of_latency.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marked, found[found["layer"] == "early"]["latency"])
    text = figure_emergence.caption(table, found, differences, 0.95)
    assert "its value in the untrained network" in text
    assert "up to ±1 epochs" in text
    later = table[table["epoch"] > 0]
    assert "its value in the network of epoch 0.25" in figure_emergence.caption(
        later, found, differences, 0.95
    )


def test_a_study_that_is_confident_of_less_decides_less() -> None:
    planted: Planted = {"faces": ((0.8, -0.2, 2.0), (0.8, 0.1, 2.5))}
    verdicts = [
        lag(compared(planted, replace(Rules(), confidence=level), n=3)[1])["verdict"]
        for level in (0.5, 0.99999)
    ]
    assert verdicts == ["simultaneous", "undecided"]
