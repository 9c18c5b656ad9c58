"""Promise: a run that dies loses no finished epoch, and ends in the same numbers, bit for bit."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from project import Project

INSTANCE = "results/tiny/moco/seed-1"
CHECKPOINT = f"{INSTANCE}/checkpoints/epochs-0000-0003/epoch-0003.000.pt"
HISTORY = f"{INSTANCE}/history.csv"
CHANGES = {"seeds": [1], "training": {"epochs": 3, "segment_epochs": 3, "schedule_epochs": 3}}


@pytest.fixture
def killed(fresh: Project) -> Project:
    """A study whose training and whose Snakemake were killed after the first finished epoch."""
    fresh.configure(CHANGES)
    command = fresh.command("--cores", "1", HISTORY)
    process = subprocess.Popen(
        command,
        cwd=fresh.path,
        env=fresh.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(process, fresh.path / "results/tiny/moco/seed-1/unfinished", "*/state.pt")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return fresh


def wait_for(process: "subprocess.Popen[bytes]", folder: Path, pattern: str) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end and not list(folder.glob(pattern)):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.05)


def test_killed_run_goes_on_and_ends_the_same(killed: Project) -> None:
    assert not (killed.path / CHECKPOINT).exists()
    killed.snakemake("--unlock")
    done = killed.snakemake("--cores", "1", "--rerun-incomplete", HISTORY)
    assert done.returncode == 0, done.stdout
    assert "resuming after epoch" in done.stdout
    assert not list((killed.path / "results/tiny/moco/seed-1/unfinished").iterdir())

    # Undisturbed, in one go:
    first = torch.load(killed.path / CHECKPOINT, weights_only=True)["backbone"]
    (killed.path / CHECKPOINT).parent.rename(killed.path / "first")
    done = killed.snakemake("--cores", "1", HISTORY, CHECKPOINT.rsplit("/", 1)[0])
    assert done.returncode == 0, done.stdout
    assert "resuming after epoch" not in done.stdout
    second = torch.load(killed.path / CHECKPOINT, weights_only=True)["backbone"]
    assert all(torch.equal(first[name], second[name]) for name in second)


TWO_PROCESSES = {"compute": {"gpus_per_seed": 2, "device": "cpu"}}


def test_missing_checkpoint_is_named(fresh: Project) -> None:
    fresh.configure({"seeds": [1], "training": {"epochs": 1}} | TWO_PROCESSES)
    done = fresh.snakemake("--cores", "1", "checkpoints")
    assert done.returncode == 0, done.stdout
    assert "moco seed 1 on 2 × cpu: 1 of 1 epochs" in done.stdout
    segment = fresh.path / "results/tiny/moco/seed-1/checkpoints/epochs-0000-0001"
    (segment / "epoch-0000.000.pt").unlink()
    done = fresh.snakemake("--cores", "1", "rdms")
    assert done.returncode != 0
    assert "lacks epoch-0000.000.pt" in done.stdout
    assert "Traceback" not in done.stdout


def test_failed_training_says_why_and_keeps_the_last_good_state(fresh: Project) -> None:
    training = {"epochs": 1, "learning_rate": 1.0e9}
    fresh.configure({"seeds": [1], "training": training} | TWO_PROCESSES)
    done = fresh.snakemake("--cores", "1", "checkpoints")
    assert done.returncode != 0
    assert done.stdout.count("the last good state is kept") == 1
    assert "Traceback" not in done.stdout
    assert not (fresh.path / "results/tiny/moco/seed-1/checkpoints/epochs-0000-0001").exists()
