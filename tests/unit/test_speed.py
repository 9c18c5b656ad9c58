"""Times of layers are those planted, whatever amplitude and noise, from RDMs to table and figure.

Trajectories of known time constants go through the functions that the workflow calls.
"""

import subprocess
import sys
from pathlib import Path

import analysis_scripts
import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from time_cases import approaching

from trajectories.analyses.speed import TEXT
from trajectories.analyses.speed import figure as figure_speed
from trajectories.analyses.speed import table as speed
from trajectories.rdms import metrics
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, resampled_curves, resampling
from trajectories.storage import resamples_file, tables

HOME = Path(__file__).parents[2]
N = 60
N_PAIRS = N * (N - 1) // 2
FLAGS = {"face": np.arange(N) < 25}
DEFINITIONS = {"faces": {"within": "face"}}
COUNTS = resampling.stimulus_counts(N, 60, seed=0)
EPOCH = np.concatenate([[0, 0.1, 0.3], np.arange(1.0, 21)])
# Time constant, similarity of the first RDM to the last, noise.
LAYERS = {
    "plain": (3.0, 0.3, 0.05),
    "small": (3.0, 0.8, 0.05),
    "noisy": (3.0, 0.3, 0.25),
    "slow": (6.0, 0.3, 0.05),
}


def instance(seed, layers=LAYERS, epoch=EPOCH, condition="moco") -> Trajectory:
    rdms = {
        layer: approaching(epoch, *planted, 100 * seed + place, N_PAIRS)
        for place, (layer, planted) in enumerate(layers.items())
    }
    names = tuple(f"image{i}" for i in range(N))
    return Trajectory(rdms, epoch, names, FLAGS, {"condition": condition, "seed": seed})


def gathered(trajectories):
    curves = [resampled_curves.resample(each, DEFINITIONS, COUNTS) for each in trajectories]
    return condition_curves.by_condition(curves)


def tabulated(trajectories, confidence=0.95):
    parts = [speed.tables(curves, confidence) for curves in gathered(trajectories)]
    return tuple(pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True))


@pytest.fixture(scope="module")
def study():
    return [instance(seed) for seed in (1, 2, 3, 4)]


@pytest.fixture(scope="module")
def found(study):
    return tabulated(study)


def row(summary, layer, statistic, other=""):
    chosen = (summary[["layer", "other_layer", "statistic"]] == [layer, other, statistic]).all(
        axis=1
    )
    return summary[chosen].squeeze()


def closed_form(start, level) -> float:
    """Time, in units of τ, of a level of similarity on the straight way between two RDMs."""

    def share(t):
        x = np.exp(-t) * (1 - start)
        cosine = (1 - x) / np.sqrt(1 - 2 * x + 2 * x * np.exp(-t))
        return (cosine - start) / (1 - start)

    return optimize.brentq(lambda t: share(t) - level, 0, 20)


@pytest.mark.parametrize("layer", LAYERS)
def test_planted_time_constants_are_recovered(found, layer) -> None:
    tau, start, _ = LAYERS[layer]
    each = row(found[1], layer, "tau")
    # High by up to 15% where much changes or noise is large: docs/analyses/speed.md.
    assert 0.97 * tau < each["estimate"] < 1.16 * tau
    assert each["low"] < each["estimate"] < each["high"]
    if layer != "noisy":
        for statistic, level in speed.LEVELS.items():
            expected = tau * closed_form(start, level)
            assert row(found[1], layer, statistic)["estimate"] == pytest.approx(expected, rel=0.08)
    amplitude = found[0].loc[found[0]["layer"] == layer, "amplitude"]
    ends = found[0].loc[found[0]["layer"] == layer, "plateau"]
    assert (ends - amplitude).to_numpy() == pytest.approx(start, abs=0.13)


@pytest.mark.parametrize("other", ["small", "noisy"])
@pytest.mark.parametrize("statistic", speed.TIMES)
def test_amplitude_and_noise_are_not_taken_for_speed(found, other, statistic) -> None:
    """Whereas change from epoch to epoch differs by far more than a factor of two."""
    difference = row(found[1], "plain", statistic, other)["estimate"]
    # On a long way correlation is no longer half a squared distance: docs/analyses/speed.md.
    bound = 0.2 if (other, statistic) == ("small", "t50") else 0.13
    assert abs(difference) < bound * row(found[1], "plain", statistic)["estimate"]
    change = found[3].pivot(index="next_epoch", columns="layer", values="log10_change")
    apart = change["plain"] - change[other]
    assert np.abs(apart.iloc[0] if other == "small" else apart.iloc[-1]) > np.log10(2)


