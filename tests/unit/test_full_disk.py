"""A full or read-only disk ends a job with one sentence and leaves what was there before."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from file_kinds import KINDS
from segment_cases import segment_in
from training_cases import make_trainer

from trajectories.storage.files import UnusableError
from trajectories.training.segment import train_segment

HELPER = Path(__file__).with_name("file_kinds.py")
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
NAMES = [kind.name for kind in KINDS]


def mounted(folder: Path, *options: str) -> None:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, folder], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"file systems cannot be mounted here ({done.stderr.strip()})")


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory) -> Iterator[Path]:
    """A disk of 256 kB."""
    folder = tmp_path_factory.mktemp("disk") / "small"
    mounted(folder, "-t", "tmpfs", "-o", "size=256k", "tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory) -> Iterator[Path]:
    """A folder with former files, on a disk that takes no others."""
    folder = tmp_path_factory.mktemp("disk") / "read-only"
    folder.mkdir()
    leave_former(folder)
    mounted(folder, "--bind", str(folder))
    subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def leave_former(folder: Path) -> None:
    for name in NAMES:
        (folder / name).write_text("former")


def write_all(folder: Path, *limit: int) -> dict[str, tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, HELPER, folder, *map(str, limit)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    results: dict[str, tuple[int, str]] = json.loads(done.stdout)
    return results


def assert_refused(folder: Path, results: dict[str, tuple[int, str]], reason: str) -> None:
    assert sorted(results) == sorted(NAMES)
    for name, (status, said) in results.items():
        assert len(said.splitlines()) == 1, (name, status, said)
        assert f"error: {folder / name} cannot be used ({reason}): " in said
        assert "nothing that was finished is lost" in said
        assert status == 1
        assert (folder / name).read_text() == "former"
    assert sorted(path.name for path in folder.iterdir() if path.name != "filler") == sorted(NAMES)


def test_a_full_disk(small_disk) -> None:
    leave_former(small_disk)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free - 12288))  # room to begin with
    assert_refused(small_disk, write_all(small_disk), "No space left on device")
    for path in small_disk.iterdir():
        path.unlink()


def test_a_limit_to_the_size_of_files(tmp_path) -> None:
    leave_former(tmp_path)
    assert_refused(tmp_path, write_all(tmp_path, 10_000), "File too large")


def test_a_read_only_disk(read_only) -> None:
    assert_refused(read_only, write_all(read_only), "Read-only file system")


def test_with_room_all_are_written(tmp_path) -> None:
    """Or the refusals would say nothing."""
    results = write_all(tmp_path)
    assert {status for status, _ in results.values()} == {0}
    for kind in KINDS:
        assert kind.read(tmp_path / kind.name) is not None


def test_training_on_a_full_disk_goes_on_when_there_is_room(small_disk, tmp_path) -> None:
    torch.set_num_threads(1)
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    segment, alone = segment_in(small_disk), segment_in(tmp_path)
    with pytest.raises(UnusableError, match=r"cannot be used \(No space left on device\)"):
        train_segment(make_trainer(), segment, "on a full disk")
    assert not segment.checkpoints.exists()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    train_segment(make_trainer(), segment, "with room")
    train_segment(make_trainer(), alone, "elsewhere")
    for path in alone.checkpoints.glob("*.pt"):
        assert (segment.checkpoints / path.name).read_bytes() == path.read_bytes()
