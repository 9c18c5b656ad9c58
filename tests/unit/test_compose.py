"""A training image depends on the seed and its own place alone, and no image is without a twin."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.images.compose import SCALE, background, choose, compose

# Primary hues, opaque: recognisable on any background. Two glyphs in the first family.
COLOURS = {
    "red": (255, 0, 0),
    "crimson": (250, 0, 10),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
}
FAMILIES = [("red", "crimson"), ("green",), ("blue",)]
MANY = [(f"glyph {number}",) for number in range(50)]


def square(name: str) -> NDArray[np.uint8]:
    """A glyph that fills its picture."""
    return np.full((20, 20, 4), (*COLOURS[name], 255), dtype=np.uint8)


def nothing(name: str) -> NDArray[np.uint8]:
    return np.zeros((20, 20, 4), dtype=np.uint8)


def shown(image: NDArray[np.uint8]) -> set[str]:
    pixels = {tuple(pixel) for pixel in image.reshape(-1, 3).tolist()}
    return {name for name, colour in COLOURS.items() if colour in pixels}


def test_each_image_shows_the_glyph_of_its_label() -> None:
    images, label = compose(FAMILIES, square, count=40, size=24, seed=3)
    glyphs, _ = choose(FAMILIES, 40, 3)
    assert images.shape == (40, 24, 24, 3)
    assert images.dtype == np.uint8
    assert label.dtype == np.int32
    for image, glyph, family in zip(images, glyphs, label, strict=True):
        assert shown(image) == {glyph}
        assert glyph in FAMILIES[family]
    assert set(glyphs) == set(COLOURS)


def test_a_longer_set_begins_with_the_shorter_one() -> None:
    short, short_label = compose(FAMILIES, square, count=8, size=24, seed=0)
    long, long_label = compose(FAMILIES, square, count=20, size=24, seed=0)
    np.testing.assert_array_equal(long[:8], short)
    np.testing.assert_array_equal(long_label[:8], short_label)


def test_the_seed_changes_every_image() -> None:
    first, _ = compose(FAMILIES, square, count=20, size=24, seed=0)
    second, _ = compose(FAMILIES, square, count=20, size=24, seed=1)
    assert (first != second).any(axis=(1, 2, 3)).all()


def test_no_two_images_are_equal() -> None:
    images, _ = compose(FAMILIES, square, count=60, size=24, seed=0)
    assert len(np.unique(images.reshape(60, -1), axis=0)) == 60


@pytest.mark.parametrize("count", [2, 3, 30, 61, 100, 101, 250])
def test_every_label_occurs_twice_in_any_even_number_of_images(count: int) -> None:
    _, label = choose(MANY, count, seed=5)
    assert len(label) == count
    assert min(Counter(label).values()) >= 2
    for even in range(2, count, 2):
        assert min(Counter(label[:even]).values()) >= 2


@pytest.mark.parametrize(("count", "times"), [(100, {2}), (200, {4}), (150, {2, 4})])
def test_families_take_turns(count: int, times: set[int]) -> None:
    _, label = choose(MANY, count, seed=5)
    assert set(label) == set(range(50))
    assert set(Counter(label).values()) == times


def test_each_turn_has_an_order_of_its_own() -> None:
    _, label = choose(MANY, 200, seed=5)
    assert label[:100] != label[100:]
    assert sorted(label[:100]) == sorted(label[100:])


def test_each_glyph_is_drawn_once() -> None:
    drawn: list[str] = []

    def draw(name: str) -> NDArray[np.uint8]:
        drawn.append(name)
        return square(name)

    compose(FAMILIES, draw, count=40, size=16, seed=0)
    assert sorted(drawn) == sorted(COLOURS)


def test_progress_counts_images() -> None:
    ticks: list[None] = []
    compose(FAMILIES, square, 10, 16, 0, advance=lambda: ticks.append(None))
    assert len(ticks) == 10


def test_glyphs_vary_in_size_within_the_range() -> None:
    # Opaque squares of s pixels cover s² pixels whatever their angle, but for their edges.
    images, label = compose([("green",)], square, count=60, size=64, seed=0)
    green = np.array([(image == COLOURS["green"]).all(axis=2).sum() for image in images])
    side = np.sqrt(green) / 64
    assert side.min() > SCALE[0] - 0.06
    assert side.max() <= SCALE[1]
    assert np.ptp(side) > 0.2
    assert label.tolist() == [0] * 60


def test_a_glyph_has_no_dark_rim_where_it_turns_transparent() -> None:
    def white_disc(name: str) -> NDArray[np.uint8]:
        picture = np.zeros((32, 32, 4), dtype=np.uint8)  # transparent parts are black
        rows, columns = np.ogrid[:32, :32]
        picture[(rows - 15.5) ** 2 + (columns - 15.5) ** 2 < 100] = 255
        return picture

    images, _ = compose([("disc",)], white_disc, count=40, size=32, seed=0)
    on_grey = [image for image in images if (image[:2] == 128).all()]
    assert len(on_grey) >= 3
    assert min(int(image.min()) for image in on_grey) >= 127


def test_a_quarter_of_the_backgrounds_is_mid_grey_and_the_rest_is_varied() -> None:
    images, _ = compose([("none",)], nothing, count=400, size=12, seed=0)
    flat = np.ptp(images.reshape(400, -1, 3), axis=1).max(axis=1) == 0
    grey = (images == 128).all(axis=(1, 2, 3))
    # 400 draws of probability 1/4: 100 ± 3.5 SD of 8.7.
    assert 70 <= grey.sum() <= 130
    assert 70 <= (flat & ~grey).sum() <= 130
    colours = images[flat & ~grey][:, 0, 0]
    assert len(np.unique(colours, axis=0)) == len(colours)
    # Muted: 48 levels either way of mid-grey, and nearly all of that is used.
    assert 80 <= colours.min() < 90
    assert 166 < colours.max() <= 176


def test_backgrounds_are_smooth() -> None:
    for place in range(60):
        picture = background(40, np.random.default_rng(place)).astype(int)
        # The finest texture has 6 cells of 96 levels in 40 px: far from pixel noise.
        assert np.abs(np.diff(picture, axis=0)).max() < 34
        assert np.abs(np.diff(picture, axis=1)).max() < 34


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((FAMILIES, square, 1, 24, 0), r"images\.count is 1"),
        ((FAMILIES, square, 4, 7, 0), r"images\.stored_size is 7"),
        (([], square, 4, 24, 0), "No glyphs are left"),
    ],
)
def test_impossible_sets_are_refused(arguments, message: str) -> None:
    with pytest.raises(UserError, match=message):
        compose(*arguments)
