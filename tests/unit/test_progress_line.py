"""The line on how far a run is, and Snakemake's logger that shows it, fed with planned events."""

import importlib
import io
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from trajectories import cli
from trajectories.status.progress_line import Training, line
from trajectories.status.work import Job, Work

PLUGINS = Path(__file__).parents[2] / "workflow" / "plugins"


def training(folder: Path, done: int) -> Training:
    """A network whose second segment of 10 epochs has come so far."""
    checkpoints = folder / "epochs-0010-0020-abcdef123456" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for epoch in range(11, done + 1):
        (checkpoints / f"epoch-{epoch:04d}.000.pt").touch()
    (folder / "epochs-0000-0010-abcdef123456" / "checkpoints").mkdir(parents=True)
    return Training("moco seed 2", folder, 10, 20)


def test_a_training_counts_by_its_epochs(tmp_path) -> None:
    assert training(tmp_path, 14).epoch() == 14
    assert Training("moco seed 1", tmp_path / "none", 0, 20).epoch() == 0


def test_the_line_says_what_is_done_what_runs_and_what_is_left(tmp_path) -> None:
    work = Work({1: Job("train", 1, 10), 2: Job("rdm", 1, 50), 3: Job("rdm", 1, 50)})
    assert line(work, {}, 0) == "0% of the work done · 0 of 3 jobs"
    work.start(1, 0)
    # Four of ten epochs in 40 seconds: 60 are left of 100, and 100 of the others.
    shown = line(work, {1: training(tmp_path, 14)}, 40)
    assert shown == (
        "20% of the work done · 0 of 3 jobs · training moco seed 2 (14 of 20 epochs)"
        " · about 3 min left"
    )
    work.end(1, 100)
    work.start(2, 100)
    assert line(work, {}, 100).startswith("50% of the work done · 1 of 3 jobs · rdm · about")
    work.end(2, 101)
    assert line(work, {}, 101).endswith(" · less than a minute left")


def test_all_is_done_only_when_the_last_job_is() -> None:
    work = Work({1: Job("a", 1, 1e6), 2: Job("b", 1, 1)})
    work.start(1, 0)
    work.end(1, 1e6)
    assert line(work, {}, 1e6).startswith("99% of the work done · 1 of 2 jobs")
    work.end(2, 1e6)
    assert line(work, {}, 1e6) == "100% of the work done · 2 of 2 jobs"


class Terminal(io.StringIO):
    """A stream that is, or is not, a terminal."""

    def __init__(self, is_one: bool) -> None:
        super().__init__()
        self.is_one = is_one

    def isatty(self) -> bool:
        return self.is_one


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(PLUGINS))
    monkeypatch.setenv(cli.QUIET, "")
    monkeypatch.setenv("TERM", "xterm")
    plugin = importlib.import_module("snakemake_logger_plugin_work")

    def make(is_terminal: bool = False, dryrun: bool = False):
        terminal = Terminal(is_terminal)
        monkeypatch.setattr(sys, "stderr", terminal)
        made = plugin.LogHandler(SimpleNamespace(stdout=False, dryrun=dryrun), None)
        return made, terminal

    return make


def say(handler, text: str, level: int = logging.INFO, **extra: object) -> None:
    record = logging.makeLogRecord({"msg": text, "levelno": level, **extra})
    handler.handle(record)


JOBS = {name: Job("train" if name < 2 else "rdm", 1, 10) for name in range(4)}


def run(handler) -> None:
    """A run as Snakemake tells of it."""
    say(handler, "Building DAG of jobs...")
    say(handler, "", work=JOBS, trainings={})
    for name in JOBS:
        say(handler, "Select jobs to execute...")
        say(handler, "Execute 1 jobs...", event="job_started", jobs=[name])
        say(handler, "rule x:", event="job_info")
        say(handler, f"Finished jobid: {name}", event="job_finished", job_id=name)
    say(handler, "holds: it does", told=True)
    say(handler, "Complete log(s): x.log")


def test_chatter_is_left_out_and_what_was_found_is_not(handler) -> None:
    made, terminal = handler()
    run(made)
    made.close()
    lines = terminal.getvalue().splitlines()
    assert lines[-1] == "holds: it does"
    assert all(" of the work done · " in each for each in lines[:-1])
    assert len(lines) == len(set(lines))
    assert "4 of 4 jobs" in lines[-2]


def test_a_terminal_has_one_line_that_is_drawn_again(handler) -> None:
    made, terminal = handler(is_terminal=True)
    run(made)
    made.close()
    shown = [each.rpartition("\r\033[K")[2] for each in terminal.getvalue().split("\n")]
    assert shown == ["holds: it does", "100% of the work done · 4 of 4 jobs", ""]


def test_an_error_is_the_last_line_of_the_jobs_log(handler, tmp_path) -> None:
    log = tmp_path / "train.log"
    log.write_text("10:00:00 train: begun\n10:00:01 train: error: no images\n\n")
    made, terminal = handler()
    say(made, "", work=JOBS, trainings={})
    say(made, "", event="job_started", jobs=[1])
    error = {"rule_name": "train", "jobid": 1, "log": [str(log)]}
    say(made, "Error in rule train:", logging.ERROR, event="job_error", **error)
    assert (
        f"Error in rule train: 10:00:01 train: error: no images (all of it in {log})\n"
        in terminal.getvalue()
    )
    assert not made.work.running


def test_warnings_are_shown(handler) -> None:
    made, terminal = handler()
    say(made, "warning: little room", logging.WARNING)
    assert terminal.getvalue() == "warning: little room\n"


def test_a_plan_is_shown_whole(handler) -> None:
    made, terminal = handler(dryrun=True)
    say(made, "Job stats:")
    assert terminal.getvalue() == "Job stats:\n"
    assert not os.environ[cli.QUIET]


def test_jobs_keep_to_their_logs(handler) -> None:
    handler()
    assert os.environ[cli.QUIET] == "1"
