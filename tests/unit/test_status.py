"""How far a study is: planted files of every stage, with numbers worked out by hand."""

import csv
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from trajectories.status import alarms, cluster, instances, page, text
from trajectories.storage import lock
from trajectories.storage.history import write_history
from trajectories.study.config import condition_settings, resolve
from trajectories.study.recipe import recipe_digest
from trajectories.training import unfinished

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workflow" / "report" / "status.html.jinja"
EPOCHS = 6
# Of 256 images in batches of 64 every epoch trains all: at 64 images a second, 4 seconds.
IMAGES, SECONDS = 256, 4.0


@pytest.fixture
def config() -> dict:
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    settings["images"]["count"] = IMAGES
    settings["training"] |= {
        "epochs": EPOCHS, "schedule_epochs": EPOCHS, "segment_epochs": 2, "queue": 128,
    }  # fmt: skip
    return resolve({**settings, "seeds": [1, 2, 3]})


def kept_out() -> list[str]:
    """Files of the test images, which are kept out of training and so part of the recipe."""
    with (ROOT / "config" / "stimuli" / "openmoji96.csv").open(
        newline="", encoding="utf-8"
    ) as file:
        return [row["file"] for row in csv.DictReader(file)]


def plant(
    config: dict, results: Path, seed: int, done: int, loss: float = 3.0, rate: float = 64.0
) -> Path:
    """Files of an instance that has trained so far; the segments that are done are published."""
    folder = results / "moco" / f"seed-{seed}"
    digest = recipe_digest(condition_settings(config, "moco", lambda images: kept_out()))
    for start in range(0, EPOCHS, 2):
        stop, until = start + 2, min(start + 2, done)
        if until <= start and (start or done):
            break
        place = folder / "checkpoints" / f"epochs-{start:04d}-{stop:04d}"
        history = place / "history.csv"
        if until < stop:
            work = unfinished.work_folder(folder / "unfinished", start, stop, digest)
            place, history = work / "checkpoints", work / unfinished.HISTORY
        place.mkdir(parents=True)
        first = start + 1 if start else 0
        for epoch in range(first, until + 1):
            (place / f"epoch-{epoch:04d}.000.pt").touch()
        rows = [
            {"epoch": epoch, "loss": loss, "chance_loss": 5.5, "images_per_second": rate}
            for epoch in range(first, until + 1)
        ]
        write_history(history, rows)
    return folder


def hold(folder: Path, quiet: float = 0.0) -> None:
    """A lock as a job on another machine leaves it."""
    owner = {
        "host": "node3", "pid": 12, "started": "1", "slurm_job": "77", "slurm_start": "0",
        "since": "2026-01-01 10:00", "token": "x",
    }  # fmt: skip
    path = folder / "unfinished" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(owner), encoding="utf-8")
    then = time.time() - quiet
    os.utime(path, (then, then))


def standing(config: dict, results: Path) -> text.Standing:
    trained = instances.trained(config, results)
    return text.Standing("study", trained, "", alarms=alarms.of_training(trained))


# How far


def test_epochs_count_over_segments_and_unfinished_work(config, tmp_path) -> None:
    for seed, done in ((1, 6), (2, 3)):
        plant(config, tmp_path, seed, done)
    assert [each.done for each in instances.trained(config, tmp_path)] == [6, 3, 0]
    assert standing(config, tmp_path).done == pytest.approx(9 / 18)


def test_work_of_another_recipe_does_not_count(config, tmp_path) -> None:
    plant(config, tmp_path, 1, 1)
    config["training"]["learning_rate"] *= 2
    assert [each.done for each in instances.trained(config, tmp_path)] == [0, 0, 0]


def test_time_left_is_that_of_the_remaining_epochs(config, tmp_path) -> None:
    plant(config, tmp_path, 1, 6)
    plant(config, tmp_path, 2, 3)
    # 3 and 6 epochs are left; one network trains at a time.
    assert standing(config, tmp_path).seconds_left == pytest.approx(9 * SECONDS)
    hold(tmp_path / "moco" / "seed-2")
    hold(tmp_path / "moco" / "seed-3")
    # Two at a time, but the longest of them alone needs its six epochs.
    assert standing(config, tmp_path).seconds_left == pytest.approx(6 * SECONDS)


def test_work_is_weighed_by_operations(config, tmp_path) -> None:
    config["conditions"]["large"] = {"network": {"architecture": "resnet18"}}
    config = resolve(config)
    for seed in (1, 2, 3):
        plant(config, tmp_path, seed, 6)
    large = instances.trained(config, tmp_path)[3]
    small = instances.trained(config, tmp_path)[0]
    share = small.operations / (small.operations + large.operations)
    assert large.operations > 5 * small.operations
    assert standing(config, tmp_path).done == pytest.approx(share)


def test_a_branch_begins_where_it_leaves_its_trunk(config, tmp_path) -> None:
    config["conditions"]["later"] = {
        "from": {"condition": "moco", "epoch": 2}, "training": {"temperature": 0.1},
    }  # fmt: skip
    config = resolve({**config, "seeds": [1]})
    plant(config, tmp_path, 1, 3)
    trunk, later = instances.trained(config, tmp_path)
    assert (trunk.done, later.done) == (3, 2)
    assert (trunk.epochs_left, later.epochs_left) == (3, 4)
    # Of six epochs and of four, three are done.
    assert standing(config, tmp_path).done == pytest.approx(3 / 10)


