"""The page on the paper's claims says of planted studies what was planted, true or false."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trajectories import measured_claims, results_page
from trajectories.key_numbers import TextTable
from trajectories.trajectory import Trajectory

HOME = Path(__file__).parents[2]
EPOCH = np.array([0, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20], dtype=np.float64)
WHOLE = np.arange(21.0)
SEEDS = (1, 2, 3)
N_STIMULI = 12


def approach(epoch: np.ndarray, tau: float) -> np.ndarray:
    return 1 - np.exp(-epoch / tau)


def study(
    tau: dict[str, float],
    within: tuple[float, float] = (-0.2, 1.0),
    between: tuple[float, float] = (0.1, 1.0),
    rates: np.ndarray | None = None,
) -> measured_claims.Instances:
    """Three instances whose layers turn from one random RDM to another with time constants `tau`.

    `within` and `between` are the change of the mean dissimilarity and its time constant, in all
    layers.
    """
    trajectories, stability, categories = [], [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        rdms, n_pairs = {}, N_STIMULI * (N_STIMULI - 1) // 2
        for layer, constant in tau.items():
            first, last = rng.uniform(0.2, 0.8, (2, n_pairs))
            rdms[layer] = first + approach(EPOCH, constant)[:, None] * (last - first)
            r = [
                np.corrcoef(*(first + approach(t, constant) * (last - first) for t in pair))[0, 1]
                for pair in itertools.pairwise(WHOLE)
            ]
            stability.append(
                pd.DataFrame({"seed": seed, "layer": layer, "epoch": WHOLE[:-1], "correlation": r})
            )
            for pairs, (change, constant) in (("within", within), ("between", between)):
                curve = 0.5 + change * approach(EPOCH, constant) / approach(EPOCH[-1], constant)
                frame = {"seed": seed, "layer": layer, "category": "faces", "pairs": pairs}
                categories.append(pd.DataFrame({**frame, "epoch": EPOCH, "dissimilarity": curve}))
        stimulus = tuple(map(str, range(N_STIMULI)))
        trajectories.append(Trajectory(rdms, EPOCH, stimulus, {}, {"seed": seed}))
    rates = np.ones(20) if rates is None else rates
    history = pd.DataFrame(
        {
            "seed": np.repeat(SEEDS, 21),
            "epoch": np.tile(WHOLE, 3),
            "learning_rate": np.tile(np.append(np.nan, rates), 3),
        }
    )
    return measured_claims.Instances(
        trajectories, pd.concat(stability), pd.concat(categories), history
    )


def verdicts(claim: measured_claims.MeasuredClaim) -> str:
    return "\n".join(claim.verdicts)


def column(table: TextTable, name: str) -> list[float]:
    place = table.head.index(name)
    return [float(row[place].replace("−", "-").split("\u00a0")[0]) for row in table.rows]


def test_a_layer_that_settles_first_is_said_to() -> None:
    claim = measured_claims.early_layer_first(study({"layer1": 0.5, "layer4": 4.0}))
    assert verdicts(claim).count("in 3 of 3 networks") == 3
    half = column(claim.tables[0], "half of the way (epochs)")
    assert half[0] < 0.5 < half[1]


def test_a_layer_that_settles_last_is_said_to() -> None:
    claim = measured_claims.early_layer_first(study({"layer1": 4.0, "layer4": 0.5}))
    assert verdicts(claim).count("in 0 of 3 networks") == 3


def test_early_change_is_told_from_steady_change() -> None:
    rapid = measured_claims.rapid_early_change(study({"layer1": 1.0, "layer4": 1.0}))
    assert verdicts(rapid).count("in 3 of 3 networks") == 4
    slow = measured_claims.rapid_early_change(study({"layer1": 1e6, "layer4": 1e6}))
    assert verdicts(slow).count("in 0 of 3 networks") == 0
    [ratio, _] = column(slow.tables[0], "first / last quarter")
    assert ratio == pytest.approx(1, abs=0.1)


def test_change_that_follows_the_schedule_alone_vanishes_per_unit_of_rate() -> None:
    """Change exp(-t/τ) per epoch under a rate of the same form: 1 - r falls with its square."""
    planted = study({"layer1": 5.0, "layer4": 5.0}, rates=np.exp(-2 * WHOLE[:-1] / 5))
    claim = measured_claims.rapid_early_change(planted)
    [raw, _] = column(claim.tables[0], "first / last quarter")
    [per_rate, _] = column(claim.tables[0], "the same per unit of learning rate")
    assert raw > 100
    assert 0.2 < per_rate < 5


def test_times_of_within_and_between_are_those_planted() -> None:
    together = measured_claims.emergence(study({"layer1": 1, "layer4": 1}, (-0.2, 2.0), (0.1, 2.0)))
    assert column(together.tables[0], "within − between (epochs)") == [0, 0]
    apart = measured_claims.emergence(study({"layer1": 1, "layer4": 1}, (-0.2, 4.0), (0.1, 1.0)))
    expected = (4 - 1) * np.log(2)
    for lag in column(apart.tables[0], "within − between (epochs)"):
        assert lag == pytest.approx(expected, abs=0.15)
    assert "opposite directions in 3 of 3" in verdicts(apart)


def test_a_curve_that_strays_is_told_from_one_that_goes_its_way() -> None:
    straight = measured_claims.emergence(study({"layer1": 1, "layer4": 1}))
    assert "strays" not in verdicts(straight)
    planted = study({"layer1": 1, "layer4": 1})
    dip = planted.categories["epoch"].eq(0.25) & planted.categories["seed"].lt(3)
    planted.categories.loc[dip, "dissimilarity"] -= 0.5
    claim = measured_claims.emergence(planted)
    assert verdicts(claim).count("itself in 2 of 3 networks") == 2
    assert [row[-1] for row in claim.tables[0].rows] == ["1 of 3", "1 of 3"]


def test_a_curve_that_does_not_change_is_not_timed() -> None:
    claim = measured_claims.emergence(study({"layer1": 1, "layer4": 1}, (0.001, 1.0), (0.2, 1.0)))
    assert [row[-1] for row in claim.tables[0].rows] == ["0 of 3", "0 of 3"]
    assert [row[4] for row in claim.tables[0].rows] == ["–", "–"]


@pytest.mark.parametrize(
    ("within", "between", "said"), [(-0.2, 0.1, "in 3 of 3"), (0.2, -0.1, "in 0 of 3")]
)
def test_the_end_of_between_and_within_is_that_planted(within, between, said) -> None:
    claim = measured_claims.ends(study({"layer1": 1, "layer4": 1}, (within, 1.0), (between, 1.0)))
    assert verdicts(claim).count(said) == 4
    assert column(claim.tables[0], "gain") == pytest.approx([between - within] * 2, abs=1e-3)


def test_verdicts_stand_under_their_claims() -> None:
    claims = [
        ("together", "undecided", "First."),
        ("late_layer_apart", "holds", "Second."),
        ("late_layer_apart", "does not hold", "Third."),
    ]
    table = pd.DataFrame(claims, columns=["claim", "verdict", "sentence"])
    rows = results_page.decided(table).rows
    assert [row[0] for row in rows] == [
        "**Information within and between categories emerges together.**",
        "**In the late layer between ends above within, beyond the untrained network.**",
        "",
    ]
    assert [row[1:] for row in rows] == [(f"*{v}*", sentence) for _, v, sentence in claims]


def test_a_table_is_markdown() -> None:
    text = results_page.markdown(TextTable("What.", ("a", "b"), (("1", "2"),)))
    assert text == "What.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_hours_are_sums_over_jobs() -> None:
    jobs = [pd.DataFrame({"s": [1800.0], "cpu_time": [900.0]})] * 3
    assert results_page.job_hours(jobs) == {"wall": 1.5, "processor": 0.75}


def test_a_study_that_is_not_finished_is_refused_by_name(tmp_path) -> None:
    script = HOME / "workflow/scripts/results_page.py"
    done = subprocess.run(
        [sys.executable, str(script), "--results", str(tmp_path), "--command", "x",
         "--output", str(tmp_path / "page.md")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"recipe\.json cannot be read .*finish the run first", done.stderr)
    assert "Traceback" not in done.stderr
