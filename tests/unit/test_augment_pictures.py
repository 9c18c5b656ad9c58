"""Guards: views of pictures are those of torchvision, and of the published PIL pipeline.

Both are run image by image at the same parameters: torchvision on float tensors agrees to 1e-5,
PIL within what its 8 bits round and cut off, and its three boxes for a Gaussian.
"""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

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
    unit,
)
from PIL import Image, ImageFilter
from torchvision.transforms.v2 import functional as F

from trajectories.images import crops
from trajectories.training import augment

DATA = Path(__file__).parents[3] / "shared" / "data"
LEVEL = 1 / 255


def noise():
    generator = np.random.default_rng(0)
    return [
        Image.fromarray(generator.integers(0, 256, (40, 52, 3), dtype=np.uint8)) for _ in range(4)
    ]


def members(name, count):
    archive = DATA / name
    if not archive.exists():
        pytest.skip(f"{name} is not there: it is no part of the repository")
    images = []
    with tarfile.open(archive) as tar:
        for member in tar:
            if (file := tar.extractfile(member)) is not None:
                images.append(Image.open(io.BytesIO(file.read())).convert("RGB"))
            if len(images) == count:
                break
    return images


def cifar10():
    return members("cifar10.tar.xz", 5)


def imagenet():
    return [image.resize((160, 120)) for image in members("imagenet-sample-250.tar", 4)]


@pytest.fixture(params=[noise, cifar10, imagenet], ids=lambda source: source.__name__)
def pictures(request):
    return request.param()


def stack(pictures):
    return torch.stack([F.pil_to_tensor(picture) for picture in pictures])


def square(images):
    side = min(images.shape[2:])
    return images[:, :, :side, :side]


def assert_within_rounding(ours, pil_images, mean, largest):
    """Mean and largest absolute difference, in levels of 8 bits."""
    difference = (ours - unit(stack(pil_images))).abs()
    assert difference.mean() < mean * LEVEL
    assert difference.max() < largest * LEVEL


def test_crops_of_pictures_equal_torchvision_and_pil(pictures):
    images = stack(pictures)
    boxes = drawn(len(images), *images.shape[2:]).boxes
    ours = crops.crop_resize(images, boxes, SIZE)
    size = [SIZE, SIZE]
    # In float64: in float32 torchvision's coordinates are themselves off by up to 1e-5.
    crop = [
        F.resized_crop(i.double() / 255, *box, size) for i, box in zip(images, boxes, strict=True)
    ]
    assert_close(ours, torch.stack(crop).float())
    pil = [F.resized_crop(i, *box, size) for i, box in zip(pictures, boxes, strict=True)]
    # PIL rounds after the columns and again after the rows.
    assert_within_rounding(ours, pil, mean=0.5, largest=1.1)


@pytest.mark.parametrize("operation", range(4))
def test_jitter_of_pictures_equals_torchvision_and_pil(pictures, operation):
    images = stack(pictures)
    factors = drawn(len(images), *images.shape[2:]).factors[:, operation]
    ours = distorted(square(images), only(operation, factors))
    change = JITTER[operation]
    cases = list(zip(square(images), factors, strict=True))
    assert_close(ours, torch.stack([change(unit(i), factor) for i, factor in cases]))
    pil = [change(F.to_pil_image(i), factor) for i, factor in cases]
    # PIL cuts decimals off where this keeps them, half a level on average. Its hue has 8 bits
    # too: cut off itself, shifted by a number cut off, in 255ths that run over at 256, it is up
    # to three steps away, and a step is 6 levels of a fully saturated colour.
    mean, largest = (1, 3 * 6 + 1) if operation == 3 else (0.6, 1.2)
    assert_within_rounding(ours, pil, mean, largest)


