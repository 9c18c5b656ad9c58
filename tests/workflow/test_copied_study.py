"""Promise: new dates train nothing again, and a segment that is gone is trained alone.

Each copy is of a study that has really run, with the worst dates: whatever was made later is older.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from project import Project

SEGMENT = "results/tiny/moco/seed-1/checkpoints/epochs-0000-0001"
STATE = "results/tiny/moco/seed-1/state/epochs-0000-0001.pt"


@pytest.fixture
def study(finished: Project, tmp_path: Path) -> Project:
    """A copy with the dates of the finished study."""
    return Project(shutil.copytree(finished.path, tmp_path / "study"))


def copied(source: Path, target: Path) -> None:
    """As `cp -r` copies, with new dates, and the least favourable ones."""
    files = sorted(
        (file for file in source.rglob("*") if file.is_file()), key=lambda f: f.stat().st_mtime_ns
    )
    subprocess.run(["cp", "-r", source, target], check=True)
    last = max(file.stat().st_mtime for file in target.rglob("*"))
    for place, file in enumerate(files):
        date = last - place / 1000  # still later than any of the study
        os.utime(target / file.relative_to(source), (date, date))


def weights(study: Project) -> dict[Path, bytes]:
    return {path.relative_to(study.path): path.read_bytes() for path in study.results("**/*.pt")}


def test_a_copy_of_the_whole_project_runs_nothing(finished: Project, tmp_path: Path) -> None:
    copied(finished.path, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    done = copy.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout
    assert weights(copy) == weights(finished)


def test_results_in_another_clone_train_nothing(
    finished: Project, fresh: Project, tmp_path: Path
) -> None:
    copied(finished.path / "results", fresh.path / "results")
    assert not (fresh.path / ".snakemake/metadata").exists()
    before = weights(fresh)
    assert "train" not in fresh.plan().counts()
    done = fresh.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert weights(fresh) == before
    assert fresh.plan().jobs == []


def test_images_that_are_packed_again_leave_no_missing_segment_out(study: Project) -> None:
    shutil.rmtree(study.path / SEGMENT)
    plan = study.plan("--forcerun", "dataset", "--", "checkpoints")
    assert plan.counts()["dataset"] == 1
    assert [wildcards for rule, wildcards in plan.jobs if rule == "train"] == [
        {"condition": "moco", "seed": "1", "start": "0000", "stop": "0001"}
    ]


def test_a_segment_that_is_gone_is_trained_alone(study: Project) -> None:
    before = weights(study)
    shutil.rmtree(study.path / SEGMENT)
    plan = study.plan()
    assert [wildcards for rule, wildcards in plan.jobs if rule == "train"] == [
        {"condition": "moco", "seed": "1", "start": "0000", "stop": "0001"}
    ]
    done = study.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    after = weights(study)
    # A state holds how fast it was trained.
    assert {path for path in before if before[path] != after[path]} <= {Path(STATE)}
    assert study.plan().jobs == []


def test_a_segment_and_its_state_that_are_gone(study: Project) -> None:
    """Snakemake would train all that follows again: refused, with a mend that works."""
    before = weights(study)
    shutil.rmtree(study.path / SEGMENT)
    (study.path / STATE).unlink()
    done = study.snakemake("--cores", "2")
    assert done.returncode != 0
    assert f"make them alone first, with the target {SEGMENT}" in done.stdout
    done = study.snakemake("--cores", "2", SEGMENT)
    assert done.returncode == 0, done.stdout
    assert "train" not in study.plan().counts()
    after = weights(study)
    assert {path for path in before if before[path] != after[path]} <= {Path(STATE)}


def test_changed_settings_train_again_whatever_the_dates(finished: Project, tmp_path: Path) -> None:
    copied(finished.path, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    copy.configure({"training": {"learning_rate": 0.5}})
    assert copy.plan().counts()["train"] == 4
    copy.configure()
    for forced in (("train",), ("train", "recipe", "dataset")):
        assert copy.plan("--forcerun", *forced).counts()["train"] == 4
    assert copy.plan("--forcerun", SEGMENT).counts()["train"] == 1
