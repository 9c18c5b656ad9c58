"""What the colours of RDMs stand for in the explorer, and what the colour bars say of it."""

import matplotlib as mpl
import numpy as np
import pytest
from explorer_cases import N_IMAGES, ORDER
from scipy.stats import rankdata
from selenium.webdriver import Keys
from visitor import Explorer, assert_shows, limits, mean_rdm, shown_pair

SAME, OWN, RANK = range(3)
LAYERS = ("layer1", "layer4")
OFF = ~np.eye(N_IMAGES, dtype=bool)
N_PAIRS = N_IMAGES * (N_IMAGES - 1) // 2


def bars(explorer: Explorer) -> list[list[str]]:
    """Of each RDM the lower and upper end and the unit of its colours."""
    return [
        [
            part.text.replace("−", "-")
            for part in each.find_elements("css selector", ":scope > span")
        ]
        for each in explorer.parts(".rdm > .scale")
    ]


def ends(planted, layer: str, scale: str) -> list[str]:
    low, high, _ = limits(planted, layer, scale)
    return [f"{low:.2f}", f"{high:.2f}", "1 - r"]


def shades(name: str) -> np.ndarray:
    return mpl.colormaps[name](np.arange(256), bytes=True)


def colours(explorer: Explorer, place: int, name: str = "viridis") -> np.ndarray:
    """Place of each pixel among 256 colours, the first of equal ones: (n_pairs,)."""
    pixels = explorer.pixels(place)[np.triu_indices(N_IMAGES, 1)]
    same = (pixels[:, None] == shades(name)[None]).all(axis=2)
    assert same.any(axis=1).all()
    return same.argmax(axis=1)


def upper(rdm: np.ndarray) -> np.ndarray:
    return rdm[np.ix_(ORDER, ORDER)][np.triu_indices(N_IMAGES, 1)]


def test_one_scale_for_all_layers_is_the_default(explorer, planted) -> None:
    assert explorer.part("input[name=explorer-scale]:checked").get_attribute("value") == str(SAME)
    assert bars(explorer) == [ends(planted, "layer1", "same")] * 2
    for layer, name in enumerate(LAYERS):
        assert_shows(explorer, layer, mean_rdm(planted, name, 0), planted)


def test_each_layer_on_its_own_scale(explorer, planted) -> None:
    explorer.choose("scale", OWN)
    assert bars(explorer) == [ends(planted, layer, "own") for layer in LAYERS]
    assert bars(explorer)[0] != bars(explorer)[1]
    explorer.slider.send_keys(Keys.END)
    for layer, name in enumerate(LAYERS):
        assert_shows(explorer, layer, mean_rdm(planted, name, 3), planted, scale="own")
    explorer.choose("scale", SAME)
    assert_shows(explorer, 0, mean_rdm(planted, "layer1", 3), planted)


def test_ranks_of_each_rdm(explorer, planted, browser) -> None:
    explorer.choose("scale", RANK)
    assert bars(explorer) == [["1", str(N_PAIRS), "rank"]] * 2
    for key, epoch in ((Keys.END, 3), (Keys.ARROW_LEFT, 2)):
        explorer.slider.send_keys(key)
        for layer, name in enumerate(LAYERS):
            true = (rankdata(upper(mean_rdm(planted, name, epoch))) - 1) / (N_PAIRS - 1)
            # Pairs in the same of 256 steps share a rank; in 66 pairs few do.
            assert np.abs(colours(explorer, layer) - 255 * true).max() < 255 * 2 / N_PAIRS
            assert {0, 255} <= set(colours(explorer, layer))
    # Dissimilarities are told as ever, and ranks beside them.
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT)
    rdms = [mean_rdm(planted, name, 2) for name in LAYERS]
    values = [float(value) for value in shown_pair(explorer)[1]]
    assert values == pytest.approx([rdm[ORDER[0], ORDER[1]] for rdm in rdms], abs=0.01)
    told = [int(each.text.removeprefix("rank ")) for each in explorer.parts(".values small")]
    assert told == pytest.approx([rankdata(upper(rdm))[0] for rdm in rdms], abs=1.5)
    explorer.choose("scale", SAME)
    assert [each.text for each in explorer.parts(".values small")] == ["", ""]


def test_scales_of_differences(explorer, planted) -> None:
    explorer.choose("network", 1)
    explorer.choose("other", 1)
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    same = bars(explorer)
    assert [each[2] for each in same] == ["1 - r", "1 - r", "difference"] * 2
    assert same[2] == same[5]
    explorer.choose("scale", OWN)
    own = bars(explorer)
    assert own[0] == own[1] == ends(planted, "layer1", "own")
    assert max(float(own[2][1]), float(own[5][1])) == float(same[2][1])
    explorer.choose("scale", RANK)
    low, high, unit = bars(explorer)[2]
    assert (low, unit) == (f"-{high}", "difference in rank")
    assert_rank_differences(explorer, planted, int(high))
    assert explorer.logged() == []


def assert_rank_differences(explorer: Explorer, planted, end: int) -> None:
    for layer, name in enumerate(LAYERS):
        chosen, beside = (upper(planted.rdm(each, 1, name, 2)) for each in ("moco", "own"))
        more = rankdata(chosen) - rankdata(beside)
        expected = 255 * np.clip((more + end) / (2 * end), 0, 1)
        found = colours(explorer, 3 * layer + 2, "RdBu_r")
        assert np.abs(found - expected).max() < 255 * 3 / (2 * end)
