"""Test images become what torchvision's transforms make of them, or what a config asks for."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as theirs

from trajectories.images import inputs
from trajectories.images.inputs import network_input, normalise, renormalise
from trajectories.networks import preprocessing
from trajectories.networks.preprocessing import Preprocessing
from trajectories.stimuli.pictures import load_images

LIBRARY = {
    "size": 224, "resize": 256, "interpolation": "bicubic", "mean": (0.1, 0.2, 0.3),
    "sd": (0.4, 0.5, 0.6),
}  # fmt: skip


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("width", "height"), [(90, 61), (50, 83), (64, 64)])
def test_a_crop_is_that_of_torchvision(tmp_path, width: int, height: int, interpolation) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    picture.save(tmp_path / "picture.png")
    found = load_images(["picture.png"], str(tmp_path), 33, 38, interpolation)
    resized = theirs.resize(picture, [38], InterpolationMode(interpolation))
    np.testing.assert_array_equal(found[0], np.asarray(theirs.center_crop(resized, [33, 33])))


def test_a_whole_picture_is_squeezed(tmp_path) -> None:
    picture = Image.fromarray(np.arange(60 * 30 * 3, dtype=np.uint8).reshape(60, 30, 3))
    picture.save(tmp_path / "picture.png")
    found = load_images(["picture.png"], str(tmp_path), 20, None, "bicubic")
    expected = picture.resize((20, 20), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(found[0], np.asarray(expected))


def test_colours_are_those_of_torchvision() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    mean, sd = LIBRARY["mean"], LIBRARY["sd"]
    found = network_input(pixels, 8, mean, sd)
    unit = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    torch.testing.assert_close(found, theirs.normalize(unit, mean, sd))
    torch.testing.assert_close(renormalise(normalise(unit), mean, sd), found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (None, (224, 256, "bicubic")),
        ({"size": None, "resize": None}, (224, 256, "bicubic")),
        ({"size": 112}, (112, 128, "bicubic")),  # the same part of the picture
        ({"resize": "whole"}, (224, None, "bicubic")),
        ({"size": 112, "resize": 120, "interpolation": "bilinear"}, (112, 120, "bilinear")),
    ],
)
def test_a_config_changes_what_a_library_describes(changes, expected) -> None:
    found = Preprocessing.of(LIBRARY, changes)
    assert (found.size, found.resize, found.interpolation) == expected
    assert (found.mean, found.sd) == (LIBRARY["mean"], LIBRARY["sd"])
    assert not found.imagenet_colours


def test_the_usual_colours_are_those_of_training() -> None:
    assert preprocessing.IMAGENET_MEAN == inputs.IMAGENET_MEAN
    assert preprocessing.IMAGENET_SD == inputs.IMAGENET_SD


def test_names_and_words() -> None:
    usual, other = Preprocessing(224), Preprocessing.of(LIBRARY, {"sd": [1, 1, 0.25]})
    assert (usual.pixels, other.pixels) == ("224-whole-bilinear", "224-of-256-bicubic")
    assert usual.words == "224 × 224 pixels, whole picture, bilinear; ImageNet's mean and SD"
    assert other.words == (
        "224 × 224 pixels, shorter side 256 pixels, central square, bicubic; mean 0.1, 0.2, 0.3,"
        " SD 1, 1, 0.25"
    )
