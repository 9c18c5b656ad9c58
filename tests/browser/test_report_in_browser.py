"""The report in a real browser: its first screen, on paper, in a reader's own colours, by keyboard.

Names are those that the browser gives to assistive technology, not the attributes of the page.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from explorer_cases import Planted, decided, page, plant
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from visitor import Explorer, opened

from trajectories.analyses.claims import TITLES

DESKTOP, PHONE = (1440, 900), (390, 844)
A4_BETWEEN_MARGINS = 718  # px of 1/96 inch
CONDITIONS = [
    ("moco",),
    ("moco", "supervised"),
    ("moco", *(f"condition_{number}" for number in range(8))),
]
LAYERS = [("layer1",), tuple(f"layer{number}" for number in range(1, 9))]


def study(folder: Path, conditions: tuple[str, ...], layers: tuple[str, ...]) -> Planted:
    epochs = dict.fromkeys(conditions, (0.0, 0.1, 1.0, 2.0, 3.0))
    return plant(folder, epochs, dict.fromkeys(conditions, (1, 2)), layers=layers)


@pytest.fixture(scope="session", params=CONDITIONS, ids=lambda names: f"{len(names)} conditions")
def answered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with verdicts on all claims in each condition."""
    conditions: tuple[str, ...] = request.param
    planted = study(tmp_path_factory.mktemp("planted"), conditions, ("layer1", "layer4"))
    folder = tmp_path_factory.mktemp("report")
    return page(planted, folder, claims=decided(list(conditions)))


@contextmanager
def emulated(browser: Chrome, **media: object) -> Iterator[None]:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def bottoms(browser: Chrome, selector: str) -> list[float]:
    return [
        each.rect["y"] + each.rect["height"]
        for each in browser.find_elements(By.CSS_SELECTOR, selector)
    ]


def overflow(browser: Chrome) -> int:
    """How far the page reaches beyond the screen."""
    return int(
        browser.execute_script(
            "const { scrollWidth, clientWidth } = document.documentElement;"
            "return scrollWidth - clientWidth;"
        )
    )


def test_the_first_screen_has_title_sentence_and_all_verdicts(browser, answered) -> None:
    opened(browser, answered, size=DESKTOP)
    shown = bottoms(browser, ".answer")
    assert len(bottoms(browser, ".answers > li")) == len(TITLES)
    assert len(shown) >= len(TITLES)
    assert max(bottoms(browser, "h1") + bottoms(browser, "header p") + shown) <= DESKTOP[1]


def test_a_phones_first_screen_has_title_sentence_and_the_first_verdicts(browser, answered) -> None:
    opened(browser, answered, "phone")
    assert max(bottoms(browser, "h1") + bottoms(browser, "header p")) <= PHONE[1]
    assert bottoms(browser, ".answers > li")[0] <= PHONE[1]


def test_contents_stay_in_view_and_lead_somewhere(browser, answered) -> None:
    opened(browser, answered, size=DESKTOP)
    for link in browser.find_elements(By.CSS_SELECTOR, "a[href^='#']"):
        assert browser.find_elements(By.ID, link.get_attribute("href").split("#")[1])
    browser.execute_script("scrollTo(0, document.documentElement.scrollHeight)")
    top, bottom = browser.execute_script(
        "const { top, bottom } = document.querySelector('nav').getBoundingClientRect();"
        "return [top, bottom];"
    )
    assert 0 <= top < bottom <= DESKTOP[1]


@pytest.mark.parametrize("layers", LAYERS, ids=lambda names: f"{len(names)} layers")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_any_number_of_layers_fits_the_screen(browser, tmp_path, layers, size) -> None:
    planted = study(tmp_path / "planted", ("moco",), layers)
    browser.get_log("browser")
    explorer = opened(browser, page(planted, tmp_path), size=size)
    assert len(explorer.parts(".matrix")) == len(layers)
    assert overflow(browser) == 0
    assert explorer.logged() == []


def test_any_number_of_conditions_fits_the_screen(browser, answered) -> None:
    for size in (DESKTOP, PHONE):
        opened(browser, answered, size=size)
        assert overflow(browser) == 0


def test_rdms_are_whole_on_paper(browser, answered) -> None:
    # Paper is narrower than the screen that the page was laid out for; nothing lays it out anew.
    script = "window.ResizeObserver = class { observe() {} }"
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    try:
        opened(browser, answered, size=DESKTOP)
        with emulated(browser, media="print"):
            metrics = {"width": A4_BETWEEN_MARGINS, "height": 1000, "deviceScaleFactor": 1}
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride", metrics | {"mobile": False}
            )
            assert overflow(browser) == 0
            for field in browser.find_elements(By.CSS_SELECTOR, ".field"):
                box = field.rect
                assert box["x"] + box["width"] <= A4_BETWEEN_MARGINS
                for part in field.find_elements(By.CSS_SELECTOR, ":scope > *"):
                    if not part.is_displayed():
                        continue
                    inner = part.rect
                    assert inner["x"] >= box["x"] - 1
                    assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
                    assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
            for chart in browser.find_elements(By.CSS_SELECTOR, ".chart svg"):
                assert chart.rect["x"] + chart.rect["width"] <= A4_BETWEEN_MARGINS
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_the_play_button_is_seen_in_a_readers_own_colours(browser, answered) -> None:
    for scheme in ("light", "dark"):
        features = [
            {"name": "forced-colors", "value": "active"},
            {"name": "prefers-color-scheme", "value": scheme},
        ]
        with emulated(browser, features=features):
            explorer = opened(browser, answered, size=DESKTOP)
            with Image.open(io.BytesIO(explorer.part(".play").screenshot_as_png)) as seen:
                grey = np.asarray(seen.convert("L"), dtype=float)
            middle = grey[grey.shape[0] // 4 : -grey.shape[0] // 4]
            # The sign in the middle of the button, against the button.
            assert np.ptp(middle) > 100
            assert ((middle - middle.min()) > 100).mean() > 0.05
            assert ((middle.max() - middle) > 100).mean() > 0.05


def named(browser: Chrome) -> list[tuple[str, str, bool]]:
    """Role, name and whether it takes the focus, of all that assistive technology is told of."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            any(
                each["name"] == "focusable" and each["value"].get("value")
                for each in node.get("properties", [])
            ),
        )
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_all_that_takes_the_focus_and_all_regions_have_a_name(browser, answered, size) -> None:
    opened(browser, answered, size=size)
    told = named(browser)
    roles = [role for role, _, _ in told]
    assert roles.count("heading") > 5
    assert {"navigation", "main", "link", "slider", "button"} <= set(roles)
    nameless = [
        role
        for role, name, focusable in told
        if not name.strip()
        and (focusable or role in {"region", "navigation", "image", "group", "table", "figure"})
        and role not in {"RootWebArea", "figure", "group", "table"}
    ]
    assert nameless == []


def test_every_radio_is_named_and_the_explorer_is_a_region(browser, answered) -> None:
    explorer: Explorer = opened(browser, answered, size=DESKTOP)
    told = named(browser)
    assert ("region", "Explorer") in {(role, name) for role, name, _ in told}
    n_radios = len(explorer.parts("input[type=radio]"))
    assert sum(role == "radio" and bool(name) for role, name, _ in told) == n_radios
