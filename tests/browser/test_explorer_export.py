"""What the explorer saves, really downloaded and read by other programs.

The truth for tables are the planted trajectories and their tables; for pictures the planted RDMs,
coloured by matplotlib, and the same picture drawn by resvg.
"""

import base64
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import resvg_py
from explorer_cases import HOSTILE, N_IMAGES, ORDER, Planted, page, plant
from PIL import Image
from scipy.spatial.distance import pdist
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from sklearn.manifold import ClassicalMDS
from visitor import Explorer, limits, mean_rdm, opened

SVG = "{http://www.w3.org/2000/svg}"
PAIRS = N_IMAGES * (N_IMAGES - 1) // 2
# More than the stored steps of these dissimilarities, of which there are 255, are long.
STEP = 1.8 / 255

Save = Callable[[Explorer, str], Path]


@pytest.fixture
def save(browser: Chrome, tmp_path: Path) -> Save:
    """Click the button of a name; gives the file that the browser has then saved."""
    folder = tmp_path / "saved"
    folder.mkdir()
    allowed = {"behavior": "allow", "downloadPath": str(folder)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)

    def click(explorer: Explorer, name: str) -> Path:
        before = set(folder.iterdir())
        [button] = [each for each in explorer.parts(".export button") if each.text == name]
        button.send_keys(Keys.ENTER)

        def saved() -> list[Path]:
            # Chrome takes the name with an empty file, and puts the whole one in its place.
            new = set(folder.iterdir()) - before
            kinds = {".svg", ".png", ".csv"}
            return [path for path in new if path.suffix in kinds and path.stat().st_size]

        explorer.until(lambda: len(saved()) == 1)
        [path] = saved()
        return path

    return click


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values={"value": [""], "sd": [""]})


@pytest.fixture
def second(explorer: Explorer) -> Explorer:
    """The second network of the first condition at epoch 2."""
    explorer.choose("network", 2)
    explorer.slider.send_keys(Keys.END, Keys.ARROW_LEFT)
    assert explorer.epoch == "epoch 2"
    return explorer


# Tables


def test_saved_rdms_are_those_of_the_trajectory(second, save, planted) -> None:
    path = save(second, "RDMs (CSV)")
    assert path.name == "openmoji_moco_seed-2_epoch-2_rdms.csv"
    table = read(path)
    assert list(table) == [
        "condition", "network", "epoch", "layer", "image", "other_image", "dissimilarity",
    ]  # fmt: skip
    assert (table["condition"] == "moco").all()
    assert (table["network"] == 2).all()
    assert (table["epoch"] == 2).all()
    assert len(table) == 2 * PAIRS
    assert HOSTILE in set(table["image"])
    place = {name: number for number, name in enumerate(planted.stimulus)}
    for layer, rows in table.groupby("layer"):
        true = planted.rdm("moco", 2, layer, 2)
        pairs = [
            (place[a], place[b]) for a, b in zip(rows["image"], rows["other_image"], strict=True)
        ]
        assert len({frozenset(pair) for pair in pairs}) == PAIRS
        np.testing.assert_allclose(
            rows["dissimilarity"], [true[pair] for pair in pairs], atol=STEP / 2
        )
    assert second.logged() == []


def test_saved_rdms_of_the_mean_and_of_what_it_is_compared_with(explorer, save, planted) -> None:
    explorer.choose("other", 1)
    explorer.slider.send_keys(Keys.END)
    path = save(explorer, "RDMs (CSV)")
    assert path.name == "openmoji_moco_and-own-seed-1-epoch-2_mean_epoch-3_rdms.csv"
    table = read(path)
    assert table[["condition", "network", "epoch"]].drop_duplicates().to_numpy().tolist() == [
        ["moco", "mean", 3], ["own", "1", 2],
    ]  # fmt: skip
    names = ["layer4", planted.stimulus[3], planted.stimulus[8]]
    chosen = table[(table[["layer", "image", "other_image"]] == names).all(axis=1)]
    own = planted.rdm("own", 1, "layer4", 2)[3, 8]
    mean = mean_rdm(planted, "layer4", 3)[3, 8]
    np.testing.assert_allclose(chosen["dissimilarity"], [mean, own], atol=STEP / 2)


