"""The explorer works in a real browser: by pointer, by keys, by touch width, with no network.

The truth for each pixel is the planted RDM, coloured here by matplotlib.
"""

import io
import time

import numpy as np
import pytest
from explorer_cases import EPOCHS, HOSTILE, N_IMAGES, ORDER, SEEDS, images
from PIL import Image
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from visitor import WIDTHS, Explorer, assert_shows, mean_rdm, opened, shown_pair

MOST_BYTES = 15_000_000


# Loading


@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_errors_and_without_a_network(explorer, browser, report, width) -> None:
    explorer = opened(browser, report, width)
    for key in (Keys.END, Keys.HOME):
        explorer.slider.send_keys(key)
    assert explorer.logged() == []
    outside = [url for url in explorer.requested() if not url.startswith("data:")]
    assert outside
    assert set(outside) == {report.as_uri()}
    assert report.stat().st_size < MOST_BYTES


def test_it_starts_with_the_mean_at_the_last_checkpoint(browser, report, planted) -> None:
    explorer = opened(browser, report)
    assert explorer.epoch == "epoch 3"
    for layer, name in enumerate(("layer1", "layer4")):
        assert_shows(explorer, layer, mean_rdm(planted, name, 3), planted)


def test_a_hostile_name_is_only_text(explorer, browser) -> None:
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_DOWN)
    matrix.send_keys(Keys.HOME)
    assert explorer.part(".one figcaption").text == HOSTILE
    assert browser.title != "taken"
    assert explorer.parts("img") == []
    assert explorer.logged() == []


def test_no_other_program_may_run(explorer, browser) -> None:
    browser.execute_script(
        "const added = document.createElement('script');"
        "added.textContent = 'document.title = \"taken\"';"
        "document.body.append(added);"
    )
    assert browser.title != "taken"
    assert "Content Security Policy" in " ".join(explorer.logged())


# Time


def drag(explorer: Explorer, share: float) -> None:
    """Drag the slider's thumb from where it is to a share of its way."""
    slider = explorer.slider
    way = slider.size["width"] - 20
    last = int(slider.get_attribute("max"))
    now = int(slider.get_property("value")) / last
    actions = ActionChains(explorer.browser, duration=50)
    actions.move_to_element_with_offset(slider, round((now - 0.5) * way), 0).click_and_hold()
    actions.move_by_offset(round((share - now) * way), 0).release().perform()


def test_dragging_the_slider_shows_other_times(explorer, planted) -> None:
    for share, epoch in ((0.5, 1), (1, 3), (0.25, 0.1)):
        drag(explorer, share)
        assert explorer.epoch == f"epoch {epoch}"
        for layer, name in enumerate(("layer1", "layer4")):
            assert_shows(explorer, layer, mean_rdm(planted, name, epoch), planted)
    assert explorer.slider.get_attribute("aria-valuetext") == "epoch 0.1 of 3"


def test_keys_move_the_slider(explorer, planted) -> None:
    slider = explorer.slider
    for key, epoch in (
        (Keys.END, 3), (Keys.ARROW_LEFT, 2), (Keys.HOME, 0), (Keys.ARROW_RIGHT, 0.1),
        (Keys.ARROW_UP, 1), (Keys.ARROW_DOWN, 0.1), (Keys.PAGE_UP, 1),
    ):  # fmt: skip
        slider.send_keys(key)
        assert explorer.epoch == f"epoch {epoch}"
    assert_shows(explorer, 1, mean_rdm(planted, "layer4", 1), planted)


def test_space_plays_to_the_end_and_again_from_the_start(explorer) -> None:
    button = explorer.part(".play")
    explorer.slider.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-label") == "Pause"
    assert explorer.part(".epoch").get_attribute("aria-live") == "off"
    explorer.until(lambda: explorer.epoch == "epoch 3")
    explorer.until(lambda: button.get_attribute("aria-label") == "Play")
    assert explorer.part(".epoch").get_attribute("aria-live") == "polite"
    button.click()
    explorer.until(lambda: explorer.epoch == "epoch 0.1")
    explorer.slider.send_keys(Keys.SPACE)
    stopped = explorer.epoch
    time.sleep(1)
    assert explorer.epoch == stopped
    assert button.get_attribute("aria-label") == "Play"


def test_less_motion_is_respected(explorer, browser) -> None:
    reduced = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": reduced})
    try:
        explorer.slider.send_keys(Keys.SPACE)
        time.sleep(0.7)
        assert explorer.epoch == "epoch 0"
        explorer.until(lambda: explorer.epoch == "epoch 0.1")
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# Networks and conditions


