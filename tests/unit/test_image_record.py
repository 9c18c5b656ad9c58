"""Promise: images are told from others by what is in them, wherever they were packed."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.images import dataset, training_images
from trajectories.stimuli import packing as stimuli
from trajectories.storage import image_record

LABEL = np.arange(6, dtype=np.int32) % 2


def packed(path: Path, seed: int = 0, label: np.ndarray = LABEL, **settings: object) -> Path:
    images = noise_images(6, 8, seed)
    dataset.write(path, images, label, ["a", "b"], {"settings": settings} if settings else {})
    return path


def shown(path: Path, names: str = "abcdef", seed: int = 0) -> Path:
    stimuli.write(path, tuple(names), noise_images(6, 8, seed), {"folder": "pictures"})
    return path


def test_equal_images_have_equal_content(tmp_path: Path) -> None:
    one = image_record.content(packed(tmp_path / "one.h5", seed=1))
    assert one == image_record.content(packed(tmp_path / "two.h5", seed=1, count=6))
    assert one is not None
    assert len(one) == 64


def test_other_pixels_labels_or_names_are_other_images(tmp_path: Path) -> None:
    others = [
        packed(tmp_path / "a.h5"),
        packed(tmp_path / "b.h5", seed=1),
        packed(tmp_path / "c.h5", label=1 - LABEL),
        shown(tmp_path / "d.h5"),
        shown(tmp_path / "e.h5", seed=1),
        shown(tmp_path / "f.h5", names="abcdeg"),
        shown(tmp_path / "g.h5", names="bacdef"),
    ]
    assert len({image_record.content(path) for path in others}) == len(others)


def test_images_that_are_loaded_know_their_content(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.h5")
    assert training_images.load(path).content == image_record.content(path)
    with training_images.opened(path) as images:
        assert images.content == image_record.content(path)


def test_settings_are_read_back(tmp_path: Path) -> None:
    assert image_record.settings(packed(tmp_path / "a.h5", seed=0, count=6)) == {"count": 6}
    assert image_record.settings(packed(tmp_path / "b.h5")) == {}
    with h5py.File(tmp_path / "b.h5", "a") as file:
        file.attrs["settings"] = "[1"
    assert image_record.settings(tmp_path / "b.h5") == {}


def test_what_is_unknown_is_no_difference(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["images"] = noise_images(2, 8)
    assert image_record.content(tmp_path / "old.h5") is None
    for recorded in ({}, {"training_images": None}, {"training_images": "a"}):
        image_record.require(recorded, "training_images", None, "state.pt", "train again")
        image_record.require(recorded, "training_images", "a", "state.pt", "train again")
    with pytest.raises(UserError, match=r"state\.pt was made from other training images"):
        image_record.require({"training_images": "b"}, "training_images", "a", "state.pt", "mend")


def test_files_that_are_compared_need_the_same_images() -> None:
    paths = [Path(name) for name in ("one.h5", "two.h5", "three.h5")]
    known = [{}, {"test_images": "a"}, {"test_images": "a"}]
    image_record.require_one(known, "test_images", paths)
    known[0] = {"test_images": "b"}
    with pytest.raises(UserError, match=r"two\.h5 was made from other test images than one\.h5"):
        image_record.require_one(known, "test_images", paths)
