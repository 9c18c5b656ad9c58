"""Curves of layers and categories are hidden and shown again by their names in the legends."""

from selenium.webdriver import Keys
from selenium.webdriver.remote.webelement import WebElement
from visitor import Explorer


def legend(explorer: Explorer, selector: str, name: str) -> WebElement:
    [found] = [
        each for each in explorer.parts(f"{selector} .key button") if each.text.strip() == name
    ]
    return found


def lines(explorer: Explorer, selector: str) -> list[int]:
    """Number of lines in each chart."""
    return [
        len(each.find_elements("css selector", "path.line")) for each in explorer.parts(selector)
    ]


def test_a_category_is_hidden_in_all_layers_and_shown_again(explorer) -> None:
    charts = ".charts > .chart > svg"
    assert lines(explorer, charts) == [16, 16]  # 4 curves of the mean and of three networks
    button = legend(explorer, ".chart:nth-child(2)", "within faces")
    assert button.get_attribute("aria-pressed") == "true"
    before = [each.text for each in explorer.parts(".charts .key b")]
    button.click()
    assert lines(explorer, charts) == [12, 12]
    after = [each.text for each in explorer.parts(".charts .key b")]
    # Its place holds no value, and the others keep theirs.
    assert after == ["–" if place in (0, 4) else each for place, each in enumerate(before)]
    for layer in (1, 2):
        button = legend(explorer, f".chart:nth-child({layer})", "within faces")
        assert button.get_attribute("aria-pressed") == "false"
    # It stays hidden in another network and at other checkpoints.
    explorer.choose("network", 1)
    explorer.slider.send_keys(Keys.END)
    assert lines(explorer, charts) == [9, 9]
    assert len(explorer.parts(".charts > .chart:first-child circle.now")) == 3
    legend(explorer, ".chart:nth-child(1)", "within faces").click()
    assert lines(explorer, charts) == [12, 12]
    assert explorer.logged() == []


def test_a_layer_is_hidden_in_paths_stability_and_the_curve_of_a_pair(explorer, browser) -> None:
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT, Keys.ENTER)
    charts = ".wholes .chart > svg, .chosen .chart > svg"
    before = lines(explorer, charts)
    legend(explorer, ".double", "layer1").click()
    assert lines(explorer, charts) == [each / 2 for each in before]
    for place in (".double", ".wholes > .chart"):
        pressed = [
            legend(explorer, place, name).get_attribute("aria-pressed")
            for name in ("layer1", "layer4")
        ]
        assert pressed == ["false", "true"]
    # All may be hidden; time still moves.
    legend(explorer, ".wholes > .chart", "layer4").click()
    explorer.slider.send_keys(Keys.END)
    assert lines(explorer, charts) == [0] * 4
    legend(explorer, ".double", "layer1").click()
    legend(explorer, ".double", "layer4").click()
    assert lines(explorer, charts) == before
    assert explorer.logged() == []


def test_legends_work_by_keyboard_and_keep_the_focus(explorer) -> None:
    button = legend(explorer, ".chart:nth-child(1)", "between animals")
    button.send_keys(Keys.ENTER)
    focused = explorer.focused()
    assert focused.text == "between animals"
    assert focused.get_attribute("aria-pressed") == "false"
    focused.send_keys(Keys.SPACE)
    assert explorer.focused().get_attribute("aria-pressed") == "true"
    assert explorer.part(".play").get_attribute("aria-label") == "Play"


def test_each_name_is_one_stop_of_the_tab_key(explorer) -> None:
    stops = [
        each.text for each in explorer.parts(".key button") if each.get_attribute("tabindex") == "0"
    ]
    assert stops == [
        "within faces", "between faces", "within animals", "between animals", "layer1", "layer4",
    ]  # fmt: skip
