"""What killed writers leave is removed; what living ones work on, or anybody else's file, stays."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from segment_cases import segment_in
from training_cases import make_trainer

from trajectories.storage import files, leftovers, processes
from trajectories.training.segment import train_segment

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
# Writes a file, then waits in the middle; or publishes a folder, and waits before the rename.
WRITER = """
import sys, time
from pathlib import Path
from trajectories.storage import files
folder = Path(sys.argv[1])
def wait(*_):
    print("ready", flush=True)
    time.sleep(600)
if sys.argv[2] == "file":
    with files.atomic(folder / "deep" / "table.csv") as temporary:
        temporary.write_text("half of the n")
        wait()
else:
    (folder / "source").mkdir()
    (folder / "source" / "a.pt").write_text("a")
    files.sync = wait
    files.publish(folder / "source", folder / "public")
"""


@pytest.fixture(params=["file", "folder"])
def writer(request, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes into a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path, request.param],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.name.startswith(".")]


def test_of_a_living_writer_nothing_is_removed(tmp_path: Path, writer) -> None:
    (path,) = hidden(tmp_path)
    assert leftovers.remove(tmp_path) == []
    assert leftovers.remove(tmp_path, everyones=True) == []
    assert path.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_what_a_killed_writer_left_is_removed(tmp_path: Path, writer, number) -> None:
    (path,) = hidden(tmp_path)
    writer.send_signal(number)
    if number == signal.SIGSTOP:  # that is not dead
        assert leftovers.remove(tmp_path) == []
        return
    time.sleep(0.1)  # whether or not anybody has waited for it
    assert leftovers.remove(tmp_path) == [path]
    assert hidden(tmp_path) == []
    assert leftovers.remove(tmp_path) == []


def test_a_number_that_another_process_has_got_is_no_living_writer(tmp_path: Path) -> None:
    start = processes.start_of(os.getpid())
    mine = tmp_path / f".a-{processes.place()}.{os.getpid()}.{start}-abcdefgh.csv"
    former = tmp_path / f".a-{processes.place()}.{os.getpid()}.1-abcdefgh.csv"
    for path in (mine, former):
        path.touch()
    assert leftovers.remove(tmp_path) == [former]


@pytest.mark.parametrize("everyones", [True, False])
def test_of_another_machine_only_what_has_long_been_quiet(tmp_path: Path, everyones) -> None:
    quiet, busy, folder = (
        tmp_path / f".{name}-00000000.12.345-abcdefgh{suffix}"
        for name, suffix in (("quiet", ".pt"), ("busy", ".pt"), ("folder", ""))
    )
    quiet.touch()
    busy.touch()
    folder.mkdir()
    (folder / "being-written.pt").touch()
    long_ago = time.time() - leftovers.PATIENCE - 1
    os.utime(quiet, (long_ago, long_ago))
    os.utime(folder, (long_ago, long_ago))
    removed = leftovers.remove(tmp_path, everyones=everyones)
    assert sorted(removed) == sorted([quiet, busy, folder] if everyones else [quiet])


def test_other_files_are_nobodys_leftovers(tmp_path: Path) -> None:
    names = (".snakemake_timestamp", ".my-settings.json", ".nfs000000000012", "a-12.5-abcdefgh.pt")
    for name in (*names, ".git"):
        path = tmp_path / name
        path.touch()
        os.utime(path, (0, 0))
    assert leftovers.remove(tmp_path, everyones=True) == []


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert leftovers.remove(tmp_path / "absent") == []


def test_training_removes_what_its_former_jobs_left(tmp_path: Path) -> None:
    """As they may have been killed on other machines, again and again."""
    segment = segment_in(tmp_path, 0, 1)
    work = segment.unfinished / "epochs-0000-0001-abc"
    work.mkdir(parents=True)
    left = work / ".state-00000000.12.345-abcdefgh.pt"
    left.touch()
    train_segment(make_trainer(), segment, "training")
    assert not left.exists()


def test_a_name_says_who_writes(tmp_path: Path) -> None:
    with files.atomic(tmp_path / "long name.tar.gz") as temporary:
        assert f"-{processes.place()}.{os.getpid()}." in temporary.name
        assert leftovers.remove(tmp_path) == []
        temporary.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["long name.tar.gz"]
