"""Where pictures of the test images are not published, the explorer shows their names."""

from pathlib import Path

import numpy as np
import pytest
from explorer_cases import N_IMAGES, ORDER, Planted, page, plant
from selenium.webdriver import Chrome, Keys
from visitor import WIDTHS, Explorer, assert_shows, mean_rdm, opened

NAMES = tuple(f"image_{place}" for place in range(N_IMAGES))
TILE = [0x59, 0x59, 0x59, 255]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("named"), names=NAMES)


@pytest.fixture(scope="module")
def without(named: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page(named, tmp_path_factory.mktemp("without"), pictures=False)


def drawn(explorer: Explorer, selector: str) -> np.ndarray:
    """Pixels of a canvas: uint8 (pixel, 4)."""
    data = explorer.browser.execute_script(
        "const canvas = arguments[0];"
        "const { width, height } = canvas;"
        "return [...canvas.getContext('2d').getImageData(0, 0, width, height).data];",
        explorer.part(selector),
    )
    return np.array(data, np.uint8).reshape(-1, 4)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_errors_and_shows_every_rdm(
    browser: Chrome, without: Path, named: Planted, width: str
) -> None:
    explorer = opened(browser, without, width)
    for layer, name in enumerate(("layer1", "layer4")):
        assert_shows(explorer, layer, mean_rdm(named, name, 3), named)
    assert explorer.logged() == []


def test_a_pair_has_tiles_with_names(browser: Chrome, without: Path) -> None:
    explorer = opened(browser, without)
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)
    assert explorer.part(".one figcaption").text == NAMES[ORDER[0]]
    assert explorer.part(".other figcaption").text == NAMES[ORDER[1]]
    for selector in (".one canvas", ".lens", ".field > canvas"):
        assert (drawn(explorer, selector) == TILE).all(axis=1).any(), selector
    # White on the tile, there are letters.
    assert (drawn(explorer, ".one canvas")[:, :3] > 200).all(axis=1).any()
    assert explorer.logged() == []


def test_the_report_lists_the_names(without: Path) -> None:
    text = without.read_text("utf-8")
    assert 'id="test-images"' not in text
    assert ", ".join(NAMES) in text
