"""A study is planned before its test images are there, as long as nothing was made from them."""

import subprocess
import sys
from pathlib import Path

import pytest

from trajectories.errors import UserError
from trajectories.planning import checks
from trajectories.stimuli import expected as expected_stimuli
from trajectories.study import config

ROOT = Path(__file__).parents[2]


def settings(table: str) -> config.Config:
    return config.resolve(
        {
            "experiment": "study",
            "seeds": [1],
            "image_size": 32,
            "images": {"source": "openmoji", "count": 512, "stored_size": 40},
            "stimuli": {"table": table, "folder": None if table.endswith(".mat") else "folder"},
            "network": {"architecture": "resnet18", "stem": "small"},
            "training": {
                "epochs": 1,
                "schedule_epochs": 1,
                "segment_epochs": 1,
                "batch_size": 32,
                "bn_groups": 2,
                "queue": 128,
            },
            "references": {"it": {"file": "lacking.h5"}},
        }
    )


@pytest.mark.parametrize("table", ["lacking.csv", "lacking.mat"])
def test_what_depends_on_the_table_is_left_to_the_run(tmp_path, table: str) -> None:
    plan = settings(table)
    assert expected_stimuli.lacking(plan, tmp_path)
    warnings = checks.check(plan, tmp_path, without_stimuli=True)
    assert any(f"no stimulus file {table} yet" in each for each in warnings)
    with pytest.raises(UserError, match=f"no stimulus (table|file) .*{table}"):
        checks.check(plan, tmp_path)
    few, n_images = settings(table), len(expected_stimuli.table().stimulus)
    assert n_images == expected_stimuli.PUBLISHED_STIMULI == 92
    checks.check_room(few, tmp_path)


def test_a_table_that_was_there_is_not_done_without(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/stimuli.h5").touch()
    assert not expected_stimuli.lacking(settings("lacking.csv"), tmp_path)


def test_a_table_that_is_there_is_read(tmp_path: Path) -> None:
    assert not expected_stimuli.lacking(settings("config/stimuli/openmoji96.csv"), tmp_path)


def plan_cost(*arguments: str) -> "subprocess.CompletedProcess[str]":
    script = [sys.executable, str(ROOT / "workflow/scripts/plan_cost.py"), *arguments]
    return subprocess.run(script, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_cost_says_how_many_images_it_assumes(tmp_path: Path) -> None:
    text = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("config/stimuli/openmoji96.csv", "lacking.csv"), encoding="utf-8")
    assumed = plan_cost("--config", str(path))
    assert assumed.returncode == 0
    assert "their number is unknown, and 92 are assumed" in assumed.stderr
    declared = plan_cost("--config", str(path), "--stimuli", "92")
    assert declared.stdout == assumed.stdout
    assert "assumed" not in declared.stderr
    assert plan_cost("--config", str(path), "--stimuli", "500").stdout != assumed.stdout
    assert (
        "--stimuli must be at least 3" in plan_cost("--config", str(path), "--stimuli", "2").stderr
    )
