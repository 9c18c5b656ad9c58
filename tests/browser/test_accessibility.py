"""The report has no violation that axe finds: light and dark, wide and narrow, all of it opened."""

from pathlib import Path
from typing import Any

import pytest
from explorer_cases import decided, page, plant
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium_axe_python import Axe
from visitor import WIDTHS, Explorer, opened

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EPOCHS = (0.0, 0.1, 1.0, 2.0)
SHAPES = [
    (("layer1",), ("moco",), (1,)),
    (("layer1", "layer2", "layer4"), ("moco", "supervised", "blurred"), (1, 2)),
]


@pytest.fixture(scope="module", params=SHAPES, ids=["1 layer", "3 layers and conditions"])
def shaped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    layers, conditions, seeds = request.param
    folder = tmp_path_factory.mktemp("shaped")
    epochs, of = dict.fromkeys(conditions, EPOCHS), dict.fromkeys(conditions, seeds)
    return page(plant(folder, epochs, of, layers=layers), folder, claims=decided(list(conditions)))


def unfold(explorer: Explorer) -> None:
    """Open what is folded; choose a pair, an image and, where there are two, a comparison."""
    browser = explorer.browser
    browser.execute_script(
        "for (const each of document.querySelectorAll('details')) each.open = true"
    )
    if explorer.parts("input[name=explorer-other]"):
        explorer.choose("other", 1)
    for part in (".places", ".matrix"):
        browser.execute_script("arguments[0].focus()", explorer.part(part))
        explorer.focused().send_keys(Keys.ARROW_RIGHT)


def found(browser: Chrome) -> dict[str, Any]:
    axe = Axe(browser)
    axe.inject()
    results: dict[str, Any] = axe.run(options={"runOnly": {"type": "tag", "values": RULES}})
    return results


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser, shaped, scheme, width) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        unfold(opened(browser, shaped, width))
        results = found(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert results["violations"] == [], Axe.report(results["violations"])
    assert {"color-contrast", "target-size", "label", "aria-required-attr"} <= {
        each["id"] for each in results["passes"]
    }


def test_axe_would_find_a_control_without_a_name_and_pale_text(browser, shaped) -> None:
    explorer = opened(browser, shaped)
    for script in (
        "arguments[0].removeAttribute('aria-label')",
        "document.querySelector('#explorer .lead').style.color = '#ccc'",
    ):
        browser.execute_script(script, explorer.slider)
    assert {"label", "color-contrast"} <= {each["id"] for each in found(browser)["violations"]}


def test_what_is_wider_than_the_screen_takes_the_focus_only_there(browser, shaped) -> None:
    for width, stops in (("desktop", False), ("phone", True)):
        explorer = opened(browser, shaped, width)
        wide = browser.find_elements(By.CSS_SELECTOR, ".wide:has(table)")
        assert wide
        explorer.until(
            lambda wide=wide, stops=stops: any(
                each.get_attribute("tabindex") == "0" for each in wide
            ) == stops
        )  # fmt: skip
