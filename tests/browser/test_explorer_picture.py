"""The moving picture of the explorer shows the RDMs of the study, in order, in a few colours.

The truth for each frame is the planted RDM at its checkpoint, coloured here by matplotlib.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from explorer_cases import N_IMAGES, ORDER, Planted
from PIL import Image
from selenium.webdriver import Chrome
from visitor import limits, mean_rdm

import explorer_picture
from trajectories.errors import UserError

EPOCHS = (0, 0.1, 1, 2, 3)
MATRICES = """
const { left, top } = document.querySelector("#explorer .controls").getBoundingClientRect();
const pair = document.querySelector("#explorer .pair").getBoundingClientRect();
return [...document.querySelectorAll("#explorer .matrix")].map((each) => {
  const place = each.getBoundingClientRect();
  return [place.left - pair.left, place.top - top, place.width];
});
"""
AROUND = 12


@pytest.fixture
def film(browser: Chrome, report: Path, tmp_path: Path) -> tuple[Path, list[list[float]]]:
    """The picture, and where the matrices are in it: left, top and side, in pixels."""
    path = tmp_path / "new folder" / "explorer.gif"
    explorer_picture.write(path, explorer_picture.frames(browser, report, 900, 9))
    return path, browser.execute_script(MATRICES)


def frames(path: Path) -> list[np.ndarray]:
    with Image.open(path) as picture:
        shown = []
        for place in range(picture.n_frames):
            picture.seek(place)
            shown.append(np.asarray(picture.convert("RGB"), float))
    return shown


def cells(frame: np.ndarray, left: float, top: float, side: float) -> np.ndarray:
    """Colours amid the cells of a matrix: (image, image, 3)."""
    # Off the middle, where no line of the pinned pair passes.
    steps = (np.arange(N_IMAGES) + 0.5) * side / N_IMAGES + AROUND
    down, across = np.round(steps + top).astype(int), np.round(steps + left).astype(int)
    return frame[np.ix_(down, across)]


def test_each_frame_shows_the_rdms_of_its_checkpoint(film, planted: Planted) -> None:
    path, matrices = film
    shown = frames(path)
    assert len(shown) == len(EPOCHS)
    off = ~np.eye(N_IMAGES, dtype=bool)
    for layer, matrix in zip(("layer1", "layer4"), matrices, strict=True):
        low, high, _ = limits(planted, layer)
        expected = []
        for epoch in EPOCHS:
            rdm = mean_rdm(planted, layer, epoch)[np.ix_(ORDER, ORDER)]
            shades = np.clip((rdm - low) / (high - low), 0, 1)
            expected.append(255 * mpl.colormaps["viridis"](shades)[..., :3])
        for place, frame in enumerate(shown):
            away = [np.abs(cells(frame, *matrix) - each)[off].mean() for each in expected]
            assert np.argmin(away) == place
            assert away[place] < 12


def test_it_is_small_and_rests_on_the_last_frame(film) -> None:
    path, _ = film
    assert path.stat().st_size < 1_500_000
    with Image.open(path) as picture:
        assert 850 < picture.width <= 900
        assert picture.info["loop"] == 0
        lasting = []
        for place in range(picture.n_frames):
            picture.seek(place)
            lasting.append(picture.info["duration"])
    assert lasting == [400, 400, 400, 400, 2000]


def test_the_pair_is_pinned(film, browser: Chrome) -> None:
    assert browser.execute_script(
        "return document.querySelector('#explorer .one figcaption').textContent"
    ) == browser.execute_script(
        "return JSON.parse(document.getElementById('explorer-data').textContent).images.names[0]"
    )


@pytest.mark.parametrize(
    ("n_checkpoints", "most", "expected"),
    [(5, 9, [0, 1, 2, 3, 4]), (17, 5, [0, 4, 8, 12, 16]), (1, 5, [0]), (7, 1, [6]), (3, 2, [0, 2])],
)
def test_checkpoints_are_evenly_spaced(n_checkpoints, most, expected) -> None:
    assert explorer_picture.places(n_checkpoints, most) == expected


def test_a_report_that_is_not_there(browser: Chrome, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no report .*report\.html"):
        explorer_picture.frames(browser, tmp_path / "report.html", 900, 9)


def test_a_page_without_explorer(browser: Chrome, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(explorer_picture, "_SECONDS", 0.5)
    (tmp_path / "page.html").write_text("<p>no more</p>")
    with pytest.raises(UserError, match=r"page\.html has no explorer"):
        explorer_picture.frames(browser, tmp_path / "page.html", 900, 9)


def test_without_a_browser(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="install"), explorer_picture.browser():
        pass
