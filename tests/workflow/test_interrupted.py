"""Promise: a run that dies loses no finished epoch, and ends in the same numbers, bit for bit."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from project import Project

from trajectories.storage import processes

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


def status(project: Project) -> str:
    """What `make status` says."""
    command = [sys.executable, "workflow/scripts/status.py", "--config", "tiny.yaml"]
    return subprocess.run(
        command, cwd=project.path, capture_output=True, text=True, check=True
    ).stdout


def test_killed_run_goes_on_and_ends_the_same(killed: Project) -> None:
    assert not (killed.path / CHECKPOINT).exists()
    left = killed.path / INSTANCE / f"logs/.a-{processes.place()}.1234567890.1-abcdefgh.csv"
    left.touch()
    shown = status(killed)
    assert re.search(r"moco seed 1 .* [012] of 3\b", shown), shown
    assert "has died: the next start goes on" in shown
    assert "0 of 1 trajectories" in shown
    killed.snakemake("--unlock")
    done = killed.snakemake("--cores", "1", "--rerun-incomplete", HISTORY)
    assert done.returncode == 0, done.stdout
    assert "resuming after epoch" in done.stdout
    assert "unfinished files that killed jobs have left" in done.stdout
    assert not left.exists()
    assert "3 of 3" in status(killed)
    assert not list((killed.path / "results/tiny/moco/seed-1/unfinished").iterdir())

    # Undisturbed, in one go:
    first = torch.load(killed.path / CHECKPOINT, weights_only=True)["backbone"]
    (killed.path / CHECKPOINT).parent.rename(killed.path / "first")
    done = killed.snakemake("--cores", "1", HISTORY, CHECKPOINT.rsplit("/", 1)[0])
    assert done.returncode == 0, done.stdout
    assert "resuming after epoch" not in done.stdout
    second = torch.load(killed.path / CHECKPOINT, weights_only=True)["backbone"]
    assert all(torch.equal(first[name], second[name]) for name in second)


def start(project: Project) -> "subprocess.Popen[str]":
    """Start a study, and wait for its first finished epoch."""
    project.configure(CHANGES)
    process = subprocess.Popen(
        project.command("--cores", "1", HISTORY),
        cwd=project.path,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Tests that a shell started in the background ignore interrupts, and so would it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(process, project.path / INSTANCE / "unfinished", "*/state.pt")
    return process


def test_an_interrupt_says_that_the_same_command_goes_on(fresh: Project) -> None:
    """As Ctrl-C in a terminal, which goes to Snakemake and its jobs."""
    process = start(fresh)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=300)
    assert "train: interrupted: nothing that was finished is lost" in said
    last = said[said.index("RuleException") :]
    assert "Interrupted: errors above are of jobs that were stopped. Nothing that was" in last
    again = fresh.snakemake("--cores", "1", HISTORY)
    assert again.returncode == 0, again.stdout
    assert "resuming after epoch" in again.stdout
    assert "Interrupted" not in again.stdout


def test_a_job_that_is_killed_is_told_of(fresh: Project) -> None:
    """As by the kernel when memory runs out: the job itself says nothing."""
    process = start(fresh)
    (training,) = (
        int(each.parent.name)
        for each in Path("/proc").glob("[0-9]*/cmdline")
        if each.read_bytes().split(b"\0")[1:2] == [b"workflow/scripts/train.py"]
        and (each.parent / "cwd").resolve() == fresh.path.resolve()
    )
    os.kill(training, signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode != 0
    assert "Rule train has ended without a reason in its log (" in said
    assert "if memory ran out, give it more" in said
    assert "once the cause of the error is mended, the same command goes on" in said


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
    assert "once the cause of the error is mended, the same command goes on" in done.stdout
    assert "without a reason" not in done.stdout
    assert "Traceback" not in done.stdout
    assert not (fresh.path / "results/tiny/moco/seed-1/checkpoints/epochs-0000-0001").exists()
