"""The explorer uses a wide screen well, and a narrow one: nothing is cut or out of sight."""

import pytest
from explorer_cases import page, plant
from selenium.webdriver import Keys
from visitor import Explorer, opened

WIDE = (1600, 1900, 2560)
LAYERS = [("layer1",), ("layer1", "layer4"), tuple(f"layer{number}" for number in range(1, 9))]


@pytest.fixture(scope="module", params=LAYERS, ids=lambda names: f"{len(names)} layers")
def layered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("layered")
    return page(plant(folder / "planted", layers=request.param), folder)


def pinned(explorer: Explorer) -> None:
    matrix = explorer.part(".matrix")
    explorer.browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT, Keys.ENTER)


def overflow(explorer: Explorer) -> int:
    return int(
        explorer.browser.execute_script(
            "const { scrollWidth, clientWidth } = document.documentElement;"
            "return scrollWidth - clientWidth;"
        )
    )


@pytest.mark.parametrize("across", WIDE)
@pytest.mark.parametrize("compared", [False, True], ids=["one", "compared"])
def test_the_pair_stands_beside_the_rdms_on_a_wide_screen(
    browser, layered, across, compared
) -> None:
    browser.get_log("browser")
    explorer = opened(browser, layered, size=(across, 1000))
    if compared:
        explorer.choose("other", 1)
    pinned(explorer)
    rdms, pair = explorer.part(".rdms").rect, explorer.part(".pair").rect
    assert pair["x"] >= rdms["x"] + rdms["width"]
    assert pair["y"] == pytest.approx(rdms["y"], abs=2)
    assert explorer.part(".charts").rect["x"] + explorer.part(".charts").rect["width"] <= pair["x"]
    # The screen is used, up to a width that is still one page.
    assert pair["x"] + pair["width"] >= min(across, 2400) - 80
    assert min(each.rect["width"] for each in explorer.parts(".matrix")) >= 160
    assert overflow(explorer) == 0
    # It stays in view while the curves are looked at.
    browser.execute_script("arguments[0].scrollIntoView({block: 'end'})", explorer.part(".wholes"))
    top = browser.execute_script(
        "return arguments[0].getBoundingClientRect().top", explorer.part(".pair")
    )
    assert top >= explorer.part(".controls").rect["height"]
    assert explorer.logged() == []


@pytest.mark.parametrize("across", [320, 380, 768])
@pytest.mark.parametrize("compared", [False, True], ids=["one", "compared"])
def test_nothing_reaches_beyond_a_narrow_screen(browser, layered, across, compared) -> None:
    explorer = opened(browser, layered, size=(across, 800))
    if compared:
        explorer.choose("other", 1)
    explorer.choose("scale", len(explorer.parts("[name=explorer-scale]")) - 1)
    explorer.choose("order", 2)
    pinned(explorer)
    assert overflow(explorer) == 0
    pair = explorer.part(".pair").rect
    assert 0 <= pair["x"] <= pair["x"] + pair["width"] <= across


def test_one_layer_has_one_scale_of_dissimilarities(browser, layered) -> None:
    explorer = opened(browser, layered)
    single = len(explorer.parts(".matrix")) == 1
    assert len(explorer.parts("[name=explorer-scale]")) == (2 if single else 3)
    explorer.choose("scale", 1 if single else 2)
    assert explorer.part(".unit").text == "rank"
