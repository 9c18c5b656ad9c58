"""Bands of curves, and the axis of time, in a real browser.

The truth is the spread of the networks' own tables, and the place of an epoch on an axis, by hand.
"""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from explorer_cases import page, plant
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from visitor import Explorer, opened

SERIES = [(category, pairs) for category in ("faces", "animals") for pairs in ("within", "between")]


def number(part: WebElement, name: str) -> float:
    return float(part.get_attribute(name))


def band_at_the_end(band: WebElement) -> tuple[float, float]:
    """Lowest and highest value at the right end of a band, in px from above."""
    points = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", band.get_attribute("d")), float)
    last = points[points[:, 0] == points[:, 0].max(), 1]
    return last.max(), last.min()


# Bands


def test_bands_are_the_spread_of_the_networks(explorer, planted) -> None:
    explorer.slider.send_keys(Keys.END)
    table = planted.sources().categories
    chosen = table.query("condition == 'moco' and layer == 'layer1' and epoch == 3")
    groups = chosen.groupby(["category", "pairs"])["dissimilarity"]
    true = {name: (values.mean(), values.std(ddof=1)) for name, values in groups}
    chart = explorer.part(".charts .chart")
    dots = chart.find_elements(By.CSS_SELECTOR, ".now")
    bands = chart.find_elements(By.CSS_SELECTOR, ".band")
    assert len(bands) == len(SERIES)
    # Two means give the scale of the axis.
    means = [true[name][0] for name in SERIES]
    per_px, zero = np.polyfit([number(dot, "cy") for dot in dots], means, 1)
    for name, band in zip(SERIES, bands, strict=True):
        mean, sd = true[name]
        shown = [per_px * place + zero for place in band_at_the_end(band)]
        assert shown == pytest.approx([mean - sd, mean + sd], abs=2 * abs(per_px))
        assert shown[1] - shown[0] > 3 * abs(per_px)


def test_the_similarity_of_steps_has_bands_that_stay_in_the_chart(explorer) -> None:
    chart = explorer.part(".wholes > .chart > svg")
    [first, second] = chart.find_elements(By.CSS_SELECTOR, ".band")
    height = chart.size["height"]
    for band in (first, second):
        places = [float(y) for y in re.findall(r",(-?[\d.]+)", band.get_attribute("d"))]
        assert len(places) == 6  # three steps, there and back
        assert min(places) >= 0
        assert max(places) <= height


def test_the_caption_says_what_bands_are_of_how_many(explorer) -> None:
    said = [each.text for each in explorer.parts(".chart .key li:last-child")]
    assert said == 3 * ["bands: ± SD, n = 3 networks"]


def test_one_network_has_no_band(explorer) -> None:
    explorer.choose("network", 1)
    assert explorer.parts(".band") == []
    assert "bands" not in " ".join(each.text for each in explorer.parts(".chart .key"))


# Time


def cursor_share(explorer: Explorer) -> float:
    """How far the cursor is along the axis."""
    chart = explorer.part(".charts .chart")
    axis = chart.find_element(By.CSS_SELECTOR, "path.axis").get_attribute("d")
    left, right = re.fullmatch(r"M([\d.]+),[\d.]+V[\d.]+H([\d.]+)", axis).groups()
    place = number(chart.find_element(By.CSS_SELECTOR, ".cursor"), "x1")
    return (place - float(left)) / (float(right) - float(left))


def test_time_is_logarithmic_where_figures_have_it_and_linear_by_choice(explorer) -> None:
    explorer.slider.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert explorer.epoch == "epoch 1"
    # It ends at 5, as another condition does. Before the first checkpoint, 0.1, it is linear and
    # 0.4 decades long.
    whole = 0.4 + math.log10(5 / 0.1)
    assert cursor_share(explorer) == pytest.approx((0.4 + 1) / whole, abs=1e-3)
    explorer.choose("time", 0)
    assert cursor_share(explorer) == pytest.approx(1 / 5, abs=1e-3)
    assert explorer.epoch == "epoch 1"
    explorer.slider.send_keys(Keys.ARROW_LEFT)
    assert cursor_share(explorer) == pytest.approx(0.1 / 5, abs=1e-3)
    explorer.choose("time", 1)
    assert cursor_share(explorer) == pytest.approx(0.4 / whole, abs=1e-3)
    assert explorer.logged() == []


def test_whole_epochs_are_linear_and_logarithmic_by_choice(browser, tmp_path) -> None:
    planted = plant(tmp_path, {"moco": (0.0, 1.0, 2.0, 10.0)}, {"moco": (1,)})
    explorer = opened(browser, page(planted, tmp_path))
    explorer.slider.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert cursor_share(explorer) == pytest.approx(0.1, abs=1e-3)
    explorer.choose("time", 1)
    assert cursor_share(explorer) == pytest.approx(0.4 / 1.4, abs=1e-3)


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        ((0.0, 0.05, 1.0, 200.0), "0 0.1 0.3 1 3 10 30 100"),
        ((0.0, 1e3, 5e4, 1e6), "0 1000 3000 10000 30000 100000 300000 1000000"),
        ((0.0, 1e-4, 5.0, 1e6), "0 0.01 1 100 10000 1000000"),
        ((4.0, 5.0), "4"),
    ],
)
def test_ticks_of_any_span_are_apart(browser, tmp_path, epochs, shown) -> None:
    planted = plant(tmp_path, {"moco": epochs}, {"moco": (1,)})
    explorer = opened(browser, page(planted, tmp_path))
    explorer.choose("time", 1)
    labels = explorer.parts(".charts .chart:first-child svg text[text-anchor=middle]")[:-2]
    assert " ".join(each.text for each in labels) == shown
    boxes = [(each.rect["x"], each.rect["x"] + each.rect["width"]) for each in labels]
    assert all(one[1] + 3 < other[0] for one, other in pairwise(boxes))
