"""A job of several processes ends as one: with one sentence, and resumable after a kill.

By the real launcher, which starts Python anew for each process.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from distributed_cases import arguments
from picture_cases import encoded, photograph, write_jpeg_dataset
from segment_cases import assert_same_results, segment_in
from training_cases import labels, noise_images, recipe, settings

from trajectories.errors import UserError
from trajectories.images import dataset
from trajectories.images.training_images import PixelImages
from trajectories.seeding import Seeds
from trajectories.training import launcher
from trajectories.training.batches import Batches
from trajectories.training.distributed import Processes

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/train.py"
STOP = 8


def start(folder: Path, data: Path, stop: int = STOP) -> "subprocess.Popen[str]":
    """Train in two processes, in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(settings(probe_images=0)))
    argv = arguments(folder, folder / "recipe.json", data, 0, stop, "2*cpu")
    return subprocess.Popen(
        [sys.executable, SCRIPT, *argv, "--log", folder / "log"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(found: Callable[[], object], job: "subprocess.Popen[str]") -> None:
    while not found():
        assert job.poll() is None, job.communicate()[1]
        time.sleep(0.01)


def workers(job: "subprocess.Popen[str]") -> dict[int, int]:
    """Processes that train, by their rank."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"PPid:\t{job.pid}\n" in status.read_text():
                content = status.with_name("environ").read_bytes().split(b"\0")
                environment = dict(line.split(b"=", 1) for line in content if b"=" in line)
                found[int(environment[b"RANK"])] = int(status.parent.name)
        except (OSError, KeyError):  # it has ended, or is another
            continue
    return found


def gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "dataset.h5"
    kinds = [f"kind {number}" for number in range(9)]
    dataset.write(path, noise_images(), labels(), kinds, {})
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes in /proc")
def test_killing_one_process_ends_the_job_which_goes_on_to_the_same_bits(
    tmp_path: Path, data: Path
) -> None:
    undisturbed = start(tmp_path / "undisturbed", data)
    assert undisturbed.wait() == 0, undisturbed.communicate()[1]
    killed = tmp_path / "killed"
    # A process that trains, then the launcher of the next job, once that has got further.
    for victim, epoch in ((1, 1), (None, 3)):
        job = start(killed, data)
        wait_for(lambda e=epoch: list(killed.glob(f"unfinished/*/*/epoch-{e:04d}.000.pt")), job)
        processes = workers(job)
        assert sorted(processes) == [0, 1]
        os.kill(job.pid if victim is None else processes[victim], signal.SIGKILL)
        status, (_, message) = job.wait(), job.communicate()
        if victim is None:
            assert status == -signal.SIGKILL
        else:
            assert status == 1
            assert message.count("error: ") == 1
            assert "process 1 of 2 that train a network was killed (SIGKILL)" in message
            assert "Traceback" not in message
            assert message == (killed / "log").read_text()
        deadline = time.monotonic() + 60
        while not all(map(gone, processes.values())):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not segment_in(killed, 0, STOP).checkpoints.exists()
    again = start(killed, data)
    _, message = again.communicate()
    assert again.returncode == 0, message
    assert "resuming after epoch " in message
    assert_same_results(killed, tmp_path / "undisturbed")


def test_an_error_of_either_process_is_one_sentence(tmp_path: Path) -> None:
    """An image that only the second process meets in the first batch, and a missing file."""
    encodings = [encoded(photograph(60 + n, 80 - n, seed=n)) for n in range(36)]
    path = write_jpeg_dataset(tmp_path / "dataset.h5", encodings, labels())
    order = [
        Batches(PixelImages(noise_images()), recipe(), Seeds(1, 1, 1), 0, Processes(rank, 2))
        for rank in range(2)
    ]
    images = [
        {int(part.batches[0][place]) for view in range(2) for place in part.places(0, view)}
        for part in order
    ]
    number = min(images[1] - images[0])
    content = bytearray(path.read_bytes())
    content[content.index(encodings[number]) + 400] ^= 1
    path.write_bytes(content)
    for data, fault in ((path, f"is damaged: image {number} "), (tmp_path / "no.h5", "no.h5")):
        job = start(tmp_path / "instance", data, stop=1)
        _, message = job.communicate()
        assert job.returncode == 1
        assert message.count("error: ") == 1
        assert fault in message
        assert "Traceback" not in message
        assert message.splitlines()[-1].partition("error: ")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("auto", (1, "auto")), ("cuda:1", (1, "cuda:1")), ("4*cuda", (4, "cuda"))],
)
def test_devices_are_a_number_and_a_kind(text: str, expected: tuple[int, str]) -> None:
    assert launcher.parse_devices(text) == expected


@pytest.mark.parametrize("text", ["0*cuda", "*cuda", "two*cpu", "-1*cpu"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="write a number before the star"):
        launcher.parse_devices(text)


def test_groups_that_cannot_be_shared_are_refused() -> None:
    launcher.require_shares(2, recipe(bn_groups=4), "cpu")
    with pytest.raises(UserError, match=r"3 processes cannot share 4 groups.*gpus_per_seed"):
        launcher.require_shares(3, recipe(bn_groups=4), "cpu")


def test_a_gpu_for_each_process_or_none(monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    launcher.require_shares(2, recipe(), "cuda")
    launcher.require_shares(4, recipe(bn_groups=4), "cpu")
    with pytest.raises(UserError, match="4 GPUs are to train a network, but torch finds 2"):
        launcher.require_shares(4, recipe(bn_groups=4), "auto")
    with pytest.raises(UserError, match=r"the device is cuda:0, one GPU.*`compute.device`"):
        launcher.require_shares(2, recipe(), "cuda:0")
