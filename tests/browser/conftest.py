"""A browser without a window, and the page that it shows."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from explorer_cases import HOSTILE, N_IMAGES, Planted, page, plant
from selenium.webdriver import Chrome, ChromeOptions, ChromeService, Keys
from visitor import Explorer, opened

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"


def obstacle() -> str | None:
    """Why no browser can be started here, if so."""
    if not any(map(shutil.which, BROWSERS)):
        return f"none of {', '.join(BROWSERS)} is installed"
    return None if shutil.which(DRIVER) else f"{DRIVER} is not installed"


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """A browser that keeps what it is told and what it asks of a network; closed in the end."""
    if reason := obstacle():
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: on Debian, install chromium and chromium-driver")
        pytest.skip(reason)
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    # The browser refuses to be started by root in its sandbox.
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    for argument in arguments:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = Chrome(options=options, service=ChromeService(shutil.which(DRIVER)))
    running.set_script_timeout(120)  # axe has much to look at, on a busy machine
    yield running
    running.quit()


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A study in which a test image has a hostile name."""
    names = (HOSTILE, *(f"image {place}" for place in range(1, N_IMAGES)))
    return plant(tmp_path_factory.mktemp("planted"), names=names)


@pytest.fixture(scope="session")
def report(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of that study."""
    return page(planted, tmp_path_factory.mktemp("report"))


@pytest.fixture
def explorer(browser: Chrome, report: Path) -> Explorer:
    """The explorer of that report, at the first checkpoint."""
    browser.get_log("browser")
    browser.get_log("performance")
    explorer = opened(browser, report)
    explorer.slider.send_keys(Keys.HOME)
    return explorer
