"""What a machine fails at is not taken for damage: no file is to be deleted, none is set aside."""

import errno
import fcntl
import os
import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from file_kinds import KINDS, Kind
from segment_cases import segment_in
from training_cases import assert_identical, make_trainer

from trajectories import failures
from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.networks.checkpoints import DamagedError
from trajectories.storage import files
from trajectories.training.segment import train_segment

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def refusal(kind: Kind, path: Path) -> str:
    with pytest.raises(UserError) as caught:
        kind.read(path)
    assert not isinstance(caught.value, DamagedError)
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert "delete" not in sentence
    assert "damaged" not in sentence
    assert path.name in sentence
    return sentence


@pytest.fixture
def written(tmp_path: Path, kind: Kind) -> Path:
    path = tmp_path / kind.name
    kind.write(path)
    return path


@contextmanager
def no_more_files() -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_free = os.dup(0)
    os.close(next_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, former)


@each_kind
def test_too_many_open_files(written: Path, kind: Kind) -> None:
    kind.read(written)  # so that what is imported on use is there
    with no_more_files():
        sentence = refusal(kind, written)
    assert "Too many open files" in sentence
    assert "ulimit -n" in sentence
    kind.read(written)


@each_kind
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="reads /proc/self/mem")
def test_a_disk_that_fails(written: Path, kind: Kind, monkeypatch) -> None:
    """To read the memory of a process at its beginning is an error of input."""

    def fail(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    written.unlink()
    written.symlink_to("/proc/self/mem")
    monkeypatch.setattr("zipfile._EndRecData", fail)  # which asks for its size, and it has none
    sentence = refusal(kind, written)
    assert "Input/output error" in sentence
    assert "make sure that its disk is there and works" in sentence


@each_kind
def test_a_link_that_leads_to_itself(written: Path, kind: Kind) -> None:
    written.unlink()
    written.symlink_to(written)
    assert "correct that link" in refusal(kind, written)


@each_kind
def test_a_folder_in_the_place_of_a_file(written: Path, kind: Kind) -> None:
    written.unlink()
    written.mkdir()
    assert "move away the folder" in refusal(kind, written)


@each_kind
def test_a_missing_file_is_missing(tmp_path: Path, kind: Kind) -> None:
    try:
        kind.read(tmp_path / kind.name)
    except UserError as error:
        assert re.search("[Tt]here is no|is missing", str(error))  # noqa: PT017 - or the next
        assert "delete" not in str(error)  # noqa: PT017
    except FileNotFoundError as error:
        assert kind.name in str(error)  # noqa: PT017


@each_kind
def test_no_lock_is_needed(written: Path, kind: Kind) -> None:
    """As on file systems without locks; here another process has them all."""
    with written.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kind.read(written)
    with written.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kind.write(written)
    kind.read(written)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ESTALE, errno.ENOTCONN, errno.ENOLCK])
@each_kind
def test_other_faults_of_a_place(written: Path, kind: Kind, number: int, monkeypatch) -> None:
    """As Python, and as HDF5 in the text of its errors, report them."""
    text = f"[Errno {number}] Unable to open file (errno = {number}, error message = 'no')"

    def fail(*_: object, **__: object) -> None:
        raise OSError(text) if kind.name.endswith(".h5") else OSError(number, os.strerror(number))

    for name in ("h5py.File", "zipfile.ZipFile", "pandas.read_csv", "pathlib.Path.open"):
        monkeypatch.setattr(name, fail)
    sentence = refusal(kind, written)
    assert os.strerror(number) in sentence


def test_training_that_cannot_read_its_state_sets_nothing_aside(tmp_path, monkeypatch) -> None:
    torch.set_num_threads(1)
    segment, alone = segment_in(tmp_path / "a"), segment_in(tmp_path / "b")
    train_segment(make_trainer(), segment, "trained")
    train_segment(make_trainer(), alone, "alone")
    (work,) = segment.unfinished.iterdir()
    shutil.rmtree(segment.checkpoints)  # as Snakemake does when it did not see the job's end
    segment.state.unlink()
    load = torch.load
    for error in (
        OSError(errno.EIO, "Input/output error"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(torch, "load", fail)
        with pytest.raises(failures.MachineError):
            train_segment(make_trainer(), segment, "hindered")
        assert [path.name for path in segment.unfinished.iterdir()] == [work.name]
    monkeypatch.setattr(torch, "load", load)
    train_segment(make_trainer(), segment, "published")
    assert_identical(load(segment.state), load(alone.state))


def raised(make: Any) -> BaseException:
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        make()
    return caught.value


def test_a_lack_of_memory_says_what_was_asked_for() -> None:
    for make in (lambda: torch.empty(10**15, dtype=torch.uint8), lambda: np.zeros(10**15, "u1")):
        sentence = str(failures.explained(raised(make)))
        assert re.search(r"out of memory, when (1000000\.0 GB|909 TiB) more were asked", sentence)
        assert "`compute.workers`" in sentence
        assert "the same command goes on" in sentence


ON_GPU = (
    "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 79.15 GiB of"
    " which 1.21 GiB is free. Including non-PyTorch memory, this process has 77.9 GiB in use."
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError(ON_GPU), "2.50 GiB more were asked for and 1.21 GiB of 79.15 GiB"),
        (RuntimeError("CUDA error: out of memory\nCompile with"), "the GPU is out of memory: use"),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling"), "the GPU is out of memory: use"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "the machine is out of memory: give"),
    ],
)
def test_each_lack_of_memory_is_one_sentence(error: Exception, expected: str) -> None:
    sentence = str(failures.explained(error))
    assert expected.replace("2.50", "2.5") in sentence
    assert len(sentence.splitlines()) == 1
    assert ("`compute.gpus_per_seed`" in sentence) == ("GPU" in expected or "GiB" in expected)


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("memory format"), KeyError(28)])
def test_other_errors_are_not_the_machine(error: Exception) -> None:
    assert failures.explained(error) is None


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES])
def test_folders_that_cannot_be_synced(tmp_path, monkeypatch, number: int) -> None:
    """As on some file systems of CIFS and FUSE."""
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    for kind in KINDS:
        kind.write(tmp_path / kind.name)
        kind.read(tmp_path / kind.name)
    files.publish(tmp_path / "state.pt", tmp_path / "public" / "state.pt")
    train_segment(make_trainer(), segment_in(tmp_path / "instance", 0, 1), "training")


def test_a_file_system_that_syncs_nothing_and_has_no_links_or_permissions(
    tmp_path, monkeypatch
) -> None:
    def refuse(number: int) -> Any:
        def refused(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return refused

    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    monkeypatch.setattr(os, "chmod", refuse(errno.EPERM))
    monkeypatch.setattr(os, "utime", refuse(errno.EPERM))
    train_segment(make_trainer(), segment_in(tmp_path / "instance", 0, 1), "training")
    assert segment_in(tmp_path / "instance", 0, 1).checkpoints.is_dir()


def test_a_disk_that_loses_what_was_written_is_told_of(tmp_path, monkeypatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "state.pt"
    path.write_text("former")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(failures.UnusableError, match=r"state\.pt cannot be used \(Input/output"):
        checkpoints.save_state(path, {})
    assert path.read_text() == "former"


def test_a_folder_that_goes_while_a_file_is_written(tmp_path) -> None:
    path = tmp_path / "results" / "table.csv"

    def write() -> None:
        with files.atomic(path) as temporary:
            temporary.write_text("new")
            shutil.rmtree(path.parent)

    with pytest.raises(failures.UnusableError, match=r"csv cannot be written, as the folder was"):
        write()
