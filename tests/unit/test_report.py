"""The report is one file that loads nothing, believes no name, and says what it does not show."""

import base64
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from report_cases import (
    HOSTILE,
    own_checkpoints,
    page_of,
    study,
)

from trajectories.errors import UserError
from trajectories.provenance import provenance
from trajectories.report import contact_sheet, figures, report


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "three")]
    for shade, path in enumerate(paths):
        Image.new("RGB", (8, 6), (shade, 0, 0)).save(path)
    return report.Pictures(*paths)


def test_it_loads_nothing_and_runs_nothing(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study())
    sources = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action", "poster"}
        # A place on this page is none outside it.
        and not (value or "").startswith("#")
    ]
    assert len(sources) == 4
    assert all(source and source.startswith("data:image/png;base64,") for source in sources)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_pictures_are_inside_as_they_look(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, study())
    inside = [
        base64.b64decode((attributes["src"] or "").split(",")[1])
        for tag, attributes in page.tags
        if tag == "img"
    ]
    paths = (pictures.stability, pictures.categories, pictures.training)
    for shown, path in zip(inside[:3], paths, strict=True):
        pixels = [
            np.asarray(Image.open(file).convert("RGB"), int) for file in (io.BytesIO(shown), path)
        ]
        assert np.abs(pixels[0] - pixels[1]).mean() <= figures.MOST_ERROR


def test_hostile_names_are_only_text(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study(experiment=HOSTILE))
    assert HOSTILE not in text
    assert HOSTILE in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert sum(tag == "img" for tag, _ in page.tags) == 4


def test_it_fits_a_phone_and_dark_rooms(tmp_path, pictures):
    page, text = page_of(tmp_path, pictures, study())
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in (
        page.tags
    )
    assert "prefers-color-scheme: dark" in text
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")


def test_it_says_what_was_run_with_what_and_whose_images(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, study())
    for words in (
        "resnet10_narrow", "layer1", "1, 2", "3 epochs", "n = 2 network instances", "9.9.9", "abc",
        "8.8.8", "table.csv", "5678", "(1 in total)",
        "schedule_epochs: 16", "OpenMoji & friends. License: CC BY-SA 4.0", "20 test images",
        "face against the rest",
    ):  # fmt: skip
        assert words in page.text, words


def test_imported_networks_alone_have_no_section_on_training(tmp_path, pictures):
    pictures = dataclasses.replace(pictures, training=None)
    page, _ = page_of(tmp_path, pictures, own_checkpoints(trained=False))
    assert sum(tag == "img" for tag, _ in page.tags) == 3
    assert "own: resnet50, imagenet stem, up to epoch 3, from /runs/{epoch}.pth" in page.text
    assert "How the networks of own were trained is not known" in page.text
    for words in ("Training diagnostics", "cosine", "drawings", "dimensional", "No image has set"):
        assert words not in page.text, words


def test_imported_networks_beside_trained_ones(tmp_path, pictures):
    page, _ = page_of(tmp_path, pictures, own_checkpoints(trained=True))
    assert sum(tag == "img" for tag, _ in page.tags) == 4
    for words in ("from /runs/{epoch}.pth", "3 epochs on 5,376 images", "not known", "cosine"):
        assert words in page.text, words


def test_contact_sheet_has_all_images_in_rows_of_16():
    images = study().test_images
    with Image.open(io.BytesIO(contact_sheet.drawn(images))) as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape == (2 * 4, 16 * 4, 3)
    np.testing.assert_array_equal(pixels[4:8, 12:16], images[19])
    assert (pixels[4:, 16:] == 128).all()


def test_same_study_same_bytes(tmp_path, pictures):
    assert page_of(tmp_path, pictures, study())[1] == page_of(tmp_path, pictures, study())[1]


def test_a_missing_picture_is_named_and_nothing_written(tmp_path, pictures):
    pictures.categories.unlink()
    with pytest.raises(UserError, match=r"two\.png"):
        page_of(tmp_path, pictures, study())
    assert not (tmp_path / "report.html").exists()


def test_commit_is_unknown_outside_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit(tmp_path) == "unknown (not a git checkout)"


def test_versions_are_those_installed():
    assert provenance.versions()["numpy"] == np.__version__
