"""Two conditions beside each other in the explorer, with their difference, in a real browser."""

import numpy as np
import pytest
from explorer_cases import ORDER
from selenium.webdriver import Keys
from selenium.webdriver.support.select import Select
from visitor import WIDTHS, Explorer, assert_shows, opened, shown_pair


def compare(explorer: Explorer, value: int) -> None:
    explorer.choose("other", value)


def headings(explorer: Explorer) -> list[str]:
    return [each.text for each in explorer.parts(".rdm h3")]


def test_two_conditions_stand_side_by_side_with_their_difference(explorer, planted) -> None:
    explorer.choose("network", 1)
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    compare(explorer, 1)
    assert headings(explorer) == [
        "layer1, moco", "layer1, own", "moco − own", "layer4, moco", "layer4, own", "moco − own",
    ]  # fmt: skip
    for layer, name in enumerate(("layer1", "layer4")):
        own, other = (planted.rdm(condition, 1, name, 2) for condition in ("moco", "own"))
        assert_shows(explorer, layer, own, planted, place=3 * layer)
        assert_shows(explorer, layer, other, planted, place=3 * layer + 1)
        # Red where the chosen condition's pairs are the more dissimilar, blue where less.
        more = (own - other)[np.ix_(ORDER, ORDER)]
        shade = explorer.pixels(3 * layer + 2).astype(int)
        redder, far = shade[..., 0] > shade[..., 2], np.abs(more) > 0.1
        np.testing.assert_array_equal(redder[far], more[far] > 0)


def test_a_pair_is_told_of_both_conditions_and_their_difference(explorer, planted, browser) -> None:
    explorer.choose("network", 1)
    compare(explorer, 1)
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    matrix = explorer.parts(".matrix")[2]
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)
    _, values = shown_pair(explorer)
    shown = [float(value.replace("−", "-")) for value in values]
    pair = ORDER[0], ORDER[1]
    for layer, name in enumerate(("layer1", "layer4")):
        own, other = (planted.rdm(each, 1, name, 2)[pair] for each in ("moco", "own"))
        assert shown[3 * layer : 3 * layer + 3] == pytest.approx(
            [own, other, own - other], abs=0.02
        )


def test_another_epoch_or_network_is_named(explorer) -> None:
    compare(explorer, 1)
    assert headings(explorer)[1] == "layer1, own, seed 1, epoch 1"
    explorer.slider.send_keys(Keys.END)
    assert headings(explorer)[2] == "moco − own, seed 1, epoch 2"


def test_the_comparison_ends_where_its_condition_is_chosen(explorer, planted) -> None:
    compare(explorer, 1)
    explorer.choose("condition", 1)
    assert headings(explorer) == ["layer1", "layer4"]
    compare(explorer, 1)
    assert headings(explorer)[1] == "layer1, moco"
    compare(explorer, 0)
    assert headings(explorer) == ["layer1", "layer4"]


ITSELF = 2
"""Another network or checkpoint of the chosen condition: after none and the other condition."""


def hold(explorer: Explorer, what: str, label: str) -> None:
    Select(explorer.part(f"select[name=explorer-beside-{what}]")).select_by_visible_text(label)


def test_a_network_stands_beside_its_own_first_checkpoint(explorer, planted) -> None:
    explorer.choose("network", 1)
    explorer.slider.send_keys(Keys.END)
    compare(explorer, ITSELF)
    assert headings(explorer)[:3] == [
        "layer1, epoch 3", "layer1, epoch 0", "epoch 3 − epoch 0",
    ]  # fmt: skip
    for layer, name in enumerate(("layer1", "layer4")):
        for place, epoch in enumerate((3, 0)):
            rdm = planted.rdm("moco", 1, name, epoch)
            assert_shows(explorer, layer, rdm, planted, place=3 * layer + place)
    explorer.slider.send_keys(Keys.ARROW_LEFT)
    assert headings(explorer)[2] == "epoch 2 − epoch 0"
    assert explorer.logged() == []


def test_another_network_at_another_checkpoint(explorer, planted) -> None:
    explorer.choose("network", 1)
    explorer.slider.send_keys(Keys.END)
    compare(explorer, ITSELF)
    hold(explorer, "network", "seed 2")
    assert headings(explorer)[:2] == ["layer1, seed 1", "layer1, seed 2, epoch 0"]
    hold(explorer, "epoch", "the same")
    assert headings(explorer)[:3] == ["layer1, seed 1", "layer1, seed 2", "seed 1 − seed 2"]
    assert_shows(explorer, 0, planted.rdm("moco", 2, "layer1", 3), planted, place=1)
    # The same network of another condition, at a checkpoint of its own.
    compare(explorer, 1)
    hold(explorer, "epoch", "1")
    assert headings(explorer)[2] == "moco − own, epoch 1"
    assert_shows(explorer, 0, planted.rdm("own", 1, "layer1", 1), planted, place=1)


def test_another_condition_ends_the_comparison_within_the_former(explorer) -> None:
    compare(explorer, ITSELF)
    explorer.choose("network", 1)
    explorer.slider.send_keys(Keys.END)
    assert headings(explorer)[2].endswith("− epoch 0")
    explorer.choose("condition", 1)
    assert headings(explorer) == ["layer1", "layer4"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_fits_the_screen(browser, report, width) -> None:
    explorer = opened(browser, report, width)
    compare(explorer, 1)
    across = WIDTHS[width][0]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= across
    tops = [each.rect["y"] for each in explorer.parts(".matrix")]
    assert len(set(tops[:3])) == (1 if width == "desktop" else 3)
    assert explorer.logged() == []
