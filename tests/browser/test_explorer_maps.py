"""The test images on their map, in a real browser: where they lie, and what names them.

The truth for each place is the plane that the planted dissimilarities are distances in.
"""

from pathlib import Path

import numpy as np
import pytest
from explorer_cases import DEFINITIONS, N_IMAGES, ORDER, Planted, images, page, plant
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.remote.webelement import WebElement
from sklearn.manifold import ClassicalMDS
from visitor import Explorer, opened

from trajectories.plotting import palette
from trajectories.rdms import trajectory
from trajectories.report.explorer import size as explorer_size

EPOCHS = (0.0, 1.0, 2.0)
READ = """
const canvas = arguments[0], { width, height } = canvas;
return [width, height, ...canvas.getContext("2d").getImageData(0, 0, width, height).data];
"""
COUNT = """
const [canvas, colour] = arguments, { width, height } = canvas;
const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
let found = 0;
for (let k = 0; k < data.length; k += 4) found += colour.every((value, i) => data[k + i] === value);
return found;
"""
GRID = np.stack(np.divmod(np.arange(N_IMAGES), 4), axis=1) * [1.0, 0.8]
BEYOND = np.random.default_rng(6).normal(scale=0.4, size=(N_IMAGES, 3))


def truth(epoch: float) -> np.ndarray:
    """Places in the plane: a grid that grows, with one image that walks."""
    places = GRID * (0.4 + 0.1 * epoch)
    places[3] += [0, 0.1 * epoch]
    return places


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A network whose dissimilarities are distances in a plane; of layer4 in a solid."""
    folder = tmp_path_factory.mktemp("flat")
    planted = plant(folder, {"moco": EPOCHS}, {"moco": (1,)})
    [(path, own)] = planted.trajectories.items()
    for row, epoch in enumerate(EPOCHS):
        own.rdms["layer1"][row] = pdist(truth(epoch))
        own.rdms["layer4"][row] = pdist(np.concatenate([truth(epoch), BEYOND], axis=1))
    trajectory.write(path, own)
    return planted


@pytest.fixture(scope="module")
def mapped(flat: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page(flat, tmp_path_factory.mktemp("mapped"))


@pytest.fixture
def visit(browser: Chrome, mapped: Path) -> Explorer:
    browser.get_log("browser")
    return opened(browser, mapped)


def found(explorer: Explorer, layer: int = 0) -> np.ndarray:
    """Centres of the images on a map, in px, in the order of the table."""
    canvas = explorer.parts(".map canvas")[layer]
    width, height, *values = explorer.browser.execute_script(READ, canvas)
    pixels = np.array(values, np.uint8).reshape(height, width, 4)
    centres = []
    for image in range(N_IMAGES):
        where = np.argwhere((pixels == [*images()[image, 0, 0], 255]).all(axis=2))
        assert len(where) > 200, image
        centres.append(where.mean(axis=0))
    return np.array(centres)


def named(explorer: Explorer) -> str:
    return explorer.part(".named").text


def move_to(explorer: Explorer, canvas: WebElement, centre: np.ndarray) -> None:
    browser = explorer.browser
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    down, across = (round(each - canvas.size["width"] / 2) for each in centre)
    ActionChains(browser, duration=50).move_to_element_with_offset(canvas, across, down).perform()


def test_images_lie_where_they_were_planted_at_each_checkpoint(visit) -> None:
    lengths = []
    for key in (Keys.END, Keys.HOME):
        visit.slider.send_keys(key)
    assert visit.logged() == []
    for epoch in EPOCHS:
        centres = found(visit)
        assert procrustes(truth(epoch), centres)[2] < 1e-4
        lengths.append(pdist(centres) / pdist(truth(epoch)))
        visit.slider.send_keys(Keys.ARROW_RIGHT)
    # A pixel is as long at all times.
    np.testing.assert_allclose(lengths, np.mean(lengths), rtol=0.05)


def test_the_bar_is_as_long_as_it_says(visit) -> None:
    bar = visit.part(".map .length")
    said = float(visit.part(".map .scale").text.split()[1])
    pixels = np.median(pdist(found(visit)) / pdist(truth(2)))
    assert bar.size["width"] == pytest.approx(said * pixels, rel=0.03)


def test_it_says_what_two_dimensions_keep(visit, flat) -> None:
    for key, epoch in ((Keys.HOME, 0), (Keys.END, 2)):
        visit.slider.send_keys(key)
        kept = [each.text for each in visit.parts(".map .kept")]
        assert kept[0] == "distances and RDM: r = 1.00"
        rdm = flat.rdm("moco", 1, "layer4", epoch)
        places = ClassicalMDS(n_components=2, metric="precomputed").fit_transform(rdm)
        r = pearsonr(pdist(places), squareform(rdm)).statistic
        assert r < 0.97
        assert kept[1] == f"distances and RDM: r = {r:.2f}"


def test_images_move_from_checkpoint_to_checkpoint_and_do_not_turn(visit) -> None:
    later = found(visit)
    visit.slider.send_keys(Keys.HOME)
    first = found(visit)
    away = later - later.mean(axis=0), first - first.mean(axis=0)
    # What lies on the one side stays there: the grid only grows.
    others = np.arange(N_IMAGES) != 3
    assert (np.sum(away[0] * away[1], axis=1)[others] > 0).all()


def test_images_glide_while_it_plays_and_jump_where_less_motion_is_asked_for(visit) -> None:
    browser = visit.browser

    def played(share: float) -> np.ndarray:
        """Places after that share of the way to the next checkpoint, with a clock of our own."""
        browser.execute_script(
            "frames = [];"
            "window.requestAnimationFrame = (frame) => { frames.push(frame); };"
            "const slider = document.querySelector('#explorer input[type=range]');"
            "slider.value = 0;"
            "slider.dispatchEvent(new Event('input'));"
        )
        browser.execute_script("arguments[0].click()", visit.part(".play"))
        visit.until(lambda: visit.epoch == "epoch 1")
        visit.slider.send_keys(Keys.SPACE)
        if share:
            # Three checkpoints take 450 ms each.
            for now in (0, 450 * share):
                browser.execute_script(
                    "for (const each of frames.splice(0)) each(arguments[0])", now
                )
        return found(visit)

    visit.slider.send_keys(Keys.HOME)
    start = found(visit)
    visit.slider.send_keys(Keys.ARROW_RIGHT)
    end = found(visit)
    np.testing.assert_allclose(played(0.5), (start + end) / 2, atol=1.1)
    np.testing.assert_allclose(played(1), end, atol=0.1)
    reduced = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": reduced})
    try:
        np.testing.assert_allclose(played(0), end, atol=0.1)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_an_image_under_the_pointer_is_named_and_larger_in_all_layers(visit, flat) -> None:
    canvas = visit.part(".map canvas")
    centres = found(visit)
    assert named(visit).startswith("Point at an image")
    move_to(visit, canvas, centres[7])
    assert named(visit) == flat.stimulus[7]
    for layer in (0, 1):
        colour = images()[7, 0, 0].tolist()
        shown = visit.browser.execute_script(COUNT, visit.parts(".map canvas")[layer], colour)
        assert shown > 50**2
    ActionChains(visit.browser).move_to_element(visit.part(".maps h3")).perform()
    assert named(visit).startswith("Point at an image")


def test_keys_go_from_image_to_image(visit, flat) -> None:
    canvas = visit.parts(".map canvas")[1]
    visit.browser.execute_script("arguments[0].focus()", canvas)
    assert visit.part(".named").get_attribute("aria-live") == "polite"
    for key, place in (
        (Keys.ARROW_RIGHT, 0), (Keys.ARROW_RIGHT, 1), (Keys.END, 11), (Keys.ARROW_DOWN, 11),
        (Keys.ARROW_LEFT, 10), (Keys.HOME, 0), (Keys.ARROW_UP, 0),
    ):  # fmt: skip
        canvas.send_keys(key)
        assert named(visit) == flat.stimulus[ORDER[place]]
    assert visit.epoch == "epoch 2"
    canvas.send_keys(Keys.ESCAPE)
    assert named(visit).startswith("Point at an image")


def test_images_without_room_are_dots_in_the_colours_of_their_categories(browser, mapped) -> None:
    explorer = opened(browser, mapped)
    narrow = {"width": 112, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    explorer.until(lambda: explorer.part(".map").size["width"] < 88)
    _, _, *values = browser.execute_script(READ, explorer.part(".map canvas"))
    pixels = np.array(values, np.uint8).reshape(-1, 4)
    shades = palette.colours(list(DEFINITIONS), "category") | {"other": "#8a8a8a"}
    counts = {
        name: (pixels == [*bytes.fromhex(shade[1:]), 255]).all(axis=1).sum()
        for name, shade in shades.items()
    }
    # A third of the images are faces, another third are animals that have no face.
    assert all(count >= 4 * 20 for count in counts.values()), counts


def test_categories_keep_their_colours_where_a_reader_has_their_own(browser, mapped) -> None:
    forced = [{"name": "forced-colors", "value": "active"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": forced})
    try:
        explorer = opened(browser, mapped)
        for shade in palette.colours(list(DEFINITIONS), "category").values():
            colour = list(bytes.fromhex(shade[1:]))
            assert browser.execute_script(COUNT, explorer.part(".map canvas"), colour) > 100
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_page_without_room_shows_no_map(browser, flat, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(explorer_size, "MOST_PLACES", 10)
    browser.get_log("browser")
    explorer = opened(browser, page(flat, tmp_path))
    assert not explorer.part(".maps").is_displayed()
    assert explorer.parts(".map") == []
    assert explorer.logged() == []
