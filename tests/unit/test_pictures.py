"""Pictures of every kind are decoded as torchvision's ImageFolder does; broken ones say why."""

import io
from pathlib import Path

import numpy as np
import pytest
from picture_cases import BROKEN, JPEG, WHOLE, encoded, photograph, turned
from PIL import Image
from torchvision.datasets.folder import pil_loader
from torchvision.transforms import functional as F

from trajectories.images import pictures


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"deep.png"}))
def test_decoded_as_by_image_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    theirs = np.asarray(pil_loader(str(path)))
    for source in (path, WHOLE[name]):
        picture = pictures.decode(source)
        assert picture.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(picture), theirs)


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled_and_not_cut_off(order: str) -> None:
    levels = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16).astype(order)
    decoded = np.asarray(pictures.decode(encoded(Image.fromarray(levels), "TIFF")))
    np.testing.assert_array_equal(decoded[:, :, 1].ravel(), np.arange(256))


@pytest.mark.parametrize("name", BROKEN)
def test_broken_pictures_say_why(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    for source in (path, BROKEN[name]):
        with pytest.raises(pictures.BrokenPictureError) as caught:
            pictures.decode(source)
        assert len(str(caught.value)) > 10
        assert "0x" not in str(caught.value)  # an address would differ from run to run
    with pytest.raises(pictures.BrokenPictureError):
        pictures.as_jpeg(BROKEN[name], 8)


def test_postscript_is_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_: pytest.fail("it was run"))
    with pytest.raises(pictures.BrokenPictureError, match="not a picture of a known format"):
        pictures.decode(BROKEN["script.jpg"])


@pytest.mark.parametrize("name", ["rgb.jpg", "progressive.jpeg", "turned.jpg", "column.jpg"])
@pytest.mark.parametrize("shorter", [None, 44, 100])
def test_a_jpeg_that_need_not_change_keeps_its_bytes(name: str, shorter: int | None) -> None:
    content, height, width = pictures.as_jpeg(WHOLE[name], shorter)
    assert content == WHOLE[name]
    assert (width, height) == Image.open(io.BytesIO(content)).size


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"rgb.jpg", "progressive.jpeg", "turned.jpg"}))
def test_all_others_become_jpeg_of_the_same_picture(name: str) -> None:
    content, height, width = pictures.as_jpeg(WHOLE[name], None)
    result = Image.open(io.BytesIO(content))
    assert (result.format, result.mode, result.size) == ("JPEG", "RGB", (width, height))
    before = np.asarray(pictures.decode(WHOLE[name]), dtype=float)
    assert before.shape == (height, width, 3)
    # Of the luma: JPEG keeps colours at half the resolution, which halves those of noise.
    luma = [
        np.asarray(Image.fromarray(a.astype(np.uint8)).convert("L"), dtype=float)
        for a in (before, np.asarray(result))
    ]
    assert np.abs(luma[0] - luma[1]).mean() < 4


@pytest.mark.parametrize("size", [(60, 44), (44, 60), (61, 33), (50, 50), (90, 17)])
def test_the_shorter_side_is_reduced_as_by_torchvision(size: tuple[int, int]) -> None:
    picture = photograph(*size)
    side = 16
    content, height, width = pictures.as_jpeg(encoded(picture, "PNG"), side)
    assert min(height, width) == side
    assert max(height, width) == round(side * max(size) / min(size))
    theirs = F.resize(picture, [height, width])
    np.testing.assert_array_equal(np.asarray(pictures.reduced(picture, side)), np.asarray(theirs))
    jpeg = np.asarray(Image.open(io.BytesIO(content)), dtype=float)
    assert np.abs(jpeg - np.asarray(theirs, dtype=float)).mean() < 8


def test_the_exif_mark_is_passed_over() -> None:
    picture = pictures.decode(turned())
    assert picture.size == photograph().size


def test_a_picture_too_long_for_a_jpeg_is_broken() -> None:
    content = encoded(Image.new("RGB", (70_000, 1)), "PNG")
    with pytest.raises(pictures.BrokenPictureError, match="cannot be written as JPEG"):
        pictures.as_jpeg(content, None)


@pytest.mark.parametrize("size", [(60, 44), (44, 60), (32, 32), (20, 9)])
def test_a_square_is_the_centre(size: tuple[int, int]) -> None:
    picture = photograph(*size)
    edge = min(size)
    left, top = (size[0] - edge) // 2, (size[1] - edge) // 2
    theirs = F.resized_crop(picture, top, left, edge, edge, [32, 32])
    ours = np.asarray(pictures.square(picture, 32), dtype=int)
    assert ours.shape == (32, 32, 3)
    difference = np.abs(ours - np.asarray(theirs, dtype=int))
    # The border pixels see what lies beyond the square.
    assert difference[4:-4, 4:-4].max() <= 1
    assert pictures.decode(JPEG).size == (60, 44)
