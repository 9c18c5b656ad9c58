"""A visitor of the explorer: what it shows, what can be moved, and what it has to show."""

import json
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from explorer_cases import N_IMAGES, ORDER, SEEDS, Planted
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


class Explorer:
    """The page as a visitor has it: parts to see, and hands to move them."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def part(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, f"#explorer {selector}")

    def parts(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, f"#explorer {selector}")

    @property
    def slider(self) -> WebElement:
        return self.part("input[type=range]")

    @property
    def epoch(self) -> str:
        return " ".join(self.part(".epoch").text.split())

    def choose(self, name: str, value: int) -> None:
        self.part(f"input[name=explorer-{name}][value='{value}']").click()

    def pixels(self, layer: int) -> np.ndarray:
        """What the canvas of a layer's RDM shows: uint8 (image, image, 4)."""
        drawn = self.browser.execute_script(
            "const canvas = arguments[0];"
            "const { width, height } = canvas;"
            "return [...canvas.getContext('2d').getImageData(0, 0, width, height).data];",
            self.parts(".matrix > canvas")[layer],
        )
        return np.array(drawn, np.uint8).reshape(N_IMAGES, N_IMAGES, 4)

    def focused(self) -> WebElement:
        return self.browser.switch_to.active_element

    def until(self, condition: Callable[[], bool]) -> None:
        WebDriverWait(self.browser, 30).until(lambda _: condition())

    def logged(self) -> list[str]:
        """What the page wrote to the console, but for what is said of reading its pixels here."""
        return [
            f"{entry['level']}: {entry['message']}"
            for entry in self.browser.get_log("browser")
            if "willReadFrequently" not in entry["message"]
        ]

    def requested(self) -> list[str]:
        """Addresses that the page has asked for."""
        events = [
            json.loads(each["message"])["message"] for each in self.browser.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]


def opened(
    browser: Chrome, report: Path, width: str = "desktop", size: tuple[int, int] | None = None
) -> Explorer:
    across, down = size or WIDTHS[width]
    metrics = {"width": across, "height": down, "deviceScaleFactor": 1, "mobile": width == "phone"}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(report.as_uri())
    explorer = Explorer(browser)
    explorer.until(lambda: explorer.slider.is_displayed())
    return explorer


def limits(planted: Planted, layer: str, scale: str = "same") -> tuple[float, float, float]:
    """The dissimilarities of the first and the last colour, and half a step, in colours.

    On one scale of all layers, or on the layer's "own".
    """
    layers = list(next(iter(planted.trajectories.values())).rdms)
    rdms = {
        each: np.concatenate([own.rdms[each] for own in planted.trajectories.values()])
        for each in layers
    }
    scaled = layers if scale == "same" else [layer]
    edges = [np.percentile(rdms[each], [1, 99], axis=1) for each in scaled]
    low, high = min(each[0].min() for each in edges), max(each[1].max() for each in edges)
    return low, high, np.ptp(rdms[layer]) / (high - low) / 2


def assert_shows(
    explorer: Explorer,
    layer: int,
    rdm: np.ndarray,
    planted: Planted,
    place: int | None = None,
    scale: str = "same",
) -> None:
    """The canvas shows that RDM, within what 256 steps and 256 colours can tell.

    Without a place on the page, the layer's own.
    """
    low, high, half_a_step = limits(planted, f"layer{(1, 4)[layer]}", scale)
    expected = 255 * np.clip((rdm[np.ix_(ORDER, ORDER)] - low) / (high - low), 0, 1)
    shades = mpl.colormaps["viridis"](np.arange(256), bytes=True)
    pixels = explorer.pixels(layer if place is None else place)
    assert (pixels[range(N_IMAGES), range(N_IMAGES)] == [160, 160, 160, 255]).all()
    off = ~np.eye(N_IMAGES, dtype=bool)
    # Some neighbouring colours are equal in 8 bits.
    same = (pixels[off][:, None] == shades[None]).all(axis=2)
    away = np.where(same, np.abs(np.arange(256) - expected[off][:, None]), np.inf).min(axis=1)
    assert away.max() <= 0.51 + half_a_step


def mean_rdm(planted: Planted, layer: str, epoch: float) -> np.ndarray:
    return np.mean([planted.rdm("moco", seed, layer, epoch) for seed in SEEDS["moco"]], axis=0)


def shown_pair(explorer: Explorer) -> tuple[list[str], list[str]]:
    """Names of the two images of the pair that is shown, and its values."""
    names = [explorer.part(f".{side} figcaption").text for side in ("one", "other")]
    return names, [each.text for each in explorer.parts(".values b")]