def test_saved_curves_are_those_of_the_tables(second, save, planted) -> None:
    path = save(second, "Curves (CSV)")
    assert path.name == "openmoji_moco_seed-2_epoch-2_curves.csv"
    table = read(path)
    assert set(table["network"]) == {"mean", "1", "2", "3"}
    sources = planted.sources()
    table["network"] = table["network"].replace("mean", "0").astype(int)
    keys = ["network", "layer", "curve", "epoch"]
    saved = table.set_index(keys)["value"].dropna()
    similar = sources.stability.assign(
        curve="similarity to the RDM before", epoch=lambda t: t.next_epoch
    )
    within = sources.categories.assign(curve=lambda t: t.pairs + " " + t.category)
    axes = sources.path.melt(["condition", "seed", "layer", "epoch"], ["x", "y", "z"])
    axes["curve"] = "path, axis " + axes["variable"].map({"x": "1", "y": "2", "z": "3"})
    true = pd.concat([
        each.rename(columns={value: "value"}).query("condition == 'moco'")
        for each, value in ((similar, "correlation"), (within, "dissimilarity"), (axes, "value"))
    ])  # fmt: skip
    true = true.rename(columns={"seed": "network"}).set_index(keys)["value"]
    np.testing.assert_allclose(saved.loc[[1, 2, 3]].reindex(true.index), true, rtol=1e-4, atol=1e-5)
    assert len(saved.loc[[1, 2, 3]]) == len(true)
    spread = table.query("network == 0 and curve == 'within faces' and layer == 'layer1'")
    seeds = true.xs(("layer1", "within faces"), level=("layer", "curve")).groupby("epoch")
    np.testing.assert_allclose(spread["value"], seeds.mean(), rtol=1e-4)
    np.testing.assert_allclose(spread["sd"], seeds.std(ddof=1), rtol=1e-3)


def test_the_saved_map_has_the_places_of_the_images(second, save, planted) -> None:
    table = read(save(second, "Map (CSV)"))
    for layer in ("layer1", "layer4"):
        places = table[table["layer"] == layer].set_index("image").loc[list(planted.stimulus)]
        rdm = planted.rdm("moco", 2, layer, 2)
        true = ClassicalMDS(n_components=2, metric="precomputed").fit_transform(rdm)
        np.testing.assert_allclose(pdist(places[["x", "y"]]), pdist(true), atol=0.01)


# Pictures


def matrices(svg: ET.Element) -> list[ET.Element]:
    return [
        each for each in svg.iter(f"{SVG}image")
        if "pixelated" in each.get("style", "")
    ]  # fmt: skip


def shades(planted: Planted, layer: str) -> np.ndarray:
    """Colours of the cells of the RDM of the second network at epoch 2: (image, image, 3)."""
    low, high, _ = limits(planted, layer)
    rdm = planted.rdm("moco", 2, layer, 2)[np.ix_(ORDER, ORDER)]
    return 255 * mpl.colormaps["viridis"](np.clip((rdm - low) / (high - low), 0, 1))[..., :3]


def assert_cells(pixels: np.ndarray, expected: np.ndarray) -> None:
    """The middles of the cells of a square picture have their colours."""
    middles = ((np.arange(N_IMAGES) + 0.5) * len(pixels) / N_IMAGES).astype(int)
    off = ~np.eye(N_IMAGES, dtype=bool)
    assert np.abs(pixels[np.ix_(middles, middles)].astype(float) - expected)[off].max() < 6