@pytest.mark.parametrize("statistic", speed.TIMES)
def test_a_slower_layer_is_told_with_its_interval(found, statistic) -> None:
    difference = row(found[1], "plain", statistic, "slow")
    own = row(found[1], "plain", statistic)["estimate"]
    assert difference["low"] < difference["estimate"] < difference["high"] < 0
    assert difference["estimate"] == pytest.approx(-own, rel=0.2)


def test_differences_are_paired_by_instance(found) -> None:
    of_instances = found[0].pivot(index="seed", columns="layer", values="t90")
    expected = (of_instances["plain"] - of_instances["slow"]).mean()
    assert row(found[1], "plain", "t90", "slow")["estimate"] == pytest.approx(expected)
    names = list(LAYERS)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    paired = found[1][found[1]["other_layer"] != ""]
    assert list(dict.fromkeys(zip(paired["layer"], paired["other_layer"], strict=True))) == pairs


def test_times_lie_between_the_checkpoints_around_them(study, found) -> None:
    summary = found[1]
    timed = summary[summary["statistic"] != "tau"]
    assert (timed["earliest"] <= timed["estimate"]).all()
    assert (timed["estimate"] <= timed["latest"]).all()
    assert summary.loc[summary["statistic"] == "tau", ["earliest", "latest"]].isna().all(axis=None)
    of_instances = found[0].pivot(index="seed", columns="layer", values="t50")
    before, after = (
        {layer: EPOCH[np.searchsorted(EPOCH, of_instances[layer]) + shift] for layer in LAYERS}
        for shift in (-1, 0)
    )
    alone, paired = row(summary, "slow", "t50"), row(summary, "plain", "t50", "slow")
    assert (alone["earliest"], alone["latest"]) == (before["slow"].mean(), after["slow"].mean())
    assert paired["earliest"] == pytest.approx((before["plain"] - after["slow"]).mean())
    assert paired["latest"] == pytest.approx((after["plain"] - before["slow"]).mean())


def test_progress_and_change_are_those_of_the_rdms(study, found) -> None:
    way, logs = [], []
    for each in study:
        s = np.corrcoef(each.rdms["noisy"])[-1, :-1]
        late = EPOCH[:-1] >= 0.75 * EPOCH[-2]
        way.append((s - s[0]) / (s[late].mean() - s[0]))
        stability = metrics.stability(each, "pearson")
        r = stability.loc[stability["layer"] == "noisy", "correlation"]
        logs.append(np.log10(1 - r.to_numpy()))
    _, _, progress, change = found
    progress, change = (table[table["layer"] == "noisy"] for table in (progress, change))
    assert progress["epoch"].tolist() == EPOCH[:-1].tolist()
    assert progress["progress"].to_numpy() == pytest.approx(np.mean(way, axis=0), abs=1e-12)
    assert change["log10_change"].to_numpy() == pytest.approx(np.mean(logs, axis=0), abs=1e-10)
    assert change["epoch"].tolist() == np.arange(20.0).tolist()
    inner = progress.iloc[1:]
    assert (inner["low"] < inner["progress"]).all()
    assert (inner["progress"] < inner["high"]).all()
    # The planted course is near an exponential, and so is the fit near the course.
    assert progress["fit"].to_numpy() == pytest.approx(progress["progress"], abs=0.08)


def test_of_one_instance_intervals_are_over_images_and_of_two_checkpoints_nothing_is_known() -> (
    None
):
    one = tabulated([instance(1)])
    times, summary, _, _ = one
    assert times[["t50", "t90", "tau"]].notna().all(axis=None)
    assert (summary["n_seeds"] == 1).all()
    assert (summary["low"] <= summary["estimate"]).all()
    figure_speed.draw(*one, 0.95).canvas.draw()
    few = tabulated([instance(1, epoch=np.array([0.0, 1]))])
    assert few[0][["t50", "t90", "tau"]].isna().all(axis=None)
    assert (few[1]["n_seeds"] == 0).all()
    figure_speed.draw(*few, 0.95).canvas.draw()
    assert "has no such time" in figure_speed.caption(*few, 0.95)
    assert "has no such time" not in figure_speed.caption(*one, 0.95)


def test_what_moves_away_or_stands_still_has_no_time() -> None:
    away = instance(1)
    # Back and forth: late in training the RDM is less like the last than the first is.
    bend = np.sin(np.pi * EPOCH / EPOCH[-1])[:, None]
    rng = np.random.default_rng(0)
    away.rdms["plain"] = 1 + rng.random(N_PAIRS) + bend * rng.random(N_PAIRS)
    away.rdms["small"] = np.tile(away.rdms["small"][-1], (len(EPOCH), 1))
    times, _, _, change = tabulated([away, instance(2), instance(3)])
    lost = times[(times["seed"] == 1) & times["layer"].isin(["plain", "small"])]
    assert lost[["t50", "t90", "tau", "amplitude"]].isna().all(axis=None)
    still = change[change["layer"] == "small"]
    assert (still["n_seeds"] == 2).all()
    assert np.isfinite(still["log10_change"]).all()


