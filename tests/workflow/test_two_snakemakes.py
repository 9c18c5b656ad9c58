"""Promise: two Snakemakes never work on one study, and jobs that outlive theirs lose nothing."""

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from project import Project

HISTORY = "results/tiny/moco/seed-1/history.csv"
CHANGES = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "training": {"epochs": 3, "segment_epochs": 3, "schedule_epochs": 3},
}


@dataclass
class Study:
    """A study whose Snakemake has been started and trains."""

    project: Project
    snakemake: "subprocess.Popen[bytes]"
    trainer: int  # number of the process that trains

    @property
    def instance(self) -> Path:
        return (self.project.path / HISTORY).parent

    @property
    def lock(self) -> Path:
        return self.instance / "unfinished" / "lock"

    def kill_snakemake(self) -> None:
        """As an operating system short of memory does: its jobs run on."""
        self.snakemake.kill()
        self.snakemake.wait()
        assert self.project.snakemake("--unlock").returncode == 0

    def let_training_end(self) -> list[dict[str, float]]:
        """History of the training that the job did on its own."""
        wait_until(lambda: not self.lock.exists())
        [state] = (self.instance / "state").iterdir()
        rows: list[dict[str, float]] = torch.load(state, weights_only=True)["history"]
        return rows

    def assert_history(self, rows: list[dict[str, float]]) -> None:
        """The study has the speeds that were measured then: no epoch was trained twice."""
        with (self.project.path / HISTORY).open(encoding="utf-8") as file:
            found = [row["images_per_second"] for row in csv.DictReader(file)]
        assert found == [str(row["images_per_second"] or "") for row in rows]
        assert len(set(found)) > 1
        assert list((self.instance / "unfinished").iterdir()) == []


def wait_until(condition) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def study(fresh: Project) -> Iterator[Study]:
    """Stopped in the middle: it has saved a state and has an epoch to go."""
    fresh.configure(CHANGES)
    process = subprocess.Popen(
        fresh.command("--cores", "1", HISTORY),
        cwd=fresh.path,
        env=fresh.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    unfinished = (fresh.path / HISTORY).parent / "unfinished"

    def saved() -> bool:
        assert process.poll() is None, "the run ended before it could be stopped"
        return bool(list(unfinished.glob("*/state.pt")))

    try:
        wait_until(saved)
        trainer = json.loads((unfinished / "lock").read_text())["pid"]
        os.kill(trainer, signal.SIGSTOP)
        yield Study(fresh, process, trainer)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_second_snakemake_is_refused(study: Study) -> None:
    before = {path: path.read_bytes() for path in study.project.results()}
    second = study.project.snakemake("--cores", "1", HISTORY)
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout
    assert {path: path.read_bytes() for path in study.project.results()} == before

    # Forced, it is stopped by the lock of the training; and the first ends as if alone.
    third = study.project.snakemake("--cores", "1", "--nolock", "--rerun-incomplete", HISTORY)
    assert third.returncode != 0
    assert f"is already being trained by process {study.trainer} on" in third.stdout
    os.kill(study.trainer, signal.SIGCONT)
    assert study.snakemake.wait(timeout=300) == 0
    assert (study.project.path / HISTORY).exists()


def test_a_job_that_runs_on_is_not_started_twice(study: Study) -> None:
    study.kill_snakemake()
    second = study.project.snakemake("--cores", "1", "--rerun-incomplete", HISTORY)
    assert second.returncode != 0
    assert f"is already being trained by process {study.trainer} on" in second.stdout
    assert f"(`kill {study.trainer}`), and start again" in second.stdout
    assert "Traceback" not in second.stdout

    os.kill(study.trainer, signal.SIGCONT)
    rows = study.let_training_end()
    third = study.project.snakemake("--cores", "1", "--rerun-incomplete", HISTORY)
    assert third.returncode == 0, third.stdout
    study.assert_history(rows)


def test_what_a_job_finished_unseen_is_not_done_twice(study: Study) -> None:
    study.kill_snakemake()
    os.kill(study.trainer, signal.SIGCONT)
    rows = study.let_training_end()
    second = study.project.snakemake("--cores", "1", "--rerun-incomplete", HISTORY)
    assert second.returncode == 0, second.stdout
    assert "an earlier job trained to epoch 3: publishing its work" in second.stdout
    study.assert_history(rows)
