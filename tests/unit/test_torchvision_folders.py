"""CIFAR and STL-10 are read as torchvision's own classes read them, and no pickle runs a program.

The files are written here in torchvision's layout, and read by torchvision without its checksums.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

from trajectories import torchvision_folders
from trajectories.errors import UserError

NAMES = [f"kind {number}" for number in range(10)]


def batch(n: int, key: str, kinds: int, seed: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {
        "data": rng.integers(0, 256, (n, 3072), dtype=np.uint8),
        key: rng.integers(0, kinds, n).tolist(),
        "filenames": [f"{i}.png" for i in range(n)],
    }


def write_cifar10(root: Path) -> Path:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for number in range(1, 6):
        content = batch(7 + number, "labels", 10, number)
        (folder / f"data_batch_{number}").write_bytes(pickle.dumps(content, protocol=2))
    (folder / "test_batch").write_bytes(pickle.dumps(batch(3, "labels", 10, 9), protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": NAMES}, protocol=2))
    return root


def write_cifar100(root: Path) -> Path:
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    names = {"fine_label_names": [f"fine {number}" for number in range(100)]}
    for name, n in (("train", 30), ("test", 3)):
        (folder / name).write_bytes(pickle.dumps(batch(n, "fine_labels", 100, n), protocol=2))
    (folder / "meta").write_bytes(pickle.dumps(names, protocol=2))
    return root


def write_stl10(root: Path) -> Path:
    folder = root / "stl10_binary"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in (("train", 4), ("test", 2), ("unlabeled", 5)):
        pixels = rng.integers(0, 256, (n, 3, 96, 96), dtype=np.uint8)
        (folder / f"{name}_X.bin").write_bytes(pixels.tobytes())
        if name != "unlabeled":
            labels = rng.integers(1, 11, n, dtype=np.uint8)
            (folder / f"{name}_y.bin").write_bytes(labels.tobytes())
    (folder / "class_names.txt").write_text("\n".join(NAMES).replace(" ", "_") + "\n")
    (folder / "fold_indices.txt").write_text("0 1\n")
    return root


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
    with pytest.raises(UserError, match=r"data_batch_3 is not .* asks for \w+\.system"):
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
