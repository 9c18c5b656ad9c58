"""The explorer of 1 to 8 layers, 1 to 9 conditions and up to 20 networks fits the screen, in order.

Nothing lies over anything else or beyond the screen, and layers can be told apart.
"""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from explorer_cases import page, plant
from selenium.webdriver.common.by import By
from skimage.color import deltaE_ciede2000, rgb2lab
from visitor import WIDTHS, Explorer, opened

EPOCHS = (0.0, 0.1, 1.0, 2.0)
# Layers, conditions, networks of each condition.
SHAPES = [
    (1, 1, 20), (2, 8, 1), (3, 7, 1), (4, 6, 1), (5, 5, 1), (6, 4, 1), (7, 3, 2), (8, 2, 3),
    (8, 9, 1), (8, 1, 20),
]  # fmt: skip
# What stands beside or below each other, by what it stands in.
NEIGHBOURS = {
    ".choices": "fieldset",
    ".options": "label",
    ".rdms": ".rdm",
    ".charts": ".chart",
    ".maps .each": ".map",
    ".wholes": ":scope > *",
    ".key": "li",
    ".scale": ":scope > *",
    ".values": "li",
    ".export": "button",
}
BOXES = """
const boxes = (parts) => [...parts].map((each) => each.getBoundingClientRect())
  .filter(({ width, height }) => width && height)
  .map(({ left, top, right, bottom }) => [left, top, right, bottom]);
const [container, inner] = arguments;
return [...document.querySelectorAll(`#explorer ${container}`)].map((each) =>
  boxes(each.querySelectorAll(inner)));
"""
# On a phone, options that do not fit are moved sideways.
BEYOND = """
const width = document.documentElement.clientWidth;
return [...document.querySelectorAll("#explorer *")].filter((each) => {
  const { left, right, width: own } = each.getBoundingClientRect();
  return own && !each.closest(".options") && (left < -1 || right > width + 1);
}).map((each) => each.outerHTML.slice(0, 100));
"""


@pytest.fixture(
    scope="module", params=SHAPES, ids=lambda s: f"{s[0]} layers {s[1]} conditions {s[2]} networks"
)
def shaped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, int, int]:
    n_layers, n_conditions, n_seeds = request.param
    layers = tuple(f"layer{number}" for number in range(1, n_layers + 1))
    conditions = ("moco", *(f"condition_{number}" for number in range(1, n_conditions)))
    folder = tmp_path_factory.mktemp("shaped")
    seeds = dict.fromkeys(conditions, tuple(range(1, n_seeds + 1)))
    path = page(plant(folder, dict.fromkeys(conditions, EPOCHS), seeds, layers=layers), folder)
    return path, n_layers, n_conditions, n_seeds


def assert_in_order(explorer: Explorer) -> None:
    browser = explorer.browser
    across, there = browser.execute_script(
        "const { scrollWidth, clientWidth } = document.documentElement;"
        "return [scrollWidth, clientWidth];"
    )
    assert across <= there
    assert browser.execute_script(BEYOND) == []
    for container, inner in NEIGHBOURS.items():
        for boxes in browser.execute_script(BOXES, container, inner):
            for one, other in combinations(boxes, 2):
                width, height = (
                    min(one[side + 2], other[side + 2]) - max(one[side], other[side])
                    for side in (0, 1)
                )
                assert width < 1 or height < 1, (container, one, other)


def assert_labels_are_apart(explorer: Explorer) -> None:
    """Numbers along the axes of charts are not written over each other."""
    for chart in explorer.parts(".chart > svg"):
        if not chart.is_displayed():
            continue  # of a pair, before one is chosen
        numbers = chart.find_elements(By.CSS_SELECTOR, "text:not([transform])")
        boxes = [(each.rect, each.get_attribute("text-anchor")) for each in numbers]
        along = sorted(
            (box["x"], box["x"] + box["width"], round(box["y"]))
            for box, at in boxes
            if at == "middle"
        )
        lowest = max(y for *_, y in along)
        ticks = [(left, right) for left, right, y in along if y < lowest]
        assert len(ticks) >= 1
        assert all(one[1] < other[0] for one, other in pairwise(ticks))


@pytest.mark.parametrize("width", WIDTHS)
def test_all_of_it_fits_and_nothing_overlaps(browser, shaped, width) -> None:
    path, n_layers, n_conditions, n_seeds = shaped
    browser.get_log("browser")
    explorer = opened(browser, path, width)
    assert [len(explorer.parts(part)) for part in (".rdm", ".charts .chart", ".map")] == [
        n_layers
    ] * 3
    radios = len(explorer.parts("input[name=explorer-network]"))
    assert radios == n_seeds + (n_seeds > 1)
    assert len(explorer.parts("input[name=explorer-condition]")) == n_conditions * (
        n_conditions > 1
    )
    assert_in_order(explorer)
    assert_labels_are_apart(explorer)
    if n_conditions > 1:
        explorer.choose("other", 1)
        assert len(explorer.parts(".rdm")) == 3 * n_layers
        assert_in_order(explorer)
    explorer.choose("network", radios - 1)
    assert_in_order(explorer)
    assert explorer.logged() == []


def test_layers_can_be_told_apart(browser, shaped) -> None:
    path, n_layers, *_ = shaped
    explorer = opened(browser, path)
    entries = explorer.parts(".double > .key li")[:n_layers]
    names = [entry.text for entry in entries]
    assert names == [f"layer{number}" for number in range(1, n_layers + 1)]
    looks = browser.execute_script(
        "return arguments[0].map((each) => {"
        "  const marker = each.querySelector('.marker');"
        "  const [red, green, blue] = getComputedStyle(marker).fill.match(/[\\d.]+/g).map(Number);"
        "  return [marker.getAttribute('d'), red, green, blue];"
        "});",
        entries,
    )
    assert len({marker for marker, *_ in looks}) == min(n_layers, 7)
    lab = {name: rgb2lab(np.array(rgb)) for name, (_, *rgb) in zip(names, looks, strict=True)}
    for one, other in combinations(range(n_layers), 2):
        apart = deltaE_ciede2000(lab[names[one]], lab[names[other]])
        # Markers repeat beyond seven, and then with colours that are far apart.
        assert apart > (30 if looks[one][0] == looks[other][0] else 3), (one, other, apart)
    # The same markers stand along the curves.
    for chart in explorer.parts(".wholes .chart > svg"):
        along = [
            each.get_attribute("d") for each in chart.find_elements(By.CSS_SELECTOR, ".marker")
        ]
        assert set(along) == {marker for marker, *_ in looks}
