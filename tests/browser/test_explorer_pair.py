"""The chosen pair of test images in the explorer, with a pointer that moves and by keyboard."""

import re

import numpy as np
import pytest
from explorer_cases import EPOCHS, N_IMAGES, ORDER, Planted
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.remote.webelement import WebElement
from visitor import WIDTHS, Explorer, mean_rdm, opened, shown_pair

LAYERS = ("layer1", "layer4")


def by_keys(explorer: Explorer) -> WebElement:
    """Choose the first pair with the keys."""
    matrix = explorer.part(".matrix")
    explorer.browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)
    return matrix


# Over training


def heights(explorer: Explorer) -> list[list[float]]:
    """Points of the pair's curves, from the top, in pixels."""
    lines = explorer.parts(".chosen .chart path.line")
    return [[float(y) for y in re.findall(r",([\d.]+)", line.get_attribute("d"))] for line in lines]


def points(explorer: Explorer) -> list[tuple[float, float]]:
    dots = explorer.parts(".chosen .chart circle.now")
    return [(float(dot.get_attribute("cx")), float(dot.get_attribute("cy"))) for dot in dots]


def test_the_curve_of_a_pair_is_its_dissimilarity_in_every_rdm(explorer, planted) -> None:
    by_keys(explorer)
    drawn = heights(explorer)
    true = [
        [mean_rdm(planted, layer, epoch)[ORDER[0], ORDER[1]] for epoch in EPOCHS["moco"]]
        for layer in LAYERS
    ]
    # One axis: pixels are the same linear function of dissimilarities in both layers.
    slope, start = np.polyfit(np.ravel(true), np.ravel(drawn), 1)
    assert slope < -50
    np.testing.assert_allclose(start + slope * np.array(true), drawn, atol=-0.01 * slope)


def test_the_present_checkpoint_is_marked_on_the_curve_of_a_pair(explorer) -> None:
    by_keys(explorer)
    for place, key in ((0, Keys.HOME), (1, Keys.ARROW_RIGHT), (4, Keys.END)):
        explorer.slider.send_keys(key)
        drawn = heights(explorer)
        assert [y for _, y in points(explorer)] == [each[place] for each in drawn]
    cursor = explorer.part(".chosen .cursor").get_attribute("x1")
    assert [x for x, _ in points(explorer)] == pytest.approx([float(cursor)] * 2, abs=0.1)


def test_the_curve_of_a_pair_stands_beside_that_of_the_other_condition(explorer, planted) -> None:
    explorer.choose("network", 1)
    explorer.choose("other", 1)
    by_keys(explorer)
    drawn = heights(explorer)
    assert [len(each) for each in drawn] == [3, 3, 5, 5]  # the other condition's lie below
    assert len(explorer.parts(".chosen .chart path.within")) == 2
    # At epoch 3 the nearest checkpoint of the other condition is that of epoch 2.
    explorer.slider.send_keys(Keys.END)
    assert [y for _, y in points(explorer)] == [drawn[0][1], drawn[1][1], drawn[2][4], drawn[3][4]]
    (x, _), _, (chosen, _), _ = points(explorer)
    assert x < chosen
    explorer.choose("other", 0)
    assert len(heights(explorer)) == 2


def test_the_curve_of_a_pair_goes_to_a_checkpoint(explorer, browser) -> None:
    by_keys(explorer)
    chart = explorer.part(".chosen .chart svg")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    right = chart.size["width"] // 2 - 20
    ActionChains(browser).move_to_element_with_offset(chart, right, 0).click().perform()
    assert explorer.epoch == "epoch 3"


def test_an_image_and_itself_have_no_curve(explorer) -> None:
    matrix = by_keys(explorer)
    matrix.send_keys(Keys.HOME)
    assert heights(explorer) == [[], []]
    assert shown_pair(explorer)[1] == ["–", "–"]
    assert explorer.logged() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_rests_when_a_pair_is_chosen(browser, report, width) -> None:
    explorer = opened(browser, report, width)
    before = explorer.part(".charts").rect["y"]
    by_keys(explorer)
    assert explorer.part(".chosen .chart svg").rect["height"] > 60
    if width == "desktop":
        assert explorer.part(".charts").rect["y"] == before
    across = WIDTHS[width][0]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= across


# Pinned


