"""Packing survives: a killed job goes on to the same bytes, a deadly picture costs only itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
from picture_cases import photograph_tree, write_tree

HELPER = Path(__file__).with_name("packing_job.py")
KINDS = ("file", "reason")
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


def start(
    folder: Path, part: int = 2048, seconds: float = 0, count: int = 24, processes: int = 1
) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, HELPER, *map(str, (part, seconds, count, processes))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(job: "subprocess.Popen[str]") -> str:
    output, _ = job.communicate(timeout=120)
    assert job.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packing")
    photograph_tree(folder / "tree")
    write_tree(folder / "tree", {"class-1/broken.jpg": b"no picture"})
    finish(start(folder / "undisturbed"))
    return folder / "undisturbed" / "dataset.h5"


@pytest.mark.parametrize("target", ["job and processes", "job alone"])
def test_a_killed_job_goes_on_to_the_same_bytes(undisturbed: Path, target: str) -> None:
    folder = undisturbed.parents[1] / target.replace(" ", "-")
    job = start(folder, part=4, seconds=0.1, processes=2)
    end = time.monotonic() + 60
    while len(list(folder.glob("dataset.unfinished/[!.]*.h5"))) < 2:
        assert job.poll() is None, "the job ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    if target == "job alone":
        job.kill()
        job.communicate(timeout=60)  # ends when the last of its processes has ended too
    else:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    assert not (folder / "dataset.h5").exists()
    (folder / "dataset.unfinished/.left-by-a-killed-writer.h5").write_bytes(b"half")
    before = len(list(folder.glob("dataset.unfinished/[!.]*.h5")))
    decoded = (folder / "decoded").read_text().splitlines()
    assert before < 7

    (folder / "decoded").unlink()
    told = finish(start(folder, part=4))
    assert f"resuming: {before} of 7 parts already exist" in told
    again = (folder / "decoded").read_text().splitlines()
    assert len(again) < len(set(decoded) | set(again)) == 25
    assert (folder / "dataset.h5").read_bytes() == undisturbed.read_bytes()
    assert not (folder / "dataset.unfinished").exists()


def test_a_picture_that_kills_its_process_costs_only_itself(tmp_path: Path) -> None:
    photograph_tree(tmp_path / "tree", 25)
    # Of 27 pictures the seed draws 25, these two among them.
    write_tree(tmp_path / "tree", {"class-0/a.jpg": b"kill", "class-3/z.jpg": b"kill"})
    told = finish(start(tmp_path / "job", part=6, count=25, processes=2))
    assert "a process died (SIGSEGV) while reading class-0/a.jpg; trying again" in told
    with h5py.File(tmp_path / "job/dataset.h5") as file:
        assert len(file["label"]) == 25
        files, reasons = (file[f"left_out/{name}"].asstr()[:].tolist() for name in KINDS)
    assert files == ["class-0/a.jpg", "class-3/z.jpg"]
    assert reasons == ["decoding it crashes the process (SIGSEGV)"] * 2


def test_parts_that_cannot_be_written_are_one_sentence(tmp_path: Path) -> None:
    photograph_tree(tmp_path / "tree")
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "dataset.unfinished").write_text("a file where the parts need a folder")
    job = start(folder)
    told, _ = job.communicate(timeout=120)
    assert job.returncode == 1
    assert "cannot be written" in told.splitlines()[-1]
    assert "Traceback" not in told
