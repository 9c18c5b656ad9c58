"""The page of results says of a planted study what was planted, verdicts first."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from scipy import stats

from trajectories.analyses.claims import table as claims_table
from trajectories.analyses.consistency import table as consistency
from trajectories.analyses.key_numbers import TextTable
from trajectories.rdms import trajectory
from trajectories.report import results_page
from trajectories.statistics.verdicts.statement import IMAGES
from trajectories.storage import columns, tables
from trajectories.storage.history import COLUMNS
from trajectories.study.config import resolve

HOME = Path(__file__).parents[2]
SCRIPT = HOME / "workflow/scripts/results_page.py"
SEEDS = (1, 2)


def claims(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """A table of claims: claim, statement, verdict of each row, for other images too.

    For these images all hold.
    """
    table = [
        (
            "moco", claim, statement, images, "what", "epochs", 1.0, 0.5, 1.5, 0.2, 0.01, 0.5, said,
            "images" if said == "undecided" else "", f"{statement}: so.",
        )
        for claim, statement, verdict in rows
        for images, said in zip(IMAGES, ("holds", verdict), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(table, columns=list(claims_table.COLUMNS))


DECIDED = claims(
    ("rapid_change", "layer1: it falls", "holds"),
    ("rapid_change", "layer1: it falls by itself", "does not hold"),
    ("rapid_change", "layer4: it falls", "holds, small"),
    ("rapid_change", "layer4: it falls by itself", "undecided"),
    ("early_layer_first", "layer1 is first", "reversed"),
)


def test_verdicts_are_counted() -> None:
    assert results_page.counts(DECIDED) == (
        "For these images, of 5 statements 5 hold. For other images too, of 5 statements 1 holds,"
        " 1 holds but is small, 1 does not hold, 1 is reversed, 1 is undecided."
    )


def test_a_statement_stands_once_with_its_verdicts_in_each_layer() -> None:
    rows = results_page.at_a_glance(DECIDED).rows
    both = "**holds**: layer1; layer4"
    assert rows == (
        (
            f"*{claims_table.TITLES['rapid_change']}*", "it falls", both,
            "**holds**: layer1<br>**holds, small**: layer4",
        ),
        (
            "", "it falls by itself", both,
            "**does not hold**: layer1<br>**undecided** (images): layer4",
        ),
        (
            f"*{claims_table.TITLES['early_layer_first']}*", "layer1 is first", "**holds**",
            "**reversed**",
        ),
    )  # fmt: skip


def test_sentences_stand_under_their_claims() -> None:
    rows = results_page.decided(DECIDED).rows
    assert [bool(title) for title, _ in rows] == [True, *[False] * 7, True, False]
    assert [sentence for _, sentence in rows] == list(DECIDED["sentence"])


def history(rates: tuple[float, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, np.nan), index=range(len(rates) + 1))
    frame["epoch"] = np.arange(len(rates) + 1.0)
    frame["learning_rate"] = [np.nan, *rates]
    frame["loss"] = [np.nan, *np.linspace(5, 3, len(rates))]
    for name, value in {"chance_loss": 6.2, "knn_chance": 0.1, "view_chance": 0.001}.items():
        frame[name] = value
    return frame


def test_training_is_told_at_its_start_and_end() -> None:
    both = pd.concat([history((0.1,) * 20), history((0.1,) * 20).assign(loss=4.0)])
    rows = results_page.quality(both).rows
    assert [row[0] for row in rows] == ["0", "4", "8", "12", "16", "20"]
    assert rows[-1][1] == "3.50\u00a0±\u00a00.71"
    assert rows[-1][2] == "–"


def test_what_neighbours_tell_is_told_where_it_was_measured() -> None:
    measured = history((0.1,) * 20).assign(weighted_knn_chance=np.nan, weighted_knn=np.nan)
    measured.loc[[0, 3, 20], ["weighted_knn", "weighted_knn_chance"]] = 0.5, 0.1
    table = results_page.quality(measured)
    assert table.head[-1] == "held-out images named by their neighbours (chance 0.100)"
    told = {row[0]: row[-1] for row in table.rows}
    assert list(told) == ["0", "3", "4", "8", "12", "16", "20"]
    assert (told["3"], told["4"]) == ("0.500", "–")


def test_conditions_are_compared_by_what_networks_of_a_seed_see() -> None:
    """Against scipy's paired test; seed 3 of the second condition is not there."""
    ends = {"clear": [0.50, 0.54, 0.46], "blurred": [0.41, 0.47]}
    parts = [
        history((0.1,) * 2).assign(
            condition=name, seed=seed, weighted_knn=[0.3, np.nan, end], weighted_knn_chance=0.1
        )
        for name, found in ends.items()
        for seed, end in enumerate(found, start=1)
    ]
    table = results_page.by_condition(pd.concat(parts, ignore_index=True), 0.95)
    assert table.head == (
        "condition", "held-out images named by their neighbours (chance 0.100)", "less clear",
    )  # fmt: skip
    wanted = stats.ttest_rel(ends["blurred"], ends["clear"][:2]).confidence_interval(0.95)
    low, high = (f"{end:+.3f}".replace("-", "−") for end in wanted)
    assert [row[0] for row in table.rows] == ["untrained", "clear", "blurred"]
    assert table.rows[0][1:] == ("0.300\u00a0±\u00a00.000", "–")
    assert table.rows[1][1:] == ("0.500\u00a0±\u00a00.040", "–")
    assert table.rows[2][2] == f"−0.080 ({low} to {high})"


