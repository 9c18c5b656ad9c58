"""Views of photographs at full resolution are those of torchvision's pipeline on Pillow pictures.

The published code's transforms, run image by image at the same random parameters, on real
photographs and on synthetic ones. Crops agree to the last bit. What follows is done here in
float32, where Pillow's functions round or cut off to 8 bits after every step. Cutting off costs
up to a level a step, half of one on average. Of brightness, contrast and saturation each takes
over the error of the one before, enlarged by its factor of up to 1.4, and mixes in a grey that is
rounded too: without a turn of hue at most 1, then 3, then 6.6 levels, and a half each for
greyscale and blur; on average at most 0.5, then 1.2, then 2.2, and the half. Pillow's hue has 8
bits: it may be three steps away, each of up to 6 levels in a saturated colour, enlarged likewise.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from augment_cases import JITTER, MEAN, SD, SETTINGS
from picture_cases import encoded, photograph, write_tree
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import functional as F

from trajectories.images import jpeg_packing, training_images
from trajectories.images.sources import folder as class_folders
from trajectories.images.training_images import TrainingImages
from trajectories.training import augment
from trajectories.training.augment_parameters import Parameters

ARCHIVE = Path(__file__).parents[3] / "shared/data/imagenet-sample-250.tar"
SIZE = 224
COUNT = 40
LEVEL = 1 / 255
JITTER_OF_PIL = [getattr(F, function.__name__) for function in JITTER]


def imagenet() -> dict[str, bytes]:
    """Photographs by class folder and name; in the archive the class is part of the name."""
    if not ARCHIVE.exists():
        pytest.skip(f"{ARCHIVE.name} is not beside the checkout")
    files = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None and len(files) < COUNT:
                files["/".join(Path(member.name).name.split("_", 1))] = content.read()
    return files


def synthetic() -> dict[str, bytes]:
    sizes = [(500, 375), (375, 500), (224, 224), (640, 300), (180, 270), (97, 411)] * 4
    return {
        f"class-{n % 3}/{n}.JPEG": encoded(photograph(*size, seed=n), quality=92)
        for n, size in enumerate(sizes)
    }


@pytest.fixture(scope="module", params=[synthetic, imagenet], ids=lambda source: source.__name__)
def packed(request, tmp_path_factory) -> Iterator[tuple[TrainingImages, ImageFolder]]:
    """The pictures packed as they are, and the same tree read by torchvision."""
    files, folder = request.param(), tmp_path_factory.mktemp("photographs")
    root, unfinished = write_tree(folder / "tree", files), folder / "unfinished"
    whole = jpeg_packing.pack(class_folders.list_pictures(root), len(files), None, 0, unfinished)
    jpeg_packing.join(whole, folder / "dataset.h5", unfinished, {})
    return training_images.load(folder / "dataset.h5"), ImageFolder(str(root))


def crops(images: TrainingImages, seed: int) -> tuple[Parameters, torch.Tensor]:
    """Parameters of one view of each image, and its crops."""
    chosen = np.arange(len(images))
    generator = np.random.default_rng(seed)
    drawn = augment.draw(generator, len(images), *images.sizes(chosen), SETTINGS)
    batch = images.batch(chosen, lambda view: drawn.boxes, SIZE)
    return drawn, images.crops(batch, np.tile(drawn.boxes, (2, 1)), SIZE)[: len(images)]


def theirs(picture: Image.Image, parameters: Parameters, number: int) -> torch.Tensor:
    """The view of one picture by torchvision, normalised."""
    view = F.resized_crop(picture, *parameters.boxes[number].tolist(), [SIZE, SIZE])
    if parameters.jitter[number]:
        for operation in parameters.order[number]:
            factor = float(parameters.factors[number, operation])
            # A turn by 0 through Pillow's HSV would cut decimals off too.
            if operation != 3 or factor:
                view = JITTER_OF_PIL[operation](view, factor)
    if parameters.grayscale[number]:
        view = F.rgb_to_grayscale(view, 3)
    if parameters.blur[number]:
        # 25 px reach to 6 standard deviations of the widest blur.
        view = F.gaussian_blur(view, [25, 25], [float(parameters.sigma[number])] * 2)
    if parameters.flip[number]:
        view = F.hflip(view)
    return F.normalize(F.to_tensor(view), list(MEAN), list(SD))


def test_crops_equal_torchvisions_to_the_last_bit(packed) -> None:
    images, pictures = packed
    drawn, found = crops(images, seed=0)
    for number, (picture, label) in enumerate(pictures):
        box = drawn.boxes[number].tolist()
        expected = F.pil_to_tensor(F.resized_crop(picture, *box, [SIZE, SIZE]))
        assert torch.equal(found[number], expected), pictures.samples[number]
        assert images.label[number] == label
    assert len(pictures) == len(images) >= 24


@pytest.mark.parametrize(("turn", "largest"), [(0, 8), (1, 8 + 18 * 1.4**2)])
def test_views_equal_torchvisions_within_8_bit_rounding(packed, turn: int, largest: float) -> None:
    images, pictures = packed
    drawn, found = crops(images, seed=1)
    drawn = replace(drawn, factors=drawn.factors * [1, 1, 1, turn])
    for name in ("jitter", "grayscale", "blur", "flip"):
        assert 0 < getattr(drawn, name).sum() < len(images)
    ours = augment.distort(found, drawn)
    level = LEVEL / torch.tensor(SD).view(3, 1, 1)
    means = []
    for number, (picture, _) in enumerate(pictures):
        difference = (ours[number] - theirs(picture, drawn, number)).abs() / level
        assert difference.max() < largest, pictures.samples[number]
        means.append(difference.mean().item())
    assert max(means) < 2.7
    assert np.mean(means) < 1.5
