"""Test images reach the network as PIL would resize and torchvision would normalise them."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as F

from trajectories.images import inputs

MEAN, SD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def pictures(n: int, height: int, width: int) -> np.ndarray:
    """Smooth pictures with some noise, all values in use."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    waves = [
        127 + 90 * np.sin(rows / (3 + image + channel)) * np.cos(columns / (4 + image))
        for image in range(n)
        for channel in range(3)
    ]
    smooth = np.reshape(waves, (n, 3, height, width)).transpose(0, 2, 3, 1)
    return np.clip(smooth + rng.normal(0, 40, smooth.shape), 0, 255).astype(np.uint8)


def tensor(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def test_normalisation_is_torchvisions() -> None:
    images = tensor(pictures(3, 20, 24))
    torch.testing.assert_close(inputs.normalise(images), F.normalize(images, MEAN, SD))


def test_an_image_of_the_right_size_is_only_normalised() -> None:
    images = pictures(3, 32, 32)
    found = inputs.network_input(images, 32)
    torch.testing.assert_close(found, F.normalize(tensor(images), MEAN, SD))
    assert found.dtype == torch.float32


@pytest.mark.parametrize(
    ("height", "width", "size"), [(64, 64, 32), (175, 175, 32), (41, 57, 32), (20, 20, 32)]
)
def test_resizing_is_that_of_torchvision_and_of_pil(height: int, width: int, size: int) -> None:
    images = pictures(3, height, width)
    found = inputs.network_input(images, size)
    assert found.shape == (3, 3, size, size)
    theirs = F.resize(tensor(images), [size, size], antialias=True)
    torch.testing.assert_close(found, F.normalize(theirs, MEAN, SD))
    bilinear = Image.Resampling.BILINEAR
    resized = [Image.fromarray(image).resize((size, size), bilinear) for image in images]
    pil = F.normalize(tensor(np.stack(resized)), MEAN, SD)
    # PIL rounds to whole grey levels after each of its two passes.
    assert (found - pil).abs().max() < 1.01 / 255 / min(SD)


def test_the_images_given_stay_as_they_are() -> None:
    images = pictures(2, 40, 40)
    before = images.copy()
    inputs.network_input(images, 32)
    np.testing.assert_array_equal(images, before)
