"""Test images that show nothing, or the same as another, are told of."""

from pathlib import Path

import numpy as np
from picture_cases import HEAD, photograph
from PIL import Image
from scipy.io import savemat

from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import published as published_stimuli


def flat(shade: int) -> Image.Image:
    noise = np.random.default_rng(shade).integers(shade, shade + 8, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def test_images_of_one_colour_are_told_of_whatever_decodes_them(tmp_path: Path) -> None:
    photograph().save(tmp_path / "good.png")
    flat(0).save(tmp_path / "black.png")
    flat(247).save(tmp_path / "white.jpg")
    (tmp_path / "empty.svg").write_text(HEAD + "</svg>")
    (tmp_path / "drawn.svg").write_text(HEAD + '<rect width="4" height="4"/></svg>')
    fine = np.indices((64, 64)).sum(axis=0) % 2 * 255  # a checkerboard that resizing makes grey
    Image.fromarray(fine.astype(np.uint8)).save(tmp_path / "fine.png")
    files = ["good.png", "black.png", "white.jpg", "empty.svg", "drawn.svg", "fine.png"]
    [warning] = stimulus_images.odd_images(
        files, stimulus_images.load_images(files, str(tmp_path), 8)
    )
    assert warning.startswith("4 of 6 test images are of one colour, or nearly so (black.png,")
    assert "white.jpg, empty.svg, fine.png)" in warning


def test_pictures_of_a_mat_file_are_looked_at_too(tmp_path, monkeypatch) -> None:
    shades = {"a": np.zeros((9, 9, 3), np.uint8), "b": np.asarray(photograph())}
    monkeypatch.setattr(published_stimuli, "read_pictures", lambda path: shades)
    savemat(tmp_path / "x.mat", {})
    images = stimulus_images.load_images(["a", "b"], str(tmp_path / "x.mat"), 8)
    assert "1 of 2 test images are of one colour" in stimulus_images.odd_images("ab", images)[0]


def test_images_that_show_the_same_are_told_of() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    assert stimulus_images.odd_images("abcd", images) == []
    images[3] = images[1]
    [warning] = stimulus_images.odd_images("abcd", images)
    assert "1 of 4 test images show the same as another (d as b)" in warning
