"""Guards: each operation is torchvision's, and an image's view does not depend on its batch.

The truths are torchvision's functions on float tensors (to 1e-5), colorsys and closed forms.
"""

import colorsys
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from augment_cases import (
    JITTER,
    MEAN,
    SD,
    SIZE,
    assert_close,
    blurred,
    distorted,
    drawn,
    nothing,
    only,
    random_images,
    unit,
)
from torchvision.transforms.v2 import functional as F

from trajectories.images import crops, inputs
from trajectories.training import augment

# Crop and resize


@pytest.mark.parametrize("size", [32, 7, 64])
@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 40, 52),  # the whole image
        (3, 5, 11, 9),  # small
        (29, 41, 11, 11),  # last corner
        (2, 7, 32, 32),  # as it is
        (0, 0, 40, 1),  # one column
        (39, 51, 1, 1),  # one pixel
    ],
)
def test_crop_equals_torchvision(box, size):
    images = random_images(2, 40, 52)
    ours = crops.crop_resize(images, np.array([box, box]), size)
    assert_close(ours, F.resized_crop(unit(images), *box, [size, size], antialias=True))


def test_a_crop_of_one_pixel_is_its_colour():
    images = random_images(1, 9, 9)
    view = crops.crop_resize(images, np.array([[4, 6, 1, 1]]), 5)
    assert torch.equal(view, unit(images)[:, :, 4:5, 6:7].expand(1, 3, 5, 5))


def test_a_crop_of_the_final_size_is_not_interpolated():
    images = random_images(1, 40, 40)
    view = crops.crop_resize(images, np.array([[3, 8, 32, 32]]), 32)
    assert torch.equal(view, unit(images)[:, :, 3:35, 8:40])


# Colours


@pytest.mark.parametrize("shift", [-0.5, -0.25, 1 / 6, 1 / 3, 0.5])
def test_far_turns_of_hue_equal_colorsys(shift):
    # All corners of the colour cube and more: ties between channels lie among them.
    levels = (0.0, 0.5, 1.0)
    colours = np.array([(r, g, b) for r in levels for g in levels for b in levels])
    turned = []
    for colour in colours:
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        turned.append(colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value))
    images = torch.tensor(colours, dtype=torch.float32).T.view(1, 3, 1, 27)
    expected = torch.tensor(turned, dtype=torch.float32).T.view(1, 3, 1, 27)
    assert_close(distorted(images, only(3, [shift])), expected, 1e-6)


def test_hue_leaves_grey_alone_and_almost_grey_finite():
    grey = random_images(1, 16, 16)[:, :1].expand(1, 3, 16, 16)
    view = augment.distort(grey, only(3, [0.3]))
    assert torch.equal(view, inputs.normalise(grey))
    almost = torch.full((1, 3, 4, 4), 0.5)
    almost[:, 1] += 6e-8
    almost[:, 2, 0] = torch.tensor(1e-45)
    assert_close(distorted(almost, only(3, [0.3])), F.adjust_hue(almost, 0.3), 1e-6)
    assert augment.distort(torch.zeros(1, 3, 4, 4), only(3, [0.3])).isfinite().all()


def test_without_saturation_all_channels_are_the_luma():
    images = unit(random_images(3, 16, 16))
    views = distorted(images, only(2, [0.0] * 3))
    luma = (images * torch.tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
    assert_close(views, luma.expand_as(views), 1e-6)


def test_without_contrast_an_image_is_its_mean_luma():
    images = unit(random_images(2, 16, 16))
    views = distorted(images, only(1, [0.0] * 2))
    luma = (images * torch.tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)).sum(1)
    assert_close(views, luma.mean((1, 2)).view(2, 1, 1, 1).expand_as(views), 1e-6)


def test_every_order_of_jitter_is_done_in_that_order():
    orders = list(permutations(range(4)))
    images = random_images(24, 12, 12)
    parameters = replace(
        nothing(24),
        factors=np.tile([1.4, 1.3, 0.6, 0.1], (24, 1)),
        order=np.array(orders),
    )
    expected = []
    for image, order, factors in zip(images, orders, parameters.factors, strict=True):
        view = unit(image)
        for operation in order:
            view = JITTER[operation](view, factors[operation])
        expected.append(view)
    assert_close(distorted(images, parameters), torch.stack(expected))