def test_conditions_with_other_checkpoints_by_script_to_figure(tmp_path) -> None:
    """Own checkpoints lie at other epochs, and may be few; names are any."""
    epochs = {"moco": EPOCH, "None": np.array([0.0, 1, 2, 4, 8, 16]), "few": np.array([1.0, 2, 5])}
    paths = []
    for condition, epoch in epochs.items():
        for seed in (1, 2):
            each = instance(seed, {"layer2.0.conv1": LAYERS["plain"]}, epoch, condition)
            curves = resampled_curves.resample(each, DEFINITIONS, COUNTS)
            paths.append(tmp_path / f"{condition}-{seed}.h5")
            resamples_file.write(paths[-1], curves)
    settings = {"confidence": 0.95}
    reads = {"resamples": paths, "recipes": analysis_scripts.recipes(tmp_path)}
    analysis_scripts.tabulate("speed", tmp_path, reads, settings)
    times = tables.read_columns(tmp_path / "speed.csv", speed.SPEED, TEXT)
    assert times["condition"].unique().tolist() == list(epochs)
    assert times.loc[times["condition"] == "None", "tau"].between(2.8, 3.6).all()
    analysis_scripts.draw("speed", "speed", tmp_path, settings)
    assert all((tmp_path / f"speed.{suffix}").stat().st_size for suffix in ("pdf", "png"))
    assert (tmp_path / "speed.txt").read_text().startswith(figure_speed.TITLE + "\n\n")


def test_the_figure_shows_what_the_tables_hold(found) -> None:
    figure = figure_speed.draw(*found, 0.95)
    way, steps, times = figure.axes
    shown = [line.get_ydata() for line in way.lines if len(line.get_ydata()) == len(EPOCH) - 1]
    np.testing.assert_array_equal(shown[0], found[2]["progress"].iloc[: len(EPOCH) - 1])
    np.testing.assert_array_equal(steps.lines[0].get_ydata(), found[3]["log10_change"].iloc[:20])
    bounds, bars = (
        [
            each.get_segments()[0][:, 0].tolist()
            for each in times.collections
            if (each.get_linewidth()[0] == figure_speed.BOUNDS) == wide
        ]
        for wide in (True, False)
    )
    alone = found[1][found[1]["other_layer"] == ""]
    # By time, then by layer, where the table has it the other way.
    ordered = alone.set_index("statistic").loc[list(speed.TIMES)]
    assert bounds == ordered[["earliest", "latest"]].dropna().to_numpy().tolist()
    assert bars == [[low, high] for low, high in zip(ordered["low"], ordered["high"], strict=True)]


def rows_of(text) -> list[list[str]]:
    """Rows of Markdown tables that hold a mean ± SD."""
    lines = [line for line in text.splitlines() if line.startswith("|") and " ± " in line]
    return [line.strip("| ").split(" | ") for line in lines]


def test_conditions_share_axes_that_hold_them_all() -> None:
    fast = {"layer1": (1.0, 0.3, 0.05)}
    slow = {"layer1": (6.0, 0.3, 0.05)}
    both = tabulated(
        [instance(seed, fast) for seed in (1, 2)]
        + [instance(seed, slow, condition="slow") for seed in (1, 2)]
    )
    figure = figure_speed.draw(*both, 0.95)
    figure.canvas.draw()
    lower = figure.axes[5]
    low, high = lower.get_xlim()
    ends = [each.get_segments()[0][:, 0] for each in lower.collections]
    assert low <= 0
    assert np.nanmax(ends) < high
    assert [axes.get_title() for axes in figure.axes] == ["moco"] * 3 + ["slow"] * 3


def test_the_biases_that_the_page_states_are_measured() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/times.py"],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if "±" in line]
    means = {
        tuple(cells[:-3]): [float(each.split(" ± ")[0]) for each in cells[-3:]] for cells in rows
    }
    for tau in ("2", "5"):
        for start in ("0.3", "0.6"):
            assert 1.2 <= means[tau, start, "0.6"][2] <= 1.35
        assert means[tau, "0.0"][2] < 1.06
        assert means[tau, "1.0"][2] > 1.7
    page = (HOME / "docs/analyses/speed.md").read_text("utf-8")
    stated = rows_of(page)
    assert [cells[:-3] for cells in stated] == [cells[:-3] for cells in rows]
    for told, cells in zip(stated, rows, strict=True):
        for text, mean in zip(told[-3:], means[tuple(cells[:-3])], strict=True):
            assert float(text.split(" ± ")[0]) == pytest.approx(mean, abs=0.02)
