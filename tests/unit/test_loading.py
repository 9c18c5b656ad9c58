"""Whatever ends a process that loads batches, training ends in one sentence and never waits."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset
from training_cases import make_trainer, noise_images, recipe

from trajectories.errors import UserError
from trajectories.images.training_images import JpegImages, PixelImages, TrainingImages
from trajectories.seeding import Seeds
from trajectories.training import loading
from trajectories.training.batches import Batches

HELPER = Path(__file__).with_name("small_memory.py")
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


class Failing(Dataset[Tensor]):
    """Batches of which one ends the process that loads it."""

    def __init__(self, end: Callable[[], object]) -> None:
        self.end = end

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Tensor:
        if index == 3:
            self.end()
        return torch.full((4,), index)


def fail(error: BaseException) -> Callable[[], object]:
    def end() -> None:
        raise error

    return end


def kill(number: signal.Signals) -> Callable[[], object]:
    return lambda: os.kill(os.getpid(), number)


def unpicklable() -> None:
    raise UserError(lambda: 0)


def sentence_of(end: Callable[[], object], pin_memory: bool) -> str:
    """What a job says of it."""
    with pytest.raises(UserError) as caught:
        list(loading.load(Failing(end), 2, pin_memory))
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert "nothing that was finished is lost" in sentence
    return sentence


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (kill(signal.SIGKILL), r"has ended \(SIGKILL\): if memory ran out"),
        (kill(signal.SIGBUS), r"has ended \(SIGBUS\): shared memory was full"),
        (kill(signal.SIGSEGV), r"has ended \(SIGSEGV\)"),
        (lambda: os._exit(3), r"has ended \(status 3\)"),
        (fail(SystemExit(3)), r"has ended \(status 3\)"),
        (unpicklable, r"has ended \(status 1\)"),
        (fail(ModuleNotFoundError("No module named 'x'")), r"ModuleNotFoundError: No module named"),
        (fail(ValueError("one\ntwo")), r"batch 3 cannot be loaded .*\(ValueError: one two\)"),
        (fail(OSError(28, "No space left on device")), r"batch 3 cannot be loaded .*No space left"),
        (fail(MemoryError()), r"the machine is out of memory: give the job more memory"),
    ],
)
def test_the_end_of_a_process_is_one_sentence(end: Callable[[], object], expected: str) -> None:
    assert re.search(expected, sentence_of(end, torch.cuda.is_available()))


def test_without_processes_an_error_is_raised_in_full() -> None:
    with pytest.raises(ValueError, match="wrong"):
        list(loading.load(Failing(fail(ValueError("wrong"))), 0, pin_memory=False))


def test_batches_come_in_their_order() -> None:
    batches = list(loading.load(Failing(lambda: None), 2, pin_memory=False))
    assert [int(batch[0]) for batch in batches] == list(range(6))


def jpeg_images(tmp_path: Path) -> JpegImages:
    from picture_cases import encoded, photograph, write_jpeg_dataset

    from trajectories.images import jpeg_dataset

    encodings = [encoded(photograph(60 + n, 80 - n, seed=n)) for n in range(16)]
    path = write_jpeg_dataset(tmp_path / "dataset.h5", encodings, np.zeros(16, np.int32))
    return JpegImages(path, jpeg_dataset.read_index(path))


@pytest.mark.parametrize("kind", ["pixels", "jpeg"])
def test_the_size_of_a_batch_is_known(tmp_path: Path, kind: str) -> None:
    images: TrainingImages = (
        PixelImages(noise_images()) if kind == "pixels" else jpeg_images(tmp_path)
    )
    batches = Batches(images, recipe(), Seeds(1, 1, 1), 0)
    assert batches.item_bytes == batches[0].nbytes


@pytest.mark.parametrize(("workers", "processes", "needed"), [(3, 1, 8), (1, 1, 4), (2, 2, 12)])
def test_the_room_needed_is_known(monkeypatch, workers: int, processes: int, needed: int) -> None:
    free = needed * 1000
    monkeypatch.setattr(loading.shutil, "disk_usage", lambda _: Free(free))
    loading.require_room(1000, workers, processes)
    with pytest.raises(UserError, match=r"--shm-size.*`compute.workers`"):
        loading.require_room(1001, workers, processes)
    loading.require_room(10**9, 0, processes)


class Free:
    """What `shutil.disk_usage` gives, as far as it is used."""

    def __init__(self, free: int) -> None:
        self.free = free


def on_small_memory(kilobytes: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the helper where shared memory is small."""
    inside = f'mount -t tmpfs -o size={kilobytes}k tmpfs /dev/shm && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", inside, "sh", sys.executable, str(HELPER)]
    done = subprocess.run(
        [*command, *arguments],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"file systems cannot be mounted here ({done.stderr.strip()})")
    return done


def test_small_shared_memory_is_refused_before_training() -> None:
    done = on_small_memory(64)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "error" in line]
    assert re.search(r"/dev/shm has 0 MB free, but batches that 2 processes load ahead take", line)


def test_small_shared_memory_ends_training_even_where_nothing_checked() -> None:
    """As when other programs fill it meanwhile."""
    done = on_small_memory(64, "unchecked")
    assert done.returncode == 1
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert "/dev/shm" in done.stderr


def test_enough_shared_memory_is_enough() -> None:
    done = on_small_memory(4096)
    assert (done.returncode, done.stderr) == (0, "")


def test_training_with_processes_checks_its_own_room(monkeypatch) -> None:
    monkeypatch.setattr(loading.shutil, "disk_usage", lambda _: Free(0))
    make_trainer(workers=0).require_room()
    with pytest.raises(UserError, match="has 0 MB free"):
        make_trainer(workers=1).require_room()
