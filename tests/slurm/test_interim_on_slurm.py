"""Promise: an interim look runs on SLURM beside the study, and neither hinders the other."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from study import IMPATIENT, INSTANCE, PROFILE, Study

LEAST = 2  # epochs that a look needs


@dataclass
class Seen:
    """A study whose training was halted, and the look at it."""

    study: Study
    look: "subprocess.CompletedProcess[str]"
    halted: int
    jobs_before: set[str]
    study_was_running: bool
    end: int

    @property
    def folder(self) -> Path:
        """Of the look."""
        (folder,) = (self.study.path / "results").glob("tiny-interim-*")
        return folder


@pytest.fixture(scope="module")
def seen(finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    study = finished.untrained_copy(tmp_path_factory.mktemp("look") / "project")
    try:
        run = study.start("checkpoints")
        training = study.freeze_training(after=LEAST)
        before = {job["JobId"] for job in study.jobs()}
        look = subprocess.run(
            [sys.executable, "workflow/scripts/interim.py", "--config", "tiny.yaml", "--",
             "--profile", str(PROFILE.parent), *IMPATIENT],
            cwd=study.path, env=study.environment(), text=True, timeout=900, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        halted, running = study.saved(), run.poll() is None
        os.kill(training, signal.SIGCONT)
        yield Seen(study, look, halted, before, running, run.wait(timeout=300))
    finally:
        study.stop()


def test_the_look_has_a_report_of_the_epochs_so_far(seen: Seen) -> None:
    assert seen.look.returncode == 0, seen.look.stdout
    text = (seen.folder / "report.html").read_text(encoding="utf-8")
    assert f"nterim: epochs 0–{seen.folder.name[-4:].lstrip('0')} of 8, 1 of 1 networks" in text
    assert LEAST <= int(seen.folder.name[-4:]) <= seen.halted


def test_its_jobs_ran_on_slurm_and_none_trained(seen: Seen) -> None:
    jobs = [job for job in seen.study.jobs() if job["JobId"] not in seen.jobs_before]
    mine = [job for job in jobs if job["JobName"].startswith("interim_")]
    assert mine
    assert all(job["JobState"] == "COMPLETED" for job in mine)
    assert not [job for job in mine if job["Comment"].startswith("rule_train")]


def test_the_study_went_on_meanwhile_and_ended_well(seen: Seen) -> None:
    assert seen.study_was_running
    assert seen.end == 0, seen.study.output(seen.study.runs[0])
    assert (seen.study.path / INSTANCE / "history.csv").exists()