def test_the_saved_svg_holds_text_curves_and_rdms(second, save, planted) -> None:
    path = save(second, "Picture (SVG)")
    assert path.name == "openmoji_moco_seed-2_epoch-2.svg"
    text = path.read_text("utf-8")
    svg = ET.fromstring(text)
    written = [each.text for each in svg.iter(f"{SVG}text")]
    assert written[0] == "openmoji · moco, seed 2, epoch 2"
    for each in ("layer1", "layer4", "Path in the space of RDMs", "dissimilarity (1 − r)", "faces"):
        assert each in written
    assert not [each for each in written if each.startswith("Point at")]
    lines = [each for each in svg.iter(f"{SVG}path") if each.get("stroke-dasharray") == "5px, 4px"]
    assert len(lines) == 2 * 2 * 3  # within two categories in two layers, of three networks
    # Nothing that only a browser with this page's style knows.
    for foreign in ("var(", "color-mix", "color(", "class=", "<script", "foreignObject"):
        assert foreign not in text
    assert len(matrices(svg)) == 2
    for layer, image in zip(("layer1", "layer4"), matrices(svg), strict=True):
        data = base64.b64decode(image.get("href").removeprefix("data:image/png;base64,"))
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.width >= 600
            assert_cells(np.asarray(picture.convert("RGB")), shades(planted, layer))


def test_the_saved_png_shows_the_same(second, save, planted) -> None:
    svg = ET.fromstring(save(second, "Picture (SVG)").read_text("utf-8"))
    path = save(second, "Picture (PNG)")
    assert path.name == "openmoji_moco_seed-2_epoch-2.png"
    with Image.open(path) as picture:
        assert picture.size == (2 * int(svg.get("width")), 2 * int(svg.get("height")))
        shown = np.asarray(picture.convert("RGB"))
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 200
    for layer, image in zip(("layer1", "layer4"), matrices(svg), strict=True):
        x, y, side = (round(2 * float(image.get(name))) for name in ("x", "y", "width"))
        assert_cells(shown[y : y + side, x : x + side], shades(planted, layer))


def test_another_program_draws_the_svg_as_the_browser_does(second, save) -> None:
    svg = save(second, "Picture (SVG)").read_text("utf-8")
    with Image.open(save(second, "Picture (PNG)")) as picture:
        seen = picture.convert("RGB").resize(
            [side // 2 for side in picture.size], Image.Resampling.BOX
        )
    with Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))) as picture:
        drawn = picture.convert("RGB")
    assert drawn.size == seen.size
    away = np.abs(np.asarray(drawn, float) - np.asarray(seen, float)).max(axis=2)
    assert (away > 60).mean() < 0.02  # the edges of letters


def test_pictures_have_the_colours_of_the_page(browser, report, save) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        svg = ET.fromstring(save(opened(browser, report), "Picture (SVG)").read_text("utf-8"))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    paper = svg.find(f"{SVG}rect")
    assert (paper.get("fill"), paper.get("width")) == ("#14181c", svg.get("width"))


# Names


def test_files_have_names_for_any_system(browser, save, tmp_path) -> None:
    odd = 'a/b: "ü" *?'
    planted = plant(tmp_path, {"moco": (0.0, 0.5)}, {"moco": (7,)})
    text = page(planted, tmp_path).read_text("utf-8")
    path = tmp_path / "odd.html"
    quoted = odd.replace('"', '\\"')
    path.write_text(text.replace('"name":"moco"', f'"name":"{quoted}"'), encoding="utf-8")
    explorer = opened(browser, path)
    assert save(explorer, "RDMs (CSV)").name == "openmoji_a-b-ü-_seed-7_epoch-0.5_rdms.csv"


def test_buttons_can_be_reached_by_keys_and_have_names(explorer) -> None:
    buttons = explorer.part(".export").find_elements(By.TAG_NAME, "button")
    assert [each.text for each in buttons] == [
        "Picture (SVG)", "Picture (PNG)", "RDMs (CSV)", "Curves (CSV)", "Map (CSV)",
    ]  # fmt: skip
    explorer.browser.execute_script("arguments[0].focus()", buttons[0])
    for button in buttons[1:]:
        explorer.focused().send_keys(Keys.TAB)
        assert explorer.focused() == button
    assert explorer.part(".export").get_attribute("aria-label") == "Save this view"
