"""Pictures become squares of one size, with their labels, whichever source they come from."""

from pathlib import Path

import numpy as np
import pytest
from picture_cases import BROKEN, WHOLE, photograph_tree, write_tree
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision_cases import write_cifar10

from trajectories.errors import UserError
from trajectories.images.sources import folder
from trajectories.images.sources import torchvision as torchvision_folders
from trajectories.images.sources.source import Request


def silent() -> None:
    """Show no progress."""


def test_squares_are_the_centres_of_image_folders_pictures(tmp_path: Path) -> None:
    root = photograph_tree(tmp_path)
    steps: list[None] = []
    found = folder.squares(Request(root, 24, 16, 0), lambda: steps.append(None))
    theirs = ImageFolder(str(root))
    assert found.images.shape == (24, 16, 16, 3)
    assert found.label.tolist() == theirs.targets
    assert list(found.label_names) == theirs.classes
    assert len(steps) == 24
    for square, (picture, _) in zip(found.images, theirs, strict=True):
        edge = min(picture.size)
        left, top = ((side - edge) // 2 for side in picture.size)
        centre = (left, top, left + edge, top + edge)
        expected = picture.resize((16, 16), Image.Resampling.BILINEAR, box=centre)
        np.testing.assert_array_equal(square, np.asarray(expected))


def test_broken_pictures_are_left_out_by_name(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {f"a/{name}": content for name, content in WHOLE.items()})
    write_tree(root, {f"b/{name}": content for name, content in BROKEN.items()})
    found = folder.squares(Request(root, len(WHOLE), 16, 0), silent)
    assert set(found.left_out) <= {f"b/{name}" for name in BROKEN}
    assert len(found.left_out) > 0
    assert found.label.tolist() == [0] * len(WHOLE)
    with pytest.raises(UserError, match=rf"has {len(WHOLE)} images"):
        folder.squares(Request(root, len(WHOLE) + 1, 16, 0), silent)


def test_a_seed_chooses_its_own(tmp_path: Path) -> None:
    root = photograph_tree(tmp_path)
    sets = [
        folder.squares(Request(root, 10, 8, seed), silent).images.tobytes() for seed in (0, 0, 1)
    ]
    assert sets[0] == sets[1] != sets[2]


def test_cifar_is_chosen_from_and_keeps_its_pixels(tmp_path: Path) -> None:
    images, label, names = torchvision_folders.read("cifar10", write_cifar10(tmp_path))
    found = torchvision_folders.squares("cifar10", Request(tmp_path, 20, 32, 0), silent)
    given = {image.tobytes(): kind for image, kind in zip(images, label, strict=True)}
    assert [given[image.tobytes()] for image in found.images] == found.label.tolist()
    assert found.label_names == names
    other = torchvision_folders.squares("cifar10", Request(tmp_path, 20, 32, 1), silent)
    assert other.images.tobytes() != found.images.tobytes()
    small = torchvision_folders.squares("cifar10", Request(tmp_path, 20, 24, 0), silent)
    assert small.images.shape == (20, 24, 24, 3)
    expected = Image.fromarray(found.images[5]).resize((24, 24), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(small.images[5], np.asarray(expected))
    with pytest.raises(UserError, match=r"fewer than images\.count \(900\)"):
        torchvision_folders.squares("cifar10", Request(tmp_path, 900, 32, 0), silent)