class Pointer:
    """A pointer that goes its way in small steps over all that lies between."""

    STEP = 6  # px

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser
        self.x, self.y = 0.0, 0.0

    def move(self, x: float, y: float) -> None:
        steps = int(max(abs(x - self.x), abs(y - self.y)) // self.STEP) + 1
        actions = ActionBuilder(self.browser, duration=5)
        for share in np.linspace(0, 1, steps + 1)[1:]:
            where = (self.x + share * (x - self.x), self.y + share * (y - self.y))
            actions.pointer_action.move_to_location(*(round(each) for each in where))
        actions.perform()
        self.x, self.y = x, y

    def to_cell(self, matrix: WebElement, row: int, column: int) -> None:
        left, top, side = self.browser.execute_script(
            "const { left, top, width } = arguments[0].getBoundingClientRect();"
            "return [left, top, width];",
            matrix,
        )
        cell = side / N_IMAGES
        self.move(left + (column + 0.5) * cell, top + (row + 0.5) * cell)

    def click(self) -> None:
        actions = ActionBuilder(self.browser)
        actions.pointer_action.click()
        actions.perform()


@pytest.fixture
def pointer(explorer, browser) -> Pointer:
    """A pointer above the RDMs, all of which are in view."""
    browser.execute_script("document.querySelector('#explorer').scrollIntoView()")
    made = Pointer(browser)
    made.move(5, 5)
    return made


def places(explorer: Explorer, planted: Planted) -> tuple[int, int] | None:
    """Row and column of the pair that is shown."""
    if explorer.part(".hint").is_displayed():
        return None
    row, column = (planted.stimulus.index(name) for name in shown_pair(explorer)[0])
    return ORDER.index(row), ORDER.index(column)


def test_a_pair_that_is_not_pinned_follows_the_pointer(explorer, planted, pointer) -> None:
    matrix = explorer.part(".matrix")
    for cell in ((2, 7), (4, 5), (4, 9)):
        pointer.to_cell(matrix, *cell)
        assert places(explorer, planted) == cell
    pointer.move(5, 5)
    assert places(explorer, planted) is None


def test_a_pinned_pair_stays_wherever_the_pointer_goes(explorer, planted, pointer) -> None:
    first, second = explorer.parts(".matrix")
    pointer.to_cell(first, 2, 7)
    pointer.click()
    for where in ((8, 3), (0, 11)):
        pointer.to_cell(first, *where)
        assert places(explorer, planted) == (2, 7)
        pointer.to_cell(second, *where)
        assert places(explorer, planted) == (2, 7)
    pointer.move(5, 5)
    assert places(explorer, planted) == (2, 7)
    assert "Pinned" in explorer.part(".pinning").text
    # It also stays over time, and in another network.
    explorer.slider.send_keys(Keys.END)
    explorer.choose("network", 2)
    explorer.choose("other", 1)
    assert places(explorer, planted) == (2, 7)


def test_another_click_pins_another_pair_and_a_second_lets_it_go(
    explorer, planted, pointer
) -> None:
    first, second = explorer.parts(".matrix")
    pointer.to_cell(first, 2, 7)
    pointer.click()
    pointer.to_cell(second, 5, 1)
    pointer.click()
    pointer.to_cell(first, 3, 3)
    assert places(explorer, planted) == (5, 1)
    pointer.to_cell(first, 5, 1)
    pointer.click()
    pointer.to_cell(first, 6, 1)
    assert places(explorer, planted) == (6, 1)
    pointer.move(5, 5)
    assert places(explorer, planted) is None


def test_escape_lets_a_pinned_pair_go_wherever_the_focus_is(explorer, planted, pointer) -> None:
    matrix = explorer.part(".matrix")
    pointer.to_cell(matrix, 2, 7)
    pointer.click()
    pointer.move(5, 5)
    explorer.slider.send_keys(Keys.ESCAPE)
    assert places(explorer, planted) is None
    pointer.to_cell(matrix, 4, 7)
    assert places(explorer, planted) == (4, 7)


def test_a_pair_is_pinned_and_moved_by_keys(explorer, planted, pointer) -> None:
    matrix = by_keys(explorer)
    matrix.send_keys(Keys.ENTER)
    pointer.to_cell(explorer.parts(".matrix")[1], 8, 3)
    assert places(explorer, planted) == (0, 1)
    matrix.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    pointer.to_cell(matrix, 8, 3)
    assert places(explorer, planted) == (1, 2)
    matrix.send_keys(Keys.ENTER)
    pointer.to_cell(matrix, 8, 4)
    assert places(explorer, planted) == (8, 4)


def test_a_button_lets_a_pinned_pair_go(explorer, planted) -> None:
    button = explorer.part(".unpin")
    matrix = by_keys(explorer)
    assert not button.is_displayed()
    matrix.send_keys(Keys.ENTER)
    button.send_keys(Keys.SPACE)
    assert places(explorer, planted) is None
    assert explorer.focused().get_attribute("class") == "matrix"
    assert explorer.part(".play").get_attribute("aria-label") == "Play"


def test_a_tap_pins_a_pair(browser, report, planted) -> None:
    explorer = opened(browser, report, "phone")
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", matrix)
    finger = PointerInput("touch", "finger")
    for offset in (-100, 60):
        actions = ActionBuilder(browser, mouse=finger)
        actions.pointer_action.move_to(matrix, offset, -100).pointer_down().pointer_up()
        actions.perform()
        assert "Pinned" in explorer.part(".pinning").text
    row, column = places(explorer, planted)
    assert row < column
    explorer.part(".unpin").click()
    assert places(explorer, planted) is None
