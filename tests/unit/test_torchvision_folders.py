"""CIFAR and STL-10 are read as torchvision's own classes read them, and no pickle runs a program.

The files are written here in torchvision's layout, and read by torchvision without its checksums.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets
from torchvision_cases import write_cifar10, write_cifar100, write_stl10

from trajectories.errors import UserError
from trajectories.images.sources import torchvision as torchvision_folders


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torchvision's readers without their checksums, which only the published files have."""
    for kind in (datasets.CIFAR10, datasets.CIFAR100, datasets.STL10):
        monkeypatch.setattr(kind, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("source", "write", "kind"),
    [
        ("cifar10", write_cifar10, datasets.CIFAR10),
        ("cifar100", write_cifar100, datasets.CIFAR100),
    ],
)
def test_cifar_is_what_torchvision_reads(tmp_path: Path, source: str, write, kind) -> None:
    images, label, names = torchvision_folders.read(source, write(tmp_path))
    theirs = kind(str(tmp_path), train=True)
    np.testing.assert_array_equal(images, theirs.data)
    assert label.tolist() == theirs.targets
    assert list(names) == theirs.classes
    assert (images.dtype, label.dtype) == (np.uint8, np.int32)
    assert len(images) >= 30


@pytest.mark.usefixtures("unchecked")
def test_stl10_is_what_torchvision_reads(tmp_path: Path) -> None:
    images, label, names = torchvision_folders.read("stl10", write_stl10(tmp_path))
    theirs = datasets.STL10(str(tmp_path), split="train+unlabeled")
    np.testing.assert_array_equal(images.transpose(0, 3, 1, 2), theirs.data)
    np.testing.assert_array_equal(images[3], np.asarray(theirs[3][0]))
    assert label.tolist() == theirs.labels.tolist()
    assert label[-5:].tolist() == [-1] * 5
    assert list(names) == theirs.classes


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_a_malicious_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    file = write_cifar10(tmp_path) / "cifar-10-batches-py/data_batch_3"
    mark = tmp_path / "mark"
    content = pickle.dumps({"data": Malicious(mark), "labels": []}, protocol=2)
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"data_batch_3 is not .* refers to \w+\.system"):
        torchvision_folders.read("cifar10", tmp_path)
    assert not mark.exists()
    pickle.loads(content)
    assert mark.exists()  # it would have run


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (write_cifar10(tmp_path) / "cifar-10-batches-py/data_batch_4").unlink()
    with pytest.raises(UserError, match=r"no file .*data_batch_4: images\.path"):
        torchvision_folders.read("cifar10", tmp_path)
    (write_stl10(tmp_path) / "stl10_binary/unlabeled_X.bin").unlink()
    with pytest.raises(UserError, match=r"no file .*unlabeled_X\.bin: images\.path"):
        torchvision_folders.read("stl10", tmp_path)


@pytest.mark.parametrize(
    ("source", "write", "file"),
    [
        ("cifar10", write_cifar10, "cifar-10-batches-py/data_batch_2"),
        ("cifar100", write_cifar100, "cifar-100-python/meta"),
        ("stl10", write_stl10, "stl10_binary/train_X.bin"),
        ("stl10", write_stl10, "stl10_binary/train_y.bin"),
    ],
)
def test_a_file_cut_short_is_refused(tmp_path: Path, source: str, write, file: str) -> None:
    path = write(tmp_path) / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="is not what torchvision downloads"):
        torchvision_folders.read(source, tmp_path)


@pytest.mark.parametrize(
    ("source", "write"),
    [("cifar10", write_cifar10), ("cifar100", write_cifar100), ("stl10", write_stl10)],
)
def test_the_folder_is_looked_for_before_anything_is_read(tmp_path: Path, source, write) -> None:
    with pytest.raises(UserError, match=r"no folder .*: images\.path in the config"):
        torchvision_folders.check(source, tmp_path)
    torchvision_folders.check(source, write(tmp_path))


@pytest.mark.parametrize(
    ("source", "write", "archive"),
    [
        ("cifar10", write_cifar10, "cifar-10-python.tar.gz"),
        ("cifar100", write_cifar100, "cifar-100-python.tar.gz"),
        ("stl10", write_stl10, "stl10_binary.tar.gz"),
    ],
)
def test_what_is_in_the_place_of_the_folder_is_named(tmp_path, source, write, archive) -> None:
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / archive).write_bytes(b"x")
    with pytest.raises(UserError, match=f"has {archive} instead, so unpack it"):
        torchvision_folders.check(source, tmp_path / "packed")
    [inner] = write(tmp_path / "data").iterdir()
    with pytest.raises(UserError, match=f"must be the folder above, {tmp_path / 'data'}"):
        torchvision_folders.check(source, inner)


@pytest.mark.parametrize(
    ("source", "write", "file"),
    [
        ("cifar10", write_cifar10, "cifar-10-batches-py/batches.meta"),
        ("cifar100", write_cifar100, "cifar-100-python/train"),
        ("stl10", write_stl10, "stl10_binary/unlabeled_X.bin"),
    ],
)
def test_every_file_is_looked_at_before_anything_is_read(tmp_path, source, write, file) -> None:
    path = write(tmp_path) / file
    path.unlink()
    os.mkfifo(path)
    for look in (torchvision_folders.check, torchvision_folders.read):
        with pytest.raises(UserError, match="no regular file, but a device or a pipe"):
            look(source, tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=f"no file .*{path.name}"):
        torchvision_folders.check(source, tmp_path)


@pytest.mark.parametrize("meta", [{}, {"label_names": None}, {"label_names": 7}])
def test_names_of_another_form_are_refused(tmp_path: Path, meta: dict[str, object]) -> None:
    write_cifar10(tmp_path)
    (tmp_path / "cifar-10-batches-py/batches.meta").write_bytes(pickle.dumps(meta, protocol=2))
    with pytest.raises(UserError, match="is not what torchvision downloads"):
        torchvision_folders.read("cifar10", tmp_path)
