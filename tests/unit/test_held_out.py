"""Held-out images are of the classes that are learnt, and none of them is learnt from."""

from pathlib import Path

import numpy as np
import pytest
from picture_cases import photograph_tree
from torchvision import datasets
from torchvision_cases import write_cifar10, write_cifar100, write_stl10

from trajectories.images.sources import registry
from trajectories.images.sources.source import Request


def both(source: str, path: Path | None, count: int = 24, held_out: Path | None = None):
    """Images to learn from and images that are held out."""
    found = registry.find(source)
    learnt = found.squares(Request(path, count, 32, 0), lambda: None)
    return learnt, found.held_out(Request(held_out or path, 50, 32, 0), lambda: None)


def pixels(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


@pytest.mark.parametrize(
    ("source", "write", "kind"),
    [
        ("cifar10", write_cifar10, datasets.CIFAR10),
        ("cifar100", write_cifar100, datasets.CIFAR100),
    ],
)
def test_of_cifar_they_are_the_test_images(tmp_path, monkeypatch, source, write, kind) -> None:
    monkeypatch.setattr(kind, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    learnt, held_out = both(source, write(tmp_path))
    theirs = kind(str(tmp_path), train=False)
    assert sorted(pixels(held_out.images)) == sorted(pixels(theirs.data))
    by_pixels = {
        image.tobytes(): label for image, label in zip(theirs.data, theirs.targets, strict=True)
    }
    assert [by_pixels[image.tobytes()] for image in held_out.images] == held_out.label.tolist()
    assert held_out.label_names == learnt.label_names
    assert not pixels(held_out.images) & pixels(learnt.images)


def test_of_stl10_they_are_the_test_images(tmp_path: Path) -> None:
    learnt, held_out = both("stl10", write_stl10(tmp_path), 9)
    stored = np.fromfile(tmp_path / "stl10_binary/test_y.bin", dtype=np.uint8)
    assert sorted(held_out.label.tolist()) == sorted((stored - 1).tolist())
    assert held_out.label_names == learnt.label_names


def test_of_drawings_they_are_composed_anew(tmp_path: Path) -> None:
    learnt, held_out = both("openmoji", None)
    assert len(held_out.images) == 50
    assert held_out.label_names == learnt.label_names
    assert not pixels(held_out.images) & pixels(learnt.images)


def test_of_a_folder_they_are_in_another(tmp_path: Path) -> None:
    learnt, others = photograph_tree(tmp_path / "train", 24), photograph_tree(tmp_path / "val", 12)
    _, held_out = both("folder", learnt, 24, others)
    assert len(held_out.images) == 12
