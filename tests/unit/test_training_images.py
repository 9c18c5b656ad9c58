"""Pixels and JPEG are read alike, whoever reads them: crops are torchvision's, to the last bit.

The truths are torchvision's functions on Pillow's pictures.
"""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from augment_cases import SETTINGS
from picture_cases import encoded, photograph, write_jpeg_dataset
from PIL import Image
from torchvision.transforms import functional as F
from training_cases import assert_identical, epochs, noise_images, recipe

from trajectories.errors import UserError
from trajectories.images import dataset, training_images
from trajectories.images.inputs import network_input
from trajectories.images.training_images import JpegImages, PixelImages
from trajectories.seeding import Seeds
from trajectories.training import augment
from trajectories.training.batches import Batches, require_enough
from trajectories.training.trainer import Trainer

CPU = torch.device("cpu")
SIZES = [(60 + 3 * n, 90 - 2 * n) for n in range(20)] + [(32, 32), (1, 70), (70, 1), (500, 40)]
PHOTOGRAPHS = [encoded(photograph(*size, seed=n)) for n, size in enumerate(SIZES)]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    return write_jpeg_dataset(folder / "dataset.h5", PHOTOGRAPHS, [n // 4 for n in range(24)])


@pytest.fixture
def images(path: Path) -> JpegImages:
    found = training_images.load(path)
    assert isinstance(found, JpegImages)
    return found


def pictures() -> list[Image.Image]:
    return [Image.open(io.BytesIO(content)).convert("RGB") for content in PHOTOGRAPHS]


def draws(images, chosen):
    generator = np.random.default_rng(3)
    sizes = images.sizes(chosen)
    return [augment.draw(generator, len(chosen), *sizes, SETTINGS) for _ in range(2)]


# JPEG


def test_sizes_and_labels(images: JpegImages) -> None:
    assert len(images) == 24
    height, width = images.sizes(np.array([23, 0, 21]))
    assert (width.tolist(), height.tolist()) == ([500, 60, 1], [40, 90, 70])
    assert images.label.tolist() == [n // 4 for n in range(24)]


def test_crops_are_torchvisions_to_the_last_bit(images: JpegImages) -> None:
    chosen = np.random.default_rng(0).permutation(24)
    drawn = draws(images, chosen)
    batch = images.batch(chosen, lambda view: drawn[view].boxes, 32)
    assert batch.dtype == torch.uint8
    sources = pictures()
    both = images.crops(batch, np.concatenate([of_view.boxes for of_view in drawn]), 32)
    for crops, parameters in zip(both.chunk(2), drawn, strict=True):
        assert crops.shape == (24, 3, 32, 32)
        for crop, number, box in zip(crops, chosen, parameters.boxes.tolist(), strict=True):
            theirs = F.resized_crop(sources[number], *box, [32, 32])
            assert torch.equal(crop, F.pil_to_tensor(theirs))


def test_whole_images_are_central_squares(images: JpegImages) -> None:
    chosen = np.array([0, 3, 20])
    squares = []
    for number in chosen:
        picture = pictures()[number]
        edge = min(picture.size)
        left, top = ((side - edge) // 2 for side in picture.size)
        box = (left, top, left + edge, top + edge)
        squares.append(np.asarray(picture.resize((32, 32), Image.Resampling.BILINEAR, box=box)))
    assert torch.equal(images.whole(chosen, 32), network_input(np.stack(squares), 32))


def trainer(path: Path, workers: int = 0) -> Trainer:
    images = training_images.load(path)
    return Trainer(recipe(), 1, images, images.label, CPU, workers)


def test_the_number_of_workers_changes_nothing(path: Path) -> None:
    alone, helped = (epochs(trainer(path, workers), 2) for workers in (0, 2))
    assert_identical(alone.state(), helped.state())
    assert alone.history[-1]["knn_chance"] == pytest.approx(1 / 11)  # six labels of two


def test_a_cut_is_exact(path: Path) -> None:
    whole, first = epochs(trainer(path), 2), epochs(trainer(path), 1)
    rest = trainer(path)
    rest.restore(first.state())
    assert_identical(epochs(rest, 1).state(), whole.state())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_image_is_one_sentence(path: Path, tmp_path: Path, workers: int) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(path.read_bytes())
    training = Trainer(recipe(probe_images=0), 1, training_images.load(copy), None, CPU, workers)
    content = bytearray(copy.read_bytes())
    place = content.index(PHOTOGRAPHS[9]) + 400
    content[place] ^= 1
    copy.write_bytes(content)
    with pytest.raises(UserError) as caught:
        epochs(training, 1)
    message = str(caught.value)
    assert message.startswith(f"{copy} is damaged: image 9 (photo-9.jpg)")
    assert "\n" not in message


def test_views_are_drawn_for_their_place(images: JpegImages) -> None:
    def views(seed: int, epoch: int) -> bytes:
        batches = Batches(images, recipe(), Seeds(1, 1, seed), epoch)
        return torch.stack([batches.views(batches[1], 1)[view] for view in range(2)]).numpy()

    one, again, other_seed, other_epoch = (views(*x) for x in ((1, 0), (1, 0), (2, 0), (1, 1)))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one[0], one[1])
    assert not np.array_equal(one, other_seed)
    assert not np.array_equal(one, other_epoch)


# Pixels


def test_pixels_are_cropped_and_distorted_as_ever() -> None:
    images = PixelImages(noise_images(8))
    batches = Batches(images, recipe(), Seeds(1, 2, 3), 4)
    batch = batches[0]
    pixels = torch.from_numpy(noise_images(8)[batches.batches[0]]).permute(0, 3, 1, 2)
    assert torch.equal(batch, pixels)
    for view in range(2):
        expected = augment.apply(pixels, batches.parameters(0, view), 32)
        assert torch.equal(batches.views(batch, 0)[view], expected)


@pytest.mark.parametrize("read", [training_images.load, training_images.opened])
def test_the_file_decides_the_kind(path: Path, tmp_path: Path, read) -> None:
    squares = tmp_path / "squares.h5"
    dataset.write(squares, noise_images(12), np.full(12, -1, np.int32), [], {})
    for file, kind, count in ((path, JpegImages, 24), (squares, PixelImages, 12)):
        if read is training_images.load:
            images = read(file)
            assert isinstance(images, kind)
            assert len(images) == count
        else:
            with read(file) as images:
                assert isinstance(images, kind)
                chosen = np.array([2, 5])
                assert torch.equal(
                    images.whole(chosen, 16), training_images.load(file).whole(chosen, 16)
                )


def test_a_file_with_fewer_images_than_planned_is_refused(path: Path) -> None:
    images = training_images.load(path)
    require_enough(images, recipe(), path)
    for changes in ({"queue": 24}, {"probe_images": 25}, {"batch_size": 25}):
        with pytest.raises(UserError, match=r"dataset\.h5 has 24 images.* needs at least 25"):
            require_enough(images, recipe(**changes), path)