def test_each_network_is_shown(explorer, planted) -> None:
    explorer.slider.send_keys(Keys.END)
    for place, seed in enumerate(SEEDS["moco"], 1):
        explorer.choose("network", place)
        assert explorer.epoch == "epoch 3"
        for layer, name in enumerate(("layer1", "layer4")):
            assert_shows(explorer, layer, planted.rdm("moco", seed, name, 3), planted)


def test_a_condition_with_other_checkpoints_has_its_own_slider(explorer, planted) -> None:
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    explorer.choose("network", 2)
    explorer.choose("condition", 1)
    assert explorer.epoch == "epoch 2"
    assert_shows(explorer, 0, planted.rdm("own", 1, "layer1", 2), planted)
    assert int(explorer.slider.get_attribute("max")) == len(EPOCHS["own"]) - 1
    explorer.slider.send_keys(Keys.END)
    assert explorer.epoch == "epoch 5"
    explorer.choose("condition", 0)
    assert explorer.epoch == "epoch 3"


# Pairs of images


def test_a_cell_shows_its_images_and_dissimilarities(explorer, planted, browser) -> None:
    matrix = explorer.parts(".matrix")[1]
    # Offsets of a pointer count from the middle of what is in view: all of it has to be.
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", matrix)
    cell = matrix.size["width"] / N_IMAGES
    row, column = 3, 8
    ActionChains(browser, duration=50).move_to_element_with_offset(
        matrix,
        round((column + 0.5 - N_IMAGES / 2) * cell),
        round((row + 0.5 - N_IMAGES / 2) * cell),
    ).perform()
    names, values = shown_pair(explorer)
    first, second = ORDER[row], ORDER[column]
    assert names == [planted.stimulus[first], planted.stimulus[second]]
    true = [mean_rdm(planted, name, 0)[first, second] for name in ("layer1", "layer4")]
    np.testing.assert_allclose([float(value) for value in values], true, atol=0.01)
    # Each test image has one colour, which no other has.
    for side, image in (("one", first), ("other", second)):
        shown = browser.execute_script(
            "return [...arguments[0].getContext('2d').getImageData(20, 20, 1, 1).data];",
            explorer.part(f".{side} canvas"),
        )
        assert shown[:3] == images()[image, 0, 0].tolist()


def test_margins_show_the_images_in_order(explorer, browser) -> None:
    top, left = explorer.parts(".field > canvas:not(.lens)")[:2]
    for canvas in (top, left):
        found = browser.execute_script(
            "const canvas = arguments[0], data = canvas.getContext('2d')"
            ".getImageData(0, 0, canvas.width, canvas.height).data;"
            "return [canvas.width, canvas.height, ...data];",
            canvas,
        )
        width, height = found[:2]
        pixels = np.array(found[2:], np.uint8).reshape(height, width, 4)
        along = pixels if canvas is top else pixels.swapaxes(0, 1)
        places = []
        for image in ORDER:
            where = (along == [*images()[image, 0, 0], 255]).all(axis=2)
            assert where.sum() > 100
            places.append(np.nonzero(where)[1].mean())
        assert places == sorted(places)


def test_keys_move_from_cell_to_cell(explorer, planted, browser) -> None:
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)  # the first pair
    for key, row, column in (
        (Keys.ARROW_RIGHT, 0, 2), (Keys.ARROW_DOWN, 1, 2), (Keys.END, 1, 11), (Keys.HOME, 1, 0),
        (Keys.ARROW_LEFT, 1, 0), (Keys.ARROW_UP, 0, 0),
    ):  # fmt: skip
        matrix.send_keys(key)
        names, values = shown_pair(explorer)
        assert names == [planted.stimulus[ORDER[row]], planted.stimulus[ORDER[column]]]
    assert values == ["–", "–"]
    assert explorer.part(".pair").get_attribute("aria-live") == "polite"
    assert explorer.epoch == "epoch 0"
    matrix.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    assert shown_pair(explorer)[0][0] == planted.stimulus[ORDER[10]]
    matrix.send_keys(Keys.ESCAPE)
    assert explorer.part(".hint").is_displayed()


def test_values_of_a_pair_follow_the_slider(explorer, planted, browser) -> None:
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)
    explorer.slider.send_keys(Keys.END)
    _, values = shown_pair(explorer)
    true = [mean_rdm(planted, name, 3)[ORDER[0], ORDER[1]] for name in ("layer1", "layer4")]
    np.testing.assert_allclose([float(value) for value in values], true, atol=0.01)


# Curves and paths