def test_grayscale_equals_torchvision_and_pil(pictures):
    images = square(stack(pictures))
    ours = distorted(images, replace(nothing(len(images)), grayscale=np.ones(len(images), bool)))
    assert_close(ours, F.rgb_to_grayscale(unit(images), 3))
    pil = [F.rgb_to_grayscale(F.to_pil_image(i), 3) for i in images]
    assert_within_rounding(ours, pil, mean=0.5, largest=0.6)


def test_blur_of_pictures_equals_pil_inside_and_a_common_kernel(pictures):
    images = torch.stack([F.resize(i, [64, 64]) for i in stack(pictures)])
    sigma = np.linspace(0.6, 2.0, len(images)).tolist()
    ours = distorted(images, blurred(sigma))
    cases = list(zip(images, sigma, strict=True))
    # A kernel of 17 px ends at 4 sigma or beyond: 6e-5 of its mass is missing at most.
    assert_close(
        ours, torch.stack([F.gaussian_blur(unit(i), [17, 17], [s, s]) for i, s in cases]), 1e-4
    )
    pil = [F.to_pil_image(i).filter(ImageFilter.GaussianBlur(s)) for i, s in cases]
    inside = [picture.crop((8, 8, 56, 56)) for picture in pil]
    # PIL blurs with three boxes, whose shape departs most from a Gaussian's at small sigma and
    # shows most in noise, and repeats the border pixel beyond the border.
    assert_within_rounding(ours[..., 8:-8, 8:-8], inside, mean=1, largest=8)


def test_views_equal_torchvision_image_by_image(pictures):
    pictures = pictures * 6
    images = stack(pictures)
    n, _, height, width = images.shape
    parameters = drawn(n, height, width, seed=5)
    for name in ("jitter", "grayscale", "blur", "flip"):
        assert 0 < getattr(parameters, name).sum() < n
    ours = augment.apply(images, parameters, SIZE)
    kernel = [2 * (SIZE - 1) + 1] * 2
    for i, image in enumerate(images):
        view = F.resized_crop(image.double() / 255, *parameters.boxes[i], [SIZE, SIZE])
        if parameters.jitter[i]:
            for operation in parameters.order[i]:
                view = JITTER[operation](view, parameters.factors[i, operation])
        if parameters.grayscale[i]:
            view = F.rgb_to_grayscale(view, 3)
        if parameters.blur[i]:
            view = F.gaussian_blur(view, kernel, [parameters.sigma[i]] * 2)
        if parameters.flip[i]:
            view = F.horizontal_flip(view)
        # Values divided by an SD of about 0.22.
        assert_close(ours[i], F.normalize(view, list(MEAN), list(SD)).float(), 1e-5 / 0.22)


@pytest.mark.parametrize(("hue", "largest"), [(0, 7), (1, 19 * 1.4**2)])
def test_views_equal_the_pil_pipeline_within_rounding(pictures, hue, largest):
    # Without blur, which differs by more than rounding (above). Errors of PIL's hue can grow by
    # the factors of contrast and saturation that follow.
    pictures = pictures * 6
    images = stack(pictures)
    n, _, height, width = images.shape
    parameters = drawn(n, height, width)
    factors = parameters.factors * [1, 1, 1, hue]
    parameters = replace(parameters, factors=factors, blur=np.zeros(n, bool))
    views = []
    for i, picture in enumerate(pictures):
        view = F.resized_crop(picture, *parameters.boxes[i], [SIZE, SIZE])
        if parameters.jitter[i]:
            for operation in parameters.order[i]:
                # A turn by 0 through PIL's HSV would cut decimals off too.
                if operation != 3 or hue:
                    view = JITTER[operation](view, factors[i, operation])
        if parameters.grayscale[i]:
            view = F.rgb_to_grayscale(view, 3)
        views.append(F.horizontal_flip(view) if parameters.flip[i] else view)
    ours = distorted(crops.crop_resize(images, parameters.boxes, SIZE), parameters)
    assert_within_rounding(ours, views, mean=1.5, largest=largest)