def test_the_schedule_is_blamed_only_if_it_falls() -> None:
    assert "falls from 0.1 in the first epoch to 0.001" in results_page.schedule(
        history((0.1, 0.01, 0.001))
    )
    # A cosine that would reach 0 after a million epochs.
    constant = results_page.schedule(history((0.1, 0.0999999)))
    assert constant == "It is 0.1 in the first epoch and 0.1 in the last."


def test_a_table_is_markdown() -> None:
    text = results_page.markdown(TextTable("What.", ("a", "b"), (("1", "2"),)))
    assert text == "What.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert results_page.markdown(TextTable("", ("a",), ())) == "| a |\n| --- |\n"


def test_hours_are_sums_over_jobs() -> None:
    jobs = [pd.DataFrame({"s": [1800.0], "cpu_time": [900.0]})] * 3
    assert results_page.job_times(jobs) == {"wall": "1.5 hours", "processor": "45.0 minutes"}


def test_pictures_are_of_one_scale_and_their_text_is_no_markup(tmp_path) -> None:
    Image.new("L", (1051, 10)).save(tmp_path / "one.png")
    Image.new("L", (4000, 10)).save(tmp_path / "two.png")
    column = results_page.picture(tmp_path / "one.png", "figures/x", 'A "b"')
    assert column == '<img src="figures/x/one.png" width="49%" alt="A &quot;b&quot;">'
    assert 'width="100%"' in results_page.picture(tmp_path / "two.png", "figures", "")


def test_a_copied_picture_is_smaller_and_looks_the_same(tmp_path) -> None:
    rng = np.random.default_rng(1)
    colours = np.column_stack([rng.integers(0, 256, (200, 3)), np.full(200, 255)])
    picture = colours.astype(np.uint8)[rng.integers(0, 200, (100, 100))]
    Image.fromarray(picture).save(tmp_path / "one.png")
    results_page.copy_picture(tmp_path / "one.png", tmp_path / "two.png")
    with Image.open(tmp_path / "two.png") as copied:
        difference = np.asarray(copied.convert("RGB"), int) - picture[..., :3]
    assert np.abs(difference).max() <= 4
    assert (tmp_path / "two.png").stat().st_size < (tmp_path / "one.png").stat().st_size