def test_curves_have_their_values_at_the_cursor(explorer, planted) -> None:
    sources = planted.sources()
    explorer.choose("network", 2)
    explorer.slider.send_keys(Keys.END)
    chosen = "condition == 'moco' and seed == 2 and layer == 'layer1'"
    rows = sources.categories.query(f"{chosen} and epoch == 3")
    true = rows.set_index(["category", "pairs"])["dissimilarity"]
    entries = [each.text.split() for each in explorer.parts(".chart:first-child .key li")]
    shown = {" ".join(words): float(value) for *words, value in entries}
    assert list(shown) == ["within faces", "between faces", "within animals", "between animals"]
    for name, value in shown.items():
        pairs, category = name.split()
        assert value == pytest.approx(true[category, pairs], abs=0.006)
    last = explorer.part(".wholes > .chart").find_elements(By.CSS_SELECTOR, ".key b")
    true = sources.stability.query("condition == 'moco' and seed == 2 and next_epoch == 3")
    found = [float(each.text.replace("−", "-")) for each in last]
    assert found == pytest.approx(true["correlation"].tolist(), abs=0.0006)
    explorer.slider.send_keys(Keys.HOME)
    assert [each.text for each in last] == ["–", "–"]  # there is no RDM before the first


def test_the_cursor_and_the_points_move_with_time(explorer) -> None:
    def places() -> list[tuple[str, str]]:
        dots = explorer.parts(".double circle.now")
        return [(dot.get_attribute("cx"), dot.get_attribute("cy")) for dot in dots]

    cursor = explorer.part(".chart .cursor")
    before, x_before = places(), float(cursor.get_attribute("x1"))
    explorer.slider.send_keys(Keys.END)
    cursor = explorer.part(".chart .cursor")
    assert len(before) == 4  # two layers in two planes
    assert all(old != new for old, new in zip(before, places(), strict=True))
    assert float(cursor.get_attribute("x1")) > x_before + 100


def test_a_chart_can_be_dragged(explorer, browser) -> None:
    chart = explorer.part(".charts > .chart > svg")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    half = chart.size["width"] // 2
    actions = ActionChains(browser, duration=50).move_to_element_with_offset(chart, 40 - half, 0)
    actions.click_and_hold().move_by_offset(2 * half - 50, 0).perform()
    assert explorer.epoch == "epoch 3"
    actions = ActionChains(browser, duration=50)
    actions.move_by_offset(50 - 2 * half, 0).release().perform()
    assert explorer.epoch == "epoch 0"


# Keys alone, and looks


def test_the_tab_key_goes_through_all_controls_in_order(browser, report) -> None:
    explorer = opened(browser, report)
    order = []
    while len(order) < 9:
        ActionChains(browser).send_keys(Keys.TAB).perform()
        focused = explorer.focused()
        if not order and focused.tag_name == "a":
            continue  # contents and answers stand before the explorer
        kind = focused.get_attribute("name") or focused.get_attribute("class")
        order.append(kind or focused.get_attribute("id") or focused.tag_name)
        visible = browser.execute_script(
            "const shown = getComputedStyle(arguments[0].closest('label') ?? arguments[0]);"
            "return shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2;",
            focused,
        )
        assert visible, order
        if kind == "matrix" and order.count("matrix") == 2:
            break
    assert order == [
        "explorer-condition", "explorer-network", "explorer-other", "play", "explorer-slider",
        "explorer-scale", "explorer-order", "matrix", "matrix",
    ]  # fmt: skip


def test_arrow_keys_choose_a_network_and_keep_the_focus(explorer, planted) -> None:
    explorer.part("input[name=explorer-network]:checked").send_keys(Keys.ARROW_RIGHT)
    assert explorer.focused().get_attribute("name") == "explorer-network"
    assert_shows(explorer, 0, planted.rdm("moco", 1, "layer1", 0), planted)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_the_screen(browser, report, width, tmp_path) -> None:
    explorer = opened(browser, report, width)
    drag(explorer, 0.5)
    across = WIDTHS[width][0]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= across
    boxes = [each.rect for each in explorer.parts(".matrix")]
    for box in boxes:
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert 0 <= box["x"] <= across - box["width"]
        assert box["width"] >= 200
    beside = boxes[0]["y"] == boxes[1]["y"]
    assert beside == (width == "desktop")
    # Seen as a picture: an RDM has many colours, a blank page has few.
    picture = tmp_path / f"{width}.png"
    picture.write_bytes(browser.get_screenshot_as_png())
    with Image.open(io.BytesIO(picture.read_bytes())) as seen:
        assert len(seen.convert("RGB").getcolors(2**24)) > 200


def test_dark_rooms_have_dark_pages(explorer, browser) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        shade = explorer.part(".controls").value_of_css_property("background-color")
        assert shade.startswith(("rgb(20, 24, 28", "rgba(20, 24, 28"))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
