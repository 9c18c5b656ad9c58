"""Make a moving picture of a report's explorer, as it plays over training, in a browser."""

import argparse
import base64
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from trajectories import cli
from trajectories.errors import UserError
from trajectories.storage.files import atomic

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
FRAME, LAST_FRAME = 400, 2000  # milliseconds
_MARGIN = 12  # px around the explorer
_HEIGHT = 3000  # px of the window: nothing is scrolled
_PAIR = (0.3, 0.03)  # the cell that is pinned, as a share of the matrix to the right and down
_SECONDS = 20  # for the page to load

# From the slider to the pinned pair and its curves, without what stands above and below.
_PLACE = """
const [first, last] = [".controls", ".pair"].map((part) =>
  document.querySelector(`#explorer ${part}`).getBoundingClientRect());
return [last.left, first.top, last.width, last.bottom - first.top];
"""
_MOVE = """
const slider = document.querySelector("#explorer input[type=range]");
slider.value = arguments[0];
slider.dispatchEvent(new Event("input", { bubbles: true }));
"""


def main(arguments: argparse.Namespace) -> None:
    """Make the picture that the arguments describe."""
    with browser() as opened:
        shots = frames(opened, arguments.report, arguments.width, arguments.frames)
    write(arguments.output, shots)
    size = arguments.output.stat().st_size / 1e6
    cli.log.info("%d frames, %.1f MB: %s", len(shots), size, arguments.output)


@contextmanager
def browser() -> Iterator["Chrome"]:
    """A browser without a window, closed in the end.

    Raises
    ------
    UserError
        If Chromium, its driver or selenium is not installed.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which(DRIVER)
    if found is None or driver is None:
        raise UserError(
            "The picture is taken in a browser, and there is no Chromium or no chromedriver:"
            " install both (on Debian: chromium, chromium-driver)."
        )
    try:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService
    except ImportError as error:
        raise UserError("selenium, which drives the browser, is not installed.") from error
    options = ChromeOptions()
    options.binary_location = found
    arguments = ["--headless=new", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage"]
    # The browser refuses to be started by root in its sandbox.
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    for argument in arguments:
        options.add_argument(argument)
    running = Chrome(options=options, service=ChromeService(driver))
    try:
        yield running
    finally:
        running.quit()


def frames(browser: "Chrome", report: Path, width: int, number: int) -> list[Image.Image]:
    """The explorer at checkpoints from the first to the last, as RGB pictures of one size.

    Parameters
    ----------
    browser : Chrome
        A running browser.
    report : Path
        `report.html` of a finished run.
    width : int
        CSS pixels of the page, which are pixels of the pictures.
    number : int
        At most so many checkpoints, evenly spaced among those that the slider has.

    Raises
    ------
    UserError
        If there is no such report, or no explorer in it.
    """
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.wait import WebDriverWait

    if not report.is_file():
        raise UserError(f"There is no report {report}: name that of a finished run with --report.")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(report.resolve().as_uri())
    slider = "#explorer .controls:not([hidden]) input[type=range]"
    look = f"return document.querySelector('{slider}')?.max"
    try:
        last = WebDriverWait(browser, _SECONDS).until(lambda _: browser.execute_script(look))
    except TimeoutException as error:
        raise UserError(f"{report} has no explorer: name a finished run's report.html.") from error
    _pin(browser)
    left, top, across, down = browser.execute_script(_PLACE)
    clip = {
        "x": left - _MARGIN,
        "y": top - _MARGIN,
        "width": across + 2 * _MARGIN,
        "height": down + 2 * _MARGIN,
        "scale": 1,
    }
    shots = []
    for place in places(int(last) + 1, number):
        browser.execute_script(_MOVE, place)
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})
        shots.append(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"))
    return shots


def _pin(browser: "Chrome") -> None:
    """Click a cell of the first RDM, so that its two images and their dissimilarities are seen."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    matrix = browser.find_element(By.CSS_SELECTOR, "#explorer .matrix")
    right, down = (
        round((share - 0.5) * matrix.size[side])
        for share, side in zip(_PAIR, ("width", "height"), strict=True)
    )
    ActionChains(browser).move_to_element_with_offset(matrix, right, down).click().perform()


def places(n_checkpoints: int, most: int) -> list[int]:
    """Up to `most` checkpoints, evenly spaced, the first and the last included."""
    number = min(n_checkpoints, most)
    if number == 1:
        return [n_checkpoints - 1]
    return [round(step * (n_checkpoints - 1) / (number - 1)) for step in range(number)]


def write(path: Path, shots: list[Image.Image]) -> None:
    """Write frames as a GIF that repeats and rests on the last; colours are those of all frames."""
    width, height = shots[0].size
    boxes = [(0, place * height, width, (place + 1) * height) for place in range(len(shots))]
    sheet = Image.new("RGB", (width, len(shots) * height))
    for shot, box in zip(shots, boxes, strict=True):
        sheet.paste(shot, box)
    # All at once, as Pillow takes only about the nearest colour of a palette that is given. The
    # 256th colour stands for what does not change, which halves the file.
    sheet = sheet.quantize(255, kmeans=1)
    drawn = [sheet.crop(box) for box in boxes]
    durations = [FRAME] * (len(drawn) - 1) + [LAST_FRAME]
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        drawn[0].save(
            temporary,
            "gif",
            save_all=True,
            append_images=drawn[1:],
            duration=durations,
            loop=0,
            optimize=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("results/openmoji/report.html"),
        help="report of a finished run (results/openmoji/report.html)",
    )
    parser.add_argument("--output", type=Path, required=True, help="picture (GIF) to write")
    parser.add_argument("--width", type=int, default=900, help="width of the page in pixels (900)")
    parser.add_argument(
        "--frames", type=int, default=9, help="at most so many checkpoints, evenly spaced (9)"
    )
    cli.run(main, parser)
