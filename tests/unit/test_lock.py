"""At most one living process holds a lock, and a dead one holds none, whatever it died of."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from trajectories.errors import UserError
from trajectories.storage import lock

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

HOLD = """
import os, sys, time
from pathlib import Path
from trajectories.storage.lock import exclusive
with exclusive(Path(sys.argv[1]), "run"):
    if len(sys.argv) > 2:
        here, there = os.pipe()
        if os.fork() == 0:
            os.write(there, b".")
            time.sleep(600)  # as a process that loads images
        os.read(here, 1)  # it runs
    print("held", flush=True)
    time.sleep(600)
"""
COUNT = """
import sys, time
from pathlib import Path
from trajectories.errors import UserError
from trajectories.storage.lock import exclusive
counter, lock, done = Path(sys.argv[1]), Path(sys.argv[2]), 0
while done < 40:
    try:
        with exclusive(lock, "counter"):
            number = int(counter.read_text())
            time.sleep(0.001)
            counter.write_text(str(number + 1))
        done += 1
    except UserError:
        pass
"""


@pytest.fixture
def python():
    """Start Python with a program; what still runs is killed in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "unfinished" / "lock"


def take(path: Path) -> None:
    with lock.exclusive(path, "moco seed 1") as held:
        held.check()


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        take(path)
    return str(caught.value)


def record(path: Path, age: float = 0.0, **changes: Any) -> None:
    """Leave a lock as a process would on a file system whose `flock` does not reach here."""
    path.parent.mkdir(exist_ok=True)
    owner = {
        "host": "node7",
        "pid": 4242,
        "started": "1",
        "slurm_job": None,
        "slurm_start": "0",
        "since": "2025-01-01 10:00",
        "token": "t",
    }
    path.write_text(json.dumps(owner | changes))
    then = time.time() - age
    os.utime(path, (then, then))


def test_a_lock_is_for_the_block_and_leaves_no_file(path) -> None:
    with lock.exclusive(path, "moco seed 1"):
        assert path.exists()
    assert list(path.parent.iterdir()) == []
    with pytest.raises(ZeroDivisionError), lock.exclusive(path, "moco seed 1"):
        raise ZeroDivisionError
    take(path)


def test_a_second_process_is_refused_and_told_of_the_first(path, python) -> None:
    first = python(HOLD, path)
    assert first.stdout.readline() == "held\n"
    before = path.read_bytes()
    assert f"is already being trained by process {first.pid} on {socket.gethostname()}, " in (
        sentence := refused(path)
    )
    assert f"stop it (`kill {first.pid}`), and start again" in sentence
    assert path.read_bytes() == before


@pytest.mark.parametrize("children", [[], ["with a child that lives on"]])
def test_a_killed_process_holds_nothing(path, python, children) -> None:
    first = python(HOLD, path, *children)
    assert first.stdout.readline() == "held\n"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert path.exists()
    take(path)
    assert not path.exists()


def test_a_dead_process_that_nobody_has_noted_holds_nothing(path, python) -> None:
    first = python(HOLD, path)
    assert first.stdout.readline() == "held\n"
    os.kill(first.pid, signal.SIGKILL)
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    take(path)


def test_many_processes_never_hold_it_at_once(tmp_path, path, python) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [python(COUNT, counter, path) for _ in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert counter.read_text() == "160"


def test_the_number_of_a_dead_process_may_be_used_again(path) -> None:
    record(path, host=socket.gethostname(), pid=os.getpid(), started="1")
    take(path)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_the_record_does_where_the_file_system_has_no_locks(path, monkeypatch, code) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with lock.exclusive(path, "moco seed 1"):
        assert f"process {os.getpid()} on" in refused(path)
    take(path)


@pytest.mark.parametrize("text", ["", '{"host": "no', "[1]"])
def test_half_a_record_is_no_owner(path, text) -> None:
    path.parent.mkdir()
    path.write_text(text)
    take(path)


# An owner on another machine, whose `flock` is not seen here


@pytest.mark.parametrize("age", [0, 800])
def test_an_owner_elsewhere_is_believed_while_it_gives_signs_of_life(path, age) -> None:
    record(path, age)
    sentence = refused(path)
    assert "by process 4242 on node7, since 2025-01-01 10:00: " in sentence
    assert f"if it is gone, delete {path}, or start again 15 minutes after its end" in sentence


def test_an_owner_elsewhere_without_signs_of_life_is_dead(path) -> None:
    record(path, age=1000)
    take(path)


def test_signs_of_life_are_given(path, monkeypatch) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.01)
    with lock.exclusive(path, "moco seed 1"):
        os.utime(path, (0, 0))
        end = time.monotonic() + 30
        while path.stat().st_mtime == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert time.time() - path.stat().st_mtime < 60