def test_nothing_yet_has_no_time_left(config, tmp_path) -> None:
    now = standing(config, tmp_path / "missing")
    assert now.done == 0
    assert now.seconds_left is None
    assert "of training left" not in "\n".join(text.lines(now))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(20, "less than a minute"), (90, "2 min"), (3_700, "1 h 02 min"), (190_000, "2 d 4 h")],
)
def test_durations_are_plain(seconds, shown) -> None:
    assert text.duration(seconds) == shown


# What needs an eye


def test_a_study_that_runs_well_has_no_alarms(config, tmp_path) -> None:
    hold(plant(config, tmp_path, 1, 5))
    now = standing(config, tmp_path)
    assert now.alarms == []
    assert now.instances[0].training
    assert "process 12 on node3, SLURM job 77" in "\n".join(text.lines(now))


def test_a_job_that_died_is_told_of(config, tmp_path) -> None:
    hold(plant(config, tmp_path, 1, 3), quiet=2 * lock.PATIENCE)
    now = standing(config, tmp_path)
    assert not now.instances[0].training
    [alarm] = now.alarms
    assert "process 12 on node3, SLURM job 77 has died" in alarm


def test_an_epoch_that_does_not_end_is_told_of(config, tmp_path) -> None:
    folder = plant(config, tmp_path, 1, 3)
    hold(folder)
    then = time.time() - 1200
    for path in folder.rglob("epoch-*.pt"):
        os.utime(path, (then, then))
    [alarm] = standing(config, tmp_path).alarms
    assert "no epoch has ended for 20 minutes" in alarm


def test_a_loss_at_chance_is_told_of_when_it_should_have_fallen(config, tmp_path) -> None:
    plant(config, tmp_path, 1, 5, loss=5.6)
    plant(config, tmp_path, 2, 1, loss=5.6)
    [alarm] = standing(config, tmp_path).alarms
    assert alarm.startswith("moco seed 1: after 5 epochs its loss is 5.60, where chance is 5.5")


def test_logs_that_end_in_an_error_are_quoted(tmp_path) -> None:
    for name, end in (
        ("moco/seed-1/logs/train-0000-0002.log", "10:00:02 train: error: the loss is not finite"),
        ("moco/seed-2/logs/train-0000-0002.log", "10:00:02 train: moco seed 2: 2 of 2 epochs"),
        ("logs/claims.log", "ValueError: too few values"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"10:00:01 train: an error of old\n{end}\n\n", encoding="utf-8")
    assert alarms.of_logs(tmp_path) == [
        "logs/claims.log: ValueError: too few values",
        "moco/seed-1/logs/train-0000-0002.log: 10:00:02 train: error: the loss is not finite",
    ]


# SLURM


def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin" / "squeue"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_slurm_states_are_counted_for_this_folder_alone(tmp_path, monkeypatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    rows = [
        f"RUNNING|None|rule_train_1|{here}", f"RUNNING|None|rule_train_2|{here}",
        f"PENDING|ReqNodeNotAvail|rule_train_3|{here}", f"RUNNING|None|rule_train_1|{tmp_path}",
        f"RUNNING|None|mine|{here}",
    ]  # fmt: skip
    answer(tmp_path, monkeypatch, "\n".join(f"echo '{row}'" for row in rows))
    assert cluster.states(here) == "SLURM: 2 running, 1 pending (ReqNodeNotAvail)"


def test_slurm_without_an_answer_is_said_where_jobs_were_submitted(tmp_path, monkeypatch) -> None:
    answer(tmp_path, monkeypatch, "exit 1")
    assert cluster.states(tmp_path) is None
    (tmp_path / ".snakemake" / "slurm_logs").mkdir(parents=True)
    assert cluster.states(tmp_path) == "SLURM does not answer"


# The page and the command


def test_the_page_escapes_what_it_shows(config, tmp_path) -> None:
    plant(config, tmp_path, 1, 3)
    trained = instances.trained(config, tmp_path)
    alarm = "<script>document.title = 'taken'</script>"
    now = text.Standing("study", trained, "", None, [alarm])
    page.write(tmp_path / "s.html", now, TEMPLATE, every=60)
    shown = (tmp_path / "s.html").read_text("utf-8")
    assert "<script" not in shown
    assert 'http-equiv="refresh" content="60"' in shown
    assert 'value="50.0"' in shown


def test_the_command_needs_no_torch_and_changes_nothing(config, tmp_path) -> None:
    results = tmp_path / "results" / config["experiment"]
    plant(config, results, 1, 3)
    settings = tmp_path / "study.yaml"
    settings.write_text(yaml.safe_dump(config), encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    code = (
        "import runpy, sys; sys.modules['torch'] = None; sys.modules['snakemake'] = None;"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    script = ROOT / "workflow" / "scripts" / "status.py"
    found = subprocess.run(
        [sys.executable, "-c", code, str(script), "--config", str(settings),
         "--results", str(tmp_path / "results")],
        env={**os.environ, "PYTHONPATH": str(script.parent)},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "openmoji: 17% of the training done" in found.stdout
    assert "3 of 6" in found.stdout
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_a_lock_of_this_process_is_seen(tmp_path) -> None:
    with lock.exclusive(tmp_path / "lock", "it"):
        owner, alive = lock.holder(tmp_path / "lock")
        assert str(owner) == f"process {os.getpid()} on {socket.gethostname()}"
        assert alive
    assert lock.holder(tmp_path / "lock") is None


def test_a_process_that_was_killed_here_is_dead_at_once(tmp_path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from trajectories.storage import lock\n"
        "with lock.exclusive(Path(sys.argv[1]), 'it'): os._exit(9)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lock")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}, check=False,
    )  # fmt: skip
    _, alive = lock.holder(tmp_path / "lock")
    assert not alive
