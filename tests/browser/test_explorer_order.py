"""The order of test images in the explorer's RDMs: by category, by clustering, by hand."""

import numpy as np
import pytest
from explorer_cases import N_IMAGES, ORDER, images
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from visitor import Explorer, assert_shows, mean_rdm, shown_pair

CATEGORY, CLUSTERS, HAND = range(3)
_MARGIN = (
    "const canvas = arguments[0], data = canvas.getContext('2d')"
    ".getImageData(0, 0, canvas.width, canvas.height).data;"
    "return [canvas.width, canvas.height, ...data];"
)


def on_margin(explorer: Explorer, margin: int = 0) -> dict[int, tuple[float, float]]:
    """Middle of each image on the top (0) or left (1) margin: pixels from its left and top."""
    canvas = explorer.parts(".field > canvas:not(.lens)")[margin]
    width, height, *data = explorer.browser.execute_script(_MARGIN, canvas)
    pixels = np.array(data, np.uint8).reshape(height, width, 4)
    found = {}
    for image in range(N_IMAGES):
        rows, columns = np.nonzero((pixels == [*images()[image, 0, 0], 255]).all(axis=2))
        if len(rows) > 100:
            found[image] = (float(columns.mean()), float(rows.mean()))
    return found


def order(explorer: Explorer, margin: int = 0) -> list[int]:
    """Images of the table in the order in which a margin has them."""
    places = on_margin(explorer, margin)
    return sorted(places, key=lambda image: places[image][margin])


def assert_ordered(explorer: Explorer, expected: list[int], planted) -> None:
    """Both margins and the RDMs have an order of images."""
    assert order(explorer, 0) == order(explorer, 1) == expected
    epoch = float(explorer.epoch.split()[1])
    for layer, name in enumerate(("layer1", "layer4")):
        rdm = mean_rdm(planted, name, epoch)
        # What is shown is taken back to the order by category.
        back = np.empty_like(rdm)
        back[np.ix_(ORDER, ORDER)] = rdm[np.ix_(expected, expected)]
        assert_shows(explorer, layer, back, planted)


def drag(browser: Chrome, explorer: Explorer, image: int, onto: int, margin: int = 0) -> None:
    """Drag an image on a margin along it, in small steps, to where another image is."""
    canvas = explorer.parts(".field > canvas:not(.lens)")[margin]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    left, top = browser.execute_script(
        "const { left, top } = arguments[0].getBoundingClientRect(); return [left, top];", canvas
    )
    places = on_margin(explorer, margin)
    start, end = np.array(places[image]), np.array(places[onto])
    end[1 - margin] = start[1 - margin]
    pointer = ActionBuilder(browser, duration=5)
    for share in np.linspace(0, 1, 25):
        x, y = start + share * (end - start)
        pointer.pointer_action.move_to_location(round(left + x), round(top + y))
        if share == 0:
            pointer.pointer_action.pointer_down()
    pointer.pointer_action.pointer_up()
    pointer.perform()


def test_by_category_is_the_default(explorer, planted) -> None:
    assert_ordered(explorer, ORDER, planted)
    assert not explorer.part(".told").is_displayed()


def test_by_clustering_neighbours_are_those_of_average_linkage(explorer, planted) -> None:
    explorer.choose("order", CLUSTERS)
    found = order(explorer)
    assert_ordered(explorer, found, planted)
    last = mean_rdm(planted, "layer4", 3)
    tree = hierarchy.linkage(squareform(last, checks=False), "average")
    for two in tree[:, :2]:
        if (two < N_IMAGES).all():
            assert abs(found.index(int(two[0])) - found.index(int(two[1]))) == 1
    assert "average linkage of layer4 of moco (mean of all" in explorer.part(".told").text
    explorer.slider.send_keys(Keys.END)
    explorer.choose("other", 1)
    assert order(explorer) == found
    explorer.choose("other", 0)
    explorer.choose("order", CATEGORY)
    assert_ordered(explorer, ORDER, planted)


@pytest.mark.parametrize("margin", [0, 1], ids=["top", "left"])
def test_images_are_dragged(explorer, planted, browser, margin) -> None:
    drag(browser, explorer, ORDER[3], ORDER[8], margin)
    assert order(explorer) == ORDER  # not by hand
    explorer.choose("order", HAND)
    drag(browser, explorer, ORDER[3], ORDER[8], margin)
    expected = [each for each in ORDER if each != ORDER[3]]
    expected.insert(8, ORDER[3])
    assert_ordered(explorer, expected, planted)
    assert explorer.part(".told").text == f"image {ORDER[3]}: place 9 of {N_IMAGES}."
    drag(browser, explorer, ORDER[11], ORDER[0], margin)
    assert order(explorer) == [ORDER[11], *expected[:-1]]
    # Reading pixels, as this test does, is warned of.
    assert not [each for each in explorer.logged() if "willReadFrequently" not in each]


def test_images_are_moved_by_keys(explorer, planted, browser) -> None:
    explorer.choose("order", CLUSTERS)
    before = order(explorer)
    explorer.choose("order", HAND)
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)  # the first pair
    names = shown_pair(explorer)[0]
    assert names == [planted.stimulus[image] for image in before[:2]]
    matrix.send_keys(Keys.PAGE_DOWN, Keys.PAGE_DOWN)
    first, second, third, *others = before
    assert_ordered(explorer, [second, third, first, *others], planted)
    assert shown_pair(explorer)[0] == names
    matrix.send_keys(Keys.PAGE_UP)
    assert order(explorer) == [second, first, third, *others]
    matrix.send_keys(Keys.SHIFT, Keys.PAGE_UP)  # already the first
    matrix.send_keys(Keys.SHIFT, Keys.PAGE_DOWN)
    assert order(explorer) == [first, second, third, *others]


def test_a_pair_stays_chosen_in_another_order(explorer, planted, browser) -> None:
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT, Keys.ENTER)
    names, values = shown_pair(explorer)
    explorer.choose("order", CLUSTERS)
    assert shown_pair(explorer) == (names, values)
    row, column = (order(explorer).index(planted.stimulus.index(name)) for name in names)
    cell = explorer.parts(".matrix:first-of-type > .cross")[2]
    left, top = (float(cell.value_of_css_property(side)[:-2]) for side in ("left", "top"))
    side = matrix.size["width"] / N_IMAGES
    assert (top / side, left / side) == pytest.approx((row, column), abs=0.05)
    # Keys go on from there.
    matrix.send_keys(Keys.HOME)
    assert shown_pair(explorer)[0][1] == planted.stimulus[order(explorer)[0]]
