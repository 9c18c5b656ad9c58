"""The pairs that changed most, listed in the explorer: the study's own, and each pins its pair."""

from itertools import combinations

import numpy as np
import pytest
from explorer_cases import ORDER, images
from selenium.webdriver import Keys
from visitor import Explorer, mean_rdm, shown_pair

UP, DOWN = range(2)
Changed = tuple[set[str], float, float, float]


def listed(explorer: Explorer, which: int) -> list[Changed]:
    """Names of the two images, the change, and the dissimilarities before and now."""
    [shown] = explorer.parts(".lists ol")[which : which + 1]
    found = []
    for button in shown.find_elements("css selector", "li:not(.empty) button"):
        [names] = button.find_elements("css selector", ".names")
        change, *values = (
            part.text.replace("−", "-") for part in button.find_elements("css selector", "b, small")
        )
        before, now = (float(each) for each in values[0].split(" → "))
        found.append((set(names.text.split("\n")), float(change), before, now))
    return found


def assert_most_changed(explorer: Explorer, planted, before: np.ndarray, now: np.ndarray) -> None:
    """Both lists are those of the change between two square RDMs."""
    pairs = list(combinations(ORDER, 2))
    change = np.array([now[pair] - before[pair] for pair in pairs])
    for which, sign in ((UP, 1), (DOWN, -1)):
        found = listed(explorer, which)
        assert len(found) == 5
        assert [each[1] for each in found] == pytest.approx(
            sign * np.sort(sign * change)[::-1][:5], abs=0.02
        )
        for names, changed, *values in found:
            pair = [planted.stimulus.index(name) for name in names]
            true = [before[tuple(pair)], now[tuple(pair)]]
            assert values == pytest.approx(true, abs=0.02)
            assert changed == pytest.approx(true[1] - true[0], abs=0.02)
            assert changed * sign > 0


def test_pairs_that_changed_most_since_the_first_checkpoint(explorer, planted) -> None:
    explorer.slider.send_keys(Keys.END)
    for layer, name in ((1, "layer4"), (0, "layer1")):
        if layer == 0:
            explorer.choose("changes-layer", 0)
        rdms = [mean_rdm(planted, name, epoch) for epoch in (0, 3)]
        assert_most_changed(explorer, planted, *rdms)


def test_pairs_that_changed_most_since_the_previous_checkpoint(explorer, planted) -> None:
    explorer.choose("changes-since", 1)
    explorer.choose("network", 2)
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    rdms = [planted.rdm("moco", 2, "layer4", epoch) for epoch in (1, 2)]
    assert_most_changed(explorer, planted, *rdms)
    explorer.choose("other", 1)
    assert explorer.part(".changes h3").text == "Pairs that changed most, moco"


@pytest.mark.parametrize("since", [0, 1])
def test_nothing_has_changed_at_the_first_checkpoint(explorer, since) -> None:
    explorer.choose("changes-since", since)
    assert (
        explorer.part(".changes .none").text == "Nothing has changed yet at the first checkpoint."
    )
    assert listed(explorer, UP) == listed(explorer, DOWN) == []
    explorer.slider.send_keys(Keys.END)
    assert not explorer.part(".changes .none").is_displayed()


def test_a_changed_pair_has_its_pictures_and_is_pinned(explorer, planted, browser) -> None:
    explorer.slider.send_keys(Keys.END)
    buttons = explorer.parts(".changes li:not(.empty) button")
    names = buttons[2].find_element("css selector", ".names").text.split("\n")
    for name, picture in zip(
        names, buttons[2].find_elements("css selector", "canvas"), strict=True
    ):
        shade = browser.execute_script(
            "return [...arguments[0].getContext('2d').getImageData(9, 9, 1, 1).data];", picture
        )
        assert shade[:3] == images()[planted.stimulus.index(name), 0, 0].tolist()
    label = buttons[2].get_attribute("aria-label")
    assert label.startswith(f"{names[0]} and {names[1]}: +")
    buttons[2].send_keys(Keys.ENTER)
    pressed = [each.get_attribute("aria-pressed") for each in buttons]
    assert pressed == ["true" if place == 2 else "false" for place in range(10)]
    assert shown_pair(explorer)[0] == names
    assert "Pinned" in explorer.part(".pinning").text
    # It stays pinned at other checkpoints, and a second click lets it go.
    explorer.slider.send_keys(Keys.HOME, Keys.END)
    assert shown_pair(explorer)[0] == names
    buttons[2].click()
    assert [each.get_attribute("aria-pressed") for each in buttons] == ["false"] * 10
    assert explorer.logged() == []


def test_the_page_rests_while_time_moves(explorer) -> None:
    places = set()
    for key in (Keys.HOME, Keys.ARROW_RIGHT, Keys.END):
        explorer.slider.send_keys(key)
        places.add(explorer.part(".charts").rect["y"])
    assert len(places) == 1
