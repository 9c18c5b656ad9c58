"""Guards: what a diet does to pixels is what scipy, torchvision and a Fourier transform by hand do.

Tolerances are those of float32 sums.
"""

import numpy as np
import pytest
import torch
from augment_cases import assert_close, random_images, unit
from PIL import Image
from scipy.ndimage import gaussian_filter
from torchvision.transforms.v2 import functional as F

from trajectories.images.inputs import IMAGENET_MEAN
from trajectories.training.diets import pixels
from trajectories.training.diets.changes import KINDS
from trajectories.training.diets.draws import Drawn

SIZES = (32, 64, 224)
# Two of each, and one that leaves an image as it is.
STRENGTHS = {
    "blur": [14.0, 7.0, 0.0],
    "saturation": [0.0, 0.4, 1.0],
    "contrast": [0.2, 1.6, 1.0],
    "brightness": [0.3, 1.5, 1.0],
    "resolution": [0.25, 0.6, 1.0],
    "spectrum": [0.02, 0.005, 0.0],
    "field": [0.5, 0.26, 1.0],
    "noise": [0.1, 0.3, 0.0],
    "flip": [1.0, 1.0, 0.0],
}


def pictures(n: int, size: int) -> torch.Tensor:
    """Noise on gradients, so that there is something at low frequencies too."""
    ramp = torch.linspace(0, 1, size)
    noise = unit(random_images(n, size, size))
    return 0.5 * noise + 0.25 * ramp[:, None] + 0.25 * ramp[None, :]


def changed(change: str, strengths: list[float], images: torch.Tensor, side=224) -> torch.Tensor:
    values = np.array(strengths, dtype=np.float64)
    place = np.linspace(0.1, 0.9, len(values))
    return pixels.apply(images.clone(), [Drawn(change, values, place)], side)


def test_every_change_is_tested() -> None:
    assert STRENGTHS.keys() == KINDS.keys() == pixels._OPERATIONS.keys()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("change", STRENGTHS)
def test_what_is_neutral_stays_and_each_image_is_changed_by_itself(change: str, size: int) -> None:
    images = pictures(3, size)
    together = changed(change, STRENGTHS[change], images)
    assert torch.equal(together[2], images[2])
    assert (together[:2] - images[:2]).abs().amax((1, 2, 3)).gt(0.01).all()
    assert together.min() >= 0
    assert together.max() <= 1
    for index in range(3):
        strengths = np.array([STRENGTHS[change][index]])
        place = np.linspace(0.1, 0.9, 3)[index : index + 1]
        own = Drawn(change, strengths, place)
        alone = pixels.apply(images[index : index + 1].clone(), [own], 224)
        assert torch.equal(alone[0], together[index]), index


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sigma", [2.0, 4.0, 21.0])
def test_blur_is_scipys_with_sigma_scaled_to_the_image(size: int, sigma: float) -> None:
    images = pictures(1, size)
    scaled = sigma * size / 224
    expected = gaussian_filter(
        images[0].double().numpy(),
        (0, scaled, scaled),
        mode="mirror",
        radius=(0, size - 1, size - 1),
    )
    assert_close(changed("blur", [sigma], images)[0], torch.from_numpy(expected).float())


def test_blur_in_the_unit_of_another_side() -> None:
    """σ 2 px of 32 px are 14 px at 224; of a field of view of 10 degrees, 1 degree is 22.4 px."""
    images = pictures(1, 64)
    at_32 = changed("blur", [2.0], images, side=32)
    assert_close(at_32, changed("blur", [14.0], images), 1e-6)
    assert_close(changed("blur", [1.0], images, 10), changed("blur", [22.4], images), 1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("factor", [0.0, 0.2, 0.9, 1.7])
@pytest.mark.parametrize("change", ["saturation", "contrast", "brightness"])
def test_colours_are_torchvisions(change: str, factor: float, size: int) -> None:
    images = pictures(1, size)
    expected = getattr(F, f"adjust_{change}")(images, factor)
    assert_close(changed(change, [factor], images), expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.37, 0.004])
def test_resolution_is_lost_as_torchvision_resizes(size: int, share: float) -> None:
    images = pictures(1, size)
    few = max(1, round(share * size))
    small = F.resize(images, [few, few], antialias=True)
    expected = F.resize(small, [size, size], antialias=True)
    assert_close(changed("resolution", [share], images), expected)