def test_with_jitter_off_colours_stay():
    images = random_images(4, 16, 16)
    parameters = replace(
        nothing(4), jitter=np.zeros(4, bool), factors=np.tile([0.5, 0.5, 0.5, 0.2], (4, 1))
    )
    assert torch.equal(augment.distort(images, parameters), inputs.normalise(images))


def test_factors_that_change_nothing_change_nothing():
    images = random_images(4, 16, 16)
    assert torch.equal(augment.distort(images, nothing(4)), inputs.normalise(images))


# Blur and flip


def test_blur_equals_torchvision_with_the_widest_kernel():
    images = unit(random_images(4, SIZE, SIZE))
    sigma = [0.1, 0.7, 1.3, 2.0]
    width = 2 * (SIZE - 1) + 1
    cases = zip(images, sigma, strict=True)
    expected = [F.gaussian_blur(i, [width, width], [s, s]) for i, s in cases]
    assert_close(distorted(images, blurred(sigma)), torch.stack(expected))


def test_a_tiny_blur_is_no_blur():
    images = random_images(2, 16, 16)
    assert torch.equal(augment.distort(images, blurred([0.1, 0.1])), inputs.normalise(images))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_blur_keeps_a_flat_image_however_small(size):
    images = torch.full((1, 3, size, size), 0.4)
    assert_close(distorted(images, blurred([2.0])), images, 1e-6)


def test_flip_mirrors_left_and_right():
    images = random_images(2, 8, 8)
    views = augment.distort(images, replace(nothing(2), flip=np.array([True, False])))
    assert torch.equal(views, inputs.normalise(torch.stack([images[0].flip(2), images[1]])))


# The whole


def test_normalise_equals_torchvision():
    images = random_images(3, 8, 8)
    assert_close(inputs.normalise(images), F.normalize(unit(images), list(MEAN), list(SD)))


@pytest.fixture
def set_threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("n", "source", "size"), [(12, 40, 32), (12, 37, 33), (12, 10, 5), (4, 240, 224)]
)
def test_a_view_is_the_same_in_any_batch_and_with_any_threads_to_the_last_bit(
    n, source, size, set_threads
):
    images = random_images(n, source, source)
    parameters = replace(drawn(n, source, source, seed=2), jitter=np.ones(n, bool))
    set_threads(1)
    together = augment.apply(images, parameters, size)
    for threads, step in ((1, 1), (1, 3), (2, 1), (2, 3), (2, n)):
        set_threads(threads)
        parts = [
            augment.apply(images[i : i + step], parameters[i : i + step], size)
            for i in range(0, n, step)
        ]
        assert torch.equal(torch.cat(parts), together)


def test_a_view_does_not_depend_on_the_layout_type_or_autocast():
    images = random_images(8, 40, 40)
    parameters = drawn(8, 40, 40)
    expected = augment.apply(images, parameters, SIZE)
    rows_first = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    assert torch.equal(augment.apply(rows_first, parameters, SIZE), expected)
    assert torch.equal(augment.apply(unit(images), parameters, SIZE), expected)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(augment.apply(images, parameters, SIZE), expected)


@pytest.mark.parametrize("images", [random_images(4, 16, 16), unit(random_images(4, 16, 16))])
def test_images_are_left_as_they_are(images):
    before = images.clone()
    augment.distort(images, drawn(4, 16, 16))
    augment.apply(images, drawn(4, 16, 16), 8)
    inputs.normalise(images)
    assert torch.equal(images, before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_makes_the_same_views():
    images = random_images(16, 40, 40)
    parameters = drawn(16, 40, 40)
    views = augment.apply(images.cuda(), parameters, SIZE)
    assert_close(views.cpu(), augment.apply(images, parameters, SIZE), 1e-5 / 0.22)