def test_an_owner_that_wakes_up_learns_that_it_has_lost(path) -> None:
    with lock.exclusive(path, "moco seed 1") as held:
        held.check()
        record(path)
        with pytest.raises(UserError, match=r"no longer that .* but that of process 42"):
            held.check()
    assert json.loads(path.read_text())["host"] == "node7"  # not removed: it is the other's
    path.unlink()
    with lock.exclusive(path, "moco seed 1") as held:
        path.unlink()
        with pytest.raises(UserError, match=r"the file .*lock has gone, .*: make sure"):
            held.check()


def test_results_that_have_gone_are_not_another_jobs(path) -> None:
    """As those on a disk that was unmounted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock.exclusive(path, "moco seed 1") as held:
        away = path.parent.rename(path.parent.with_name("away"))
        with pytest.raises(UserError, match=r"the folder .* has gone, or") as caught:
            held.check()
        assert "another" not in str(caught.value)
        assert "to the other" not in str(caught.value)
        away.rename(path.parent)
        held.check()


@pytest.fixture
def squeue(tmp_path, monkeypatch) -> Callable[[str], None]:
    """Let `squeue` be a program of a few lines."""

    def write(program: str) -> None:
        path = tmp_path / "bin" / "squeue"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")

    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    return write


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "COMPLETING", "SUSPENDED"])
def test_a_slurm_job_in_the_queue_is_alive_however_quiet(path, squeue, state, monkeypatch) -> None:
    monkeypatch.setattr(lock, "_ENDING_PAUSE", 0.01)
    squeue(f'[ "$3" = --jobs=4711 ] && echo {state}')
    record(path, age=1e6, slurm_job="4711")
    assert "process 4242 on node7, SLURM job 4711, since" in (sentence := refused(path))
    assert sentence.endswith("stop it (`scancel 4711`), and start again")


@pytest.mark.parametrize(
    "program",
    [
        "echo CANCELLED",
        "echo NODE_FAIL",
        "exit 0",  # not in the queue any more
        "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1",
    ],
)
def test_a_slurm_job_that_has_ended_is_dead_at_once(path, squeue, program) -> None:
    squeue(program)
    record(path, slurm_job="4711")
    take(path)


def test_a_slurm_job_that_is_ending_is_waited_for(path, squeue, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lock, "_ENDING_PAUSE", 0.01)
    asked = tmp_path / "asked"
    squeue(f"echo . >> {asked}; [ $(wc -l < {asked}) -lt 3 ] && echo COMPLETING; exit 0")
    record(path, slurm_job="4711")
    take(path)
    assert len(asked.read_text().split()) == 3


@pytest.mark.parametrize(("age", "alive"), [(0, True), (1000, False)])
def test_signs_of_life_count_where_slurm_does_not_answer(path, squeue, age, alive) -> None:
    squeue("echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    record(path, age, slurm_job="4711")
    if alive:
        refused(path)
    else:
        take(path)


def test_a_job_that_slurm_starts_again_elsewhere_takes_its_lock(path, squeue, monkeypatch) -> None:
    squeue("echo RUNNING")  # it is: here
    record(path, slurm_job="4711")
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    refused(path)  # by another step of the same job
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    take(path)