def test_resolution_looks_as_pillow_has_it() -> None:
    """A quarter of 32 px: to 8 bits, down and up again."""
    images = pictures(1, 32)
    picture = F.to_pil_image(images[0])
    small = picture.resize((8, 8), Image.Resampling.BILINEAR)
    expected = F.to_image(small.resize((32, 32), Image.Resampling.BILINEAR)) / 255
    assert_close(changed("resolution", [0.25], images)[0], expected, 3 / 255)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.001, 0.02])
def test_spectrum_is_cut_as_numpy_does_it(size: int, share: float) -> None:
    image = pictures(1, size)[0]
    plane = np.fft.fft2(image.double().numpy())
    amplitude = np.abs(plane)
    plane[amplitude < share * amplitude.max()] = 0
    back = np.fft.ifft2(plane)
    assert np.abs(back.imag).max() < 1e-9
    expected = torch.from_numpy(back.real.clip(0, 1)).float()
    ours = changed("spectrum", [share], image[None])[0]
    # A part whose amplitude is that of the threshold, to rounding, may be in one and not in other.
    assert (ours - expected).abs().max() < 1e-4


def test_spectrum_of_a_wave_by_hand() -> None:
    """Grey 0.5 with a wave of 0.2 and one of 0.05."""
    line = 2 * np.pi * np.arange(32) / 32
    strong, weak = 0.2 * np.cos(3 * line)[:, None], 0.05 * np.cos(7 * line)[None, :]
    image = torch.from_numpy(0.5 + strong + weak).float().expand(1, 3, 32, 32)
    expected = torch.from_numpy(0.5 + strong + 0 * weak).float().expand(1, 3, 32, 32)
    # A cosine has half of its amplitude at each of its two places: 0.1 and 0.025 beside 0.5.
    assert_close(changed("spectrum", [0.1], image), expected, 1e-6)
    assert_close(changed("spectrum", [0.04], image), image, 1e-6)
    assert_close(changed("spectrum", [0.3], image), torch.full_like(image, 0.5), 1e-6)


@pytest.mark.parametrize(("share", "rows"), [(0.5, range(8, 24)), (0.25, range(12, 20))])
def test_field_is_a_central_square(share: float, rows: range) -> None:
    image = pictures(1, 32)
    expected = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1).expand(1, 3, 32, 32).clone()
    expected[:, :, rows.start : rows.stop, rows.start : rows.stop] = image[
        :, :, rows.start : rows.stop, rows.start : rows.stop
    ]
    assert torch.equal(changed("field", [share], image), expected)


def test_noise_is_normal_and_other_in_each_view() -> None:
    grey = torch.full((2, 3, 64, 64), 0.5)
    noise = (changed("noise", [0.1, 0.1], grey) - 0.5).numpy()
    for each in noise:
        assert abs(each.mean()) < 4 * 0.1 / np.sqrt(each.size)
        assert each.std() == pytest.approx(0.1, rel=0.03)
        assert np.quantile(each, [0.0228, 0.9772]) == pytest.approx([-0.2, 0.2], abs=0.015)
    assert abs(np.corrcoef(noise.reshape(2, -1))[0, 1]) < 0.05
    # Neighbours, rows and channels are independent.
    for axis in (0, 1, 2):
        moved = np.roll(noise[0], 1, axis)
        assert abs(np.corrcoef(noise[0].ravel(), moved.ravel())[0, 1]) < 0.05


def test_flip_turns_upside_down() -> None:
    images = pictures(2, 32)
    assert torch.equal(changed("flip", [1.0, 1.0], images), F.vertical_flip(images))


def test_changes_are_made_in_their_order() -> None:
    images = pictures(1, 32)
    one = [
        Drawn(name, np.array([s]), np.array([0.5])) for name, s in (("field", 0.5), ("blur", 21))
    ]
    ours = [pixels.apply(images.clone(), order, 224) for order in (one, one[::-1])]
    there = changed("blur", [21.0], changed("field", [0.5], images))
    assert torch.equal(ours[0], there)
    assert (ours[0] - ours[1]).abs().max() > 0.05
