"""The search of recipes trains each trial once, by the workflow's own code."""

import csv
import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]
TRIALS = """\
- {trial: first, study: config, minutes: 0.01, images: {count: 64}, training: {probe_images: 32}}
- {trial: second, study: config, minutes: 1, epochs: 2, seeds: [1, 2], images: {count: 64},
   network: {stem: stride2}, training: {probe_images: 32, queue: 64, temperature: 0.1}}
"""


def search(folder: Path) -> tuple[str, list[dict[str, str]]]:
    command = [sys.executable, "benchmarks/recipes.py", str(folder / "trials.yaml")]
    done = subprocess.run(
        [*command, "--results", str(folder / "results.csv"), "--held-out", "40"],
        cwd=HOME,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    with (folder / "results.csv").open(newline="") as file:
        return done.stdout, list(csv.DictReader(file))


def test_each_trial_is_run_once(tmp_path: Path) -> None:
    (tmp_path / "trials.yaml").write_text(TRIALS)
    told, rows = search(tmp_path)
    assert len(told.splitlines()) == 3
    assert [(row["trial"], row["seed"]) for row in rows] == [
        ("first", "1"), ("second", "1"), ("second", "2"),
    ]  # fmt: skip
    assert [row["epochs"] for row in rows[1:]] == ["2", "2"]
    for row in rows:
        for name in ("knn", "view", "nearest", "untrained_knn"):
            assert 0 <= float(row[name]) <= 1
        assert float(row["minutes"]) > 0
        assert float(row["images_per_second"]) > 0
    # A result is lost: that trial alone is run again, to the same end.
    kept = [row for row in rows if row["seed"] == "1"]
    with (tmp_path / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(kept)
    told, again = search(tmp_path)
    assert len(told.splitlines()) == 1
    assert again[:2] == kept
    for name in ("knn", "view", "nearest", "loss"):
        assert again[2][name] == rows[2][name]
