"""The chosen pair of test images in the explorer, with a pointer that moves and by keyboard."""

import re

import numpy as np
import pytest
from explorer_cases import EPOCHS, ORDER
from selenium.webdriver import ActionChains, Keys
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
    return [
        [float(y) for y in re.findall(r",([\d.]+)", line.get_attribute("d"))] for line in lines
    ]


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