@pytest.fixture
def results(tmp_path) -> Path:
    """A finished study of two networks, with one of the analyses."""
    folder = tmp_path / "results" / "planted"
    (folder / "tables").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "benchmarks").mkdir()
    identity = {"condition": "moco", "layer": "layer1"}
    stability, categories = [], []
    for seed in SEEDS:
        instance = folder / "moco" / f"seed-{seed}"
        instance.mkdir(parents=True)
        rdms = {"layer1": np.random.default_rng(seed).uniform(size=(3, 6))}
        trajectory.write(
            instance / "trajectory.h5",
            trajectory.Trajectory(
                rdms, np.arange(3.0), tuple("abcd"), {},
                {"condition": "moco", "seed": seed, "batchnorm": "recalibrated"},
            ),
        )  # fmt: skip
        tables.write(instance / "history.csv", history((0.1, 0.01)))
        for epoch in range(3):
            row = {**identity, "seed": seed, "epoch": epoch}
            if epoch:
                step = {"epoch": epoch - 1, "next_epoch": epoch, "correlation": 0.9}
                stability.append({**row, **step})
            pairs = {"category": "faces", "n_pairs": 2, "dissimilarity": 0.5}
            categories += [{**row, **pairs, "pairs": name} for name in ("within", "between")]
    alike = [("moco", "layer1", e, 0.5 + e / 10, 0.1, 0.6, 0.8, 2) for e in range(3)]
    for name, table in {
        "claims": DECIDED,
        "stability": pd.DataFrame(stability)[list(columns.STABILITY)],
        "categories": pd.DataFrame(categories)[list(columns.CATEGORIES)],
        "consistency": pd.DataFrame(alike, columns=list(consistency.CONSISTENCY)),
    }.items():
        tables.write(folder / "tables" / f"{name}.csv", table)
    for name in ("figure1_stability", "figure2_categories", "training", "consistency"):
        Image.new("RGBA", (20, 10), "white").save(folder / "figures" / f"{name}.png")
    (folder / "figures" / "consistency.txt").write_text("Alike\n\nWhat is shown.\n", "utf-8")
    pd.DataFrame({"s": [3600.0], "cpu_time": [1800.0]}).to_csv(
        folder / "benchmarks" / "train.tsv", sep="\t", index=False
    )
    config = resolve(yaml.safe_load((HOME / "config" / "config.yaml").read_text("utf-8")))
    settings = {name: config[name] for name in ("image_size", "images", "network", "training")}
    (folder / "moco" / "recipe.json").write_text(json.dumps(settings), "utf-8")
    origin = {"versions": {"torch": "8.8.8"}, "commit": "0123abc"}
    provenance = {
        "experiment": "planted",
        "made_with": {"commit": "abc0123", "machine": "a machine", "versions": {"numpy": "9.9"}},
        "config": config,
        "instances": [
            {"condition": "moco", "seed": seed, "trained_with": [origin]} for seed in SEEDS
        ],
        "stimulus_table": {"path": "table.csv", "sha256": "1234"},
        "inputs": {},
        "results": {"tables/consistency.csv": "5678"},
    }
    (folder / "provenance.json").write_text(json.dumps(provenance), "utf-8")
    return folder


def write(results: Path, *words: str) -> subprocess.CompletedProcess[str]:
    page = results.parents[1] / "page.md"
    command = [sys.executable, str(SCRIPT), "--results", str(results), "--command", "make run"]
    return subprocess.run(
        [*command, "--output", str(page), *words], capture_output=True, text=True, check=False
    )


def test_a_page_has_verdicts_first_and_only_the_figures_that_it_shows(results) -> None:
    done = write(results, "--note", "By hand.")
    assert done.returncode == 0, done.stderr
    folder = results.parents[1]
    page = (folder / "page.md").read_text("utf-8")
    assert "2 networks" in page.split("|")[0]
    assert page.index("**does not hold**: layer1") < page.index("Figure 1") < page.index("so.")
    assert "In layer1, RDMs of different networks correlate 0.500\u00a0±\u00a00.100" in page
    assert "It falls from 0.1 in the first epoch to 0.01 in the last" in page
    time = "30.0 minutes of processor time, and 1.0 hours of\nwall time if run one after another."
    assert f"{time} By hand." in page
    assert "| Commit | abc0123 |" in page
    assert "commit 0123abc" in page
    # Of analyses that the study has not nothing is said.
    assert page.count("\n### ") == 1
    shown = set(re.findall(r'src="figures/planted/(\w+\.png)"', page))
    assert shown == {path.name for path in (folder / "figures" / "planted").iterdir()}
    assert shown == {path.name for path in (results / "figures").glob("*.png")}


def test_a_table_that_the_run_made_and_is_damaged_is_refused(results) -> None:
    (results / "tables" / "consistency.csv").write_text("condition\n", "utf-8")
    done = write(results)
    assert done.returncode == 1
    assert "consistency.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_that_is_not_finished_is_refused_by_name(tmp_path) -> None:
    done = write(tmp_path / "results" / "none")
    assert done.returncode == 1
    assert re.search(r"none/provenance\.json: start the workflow to make it", done.stderr)
    assert "Traceback" not in done.stderr
