"""The explorer holds the study's own numbers, in an order and a size that fit a page."""

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from explorer_cases import HOSTILE, LAYERS, N_IMAGES, ORDER, TEMPLATE, Planted, page, plant
from scipy.spatial.distance import squareform
from test_report import Page

from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import curves as explorer_curves
from trajectories.report.explorer import page as explorer_page
from trajectories.report.explorer import rdms as explorer_rdms
from trajectories.report.explorer import size as explorer_size
from trajectories.statistics.thinning import thin

PAIRS = np.triu_indices(N_IMAGES, 1)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def built(planted: Planted) -> dict:
    return explorer.build(planted.sources(), planted.stimulus)


def instances(built: dict, condition: str) -> dict:
    """Instances of a condition by seed; None is their mean."""
    [found] = [each for each in built["conditions"] if each["name"] == condition]
    return {each["seed"]: each for each in found["instances"]}


def shown_rdms(built: dict, instance: dict, layer: str) -> np.ndarray:
    """Square RDMs (checkpoint, image, image) as the page's program reads them."""
    place = [each["name"] for each in built["layers"]].index(layer)
    steps = np.frombuffer(base64.b64decode(instance["rdms"][place]), np.uint8)
    scale = built["layers"][place]
    values = scale["low"] + scale["step"] * steps.reshape(len(instance["epoch"]), -1)
    return np.array([squareform(each, checks=False) for each in values])


# RDMs


@pytest.mark.parametrize("condition", ["moco", "own"])
@pytest.mark.parametrize("layer", LAYERS)
def test_every_rdm_is_there_to_half_a_step(planted, built, condition, layer) -> None:
    step = {each["name"]: each["step"] for each in built["layers"]}[layer]
    for seed, instance in instances(built, condition).items():
        if seed is None:
            continue
        own = planted.of(condition, seed)
        assert instance["epoch"] == own.epoch.tolist()
        shown = shown_rdms(built, instance, layer)
        for place, epoch in enumerate(own.epoch):
            true = planted.rdm(condition, seed, layer, epoch)[np.ix_(ORDER, ORDER)]
            np.testing.assert_allclose(shown[place], true, atol=step / 2 * 1.001)


def test_the_mean_is_that_of_the_networks_and_not_of_their_steps(planted, built) -> None:
    for layer in LAYERS:
        step = {each["name"]: each["step"] for each in built["layers"]}[layer]
        mean = instances(built, "moco")[None]
        for place, epoch in enumerate(mean["epoch"]):
            true = np.mean([planted.rdm("moco", seed, layer, epoch) for seed in (1, 2, 3)], axis=0)
            shown = shown_rdms(built, mean, layer)[place]
            np.testing.assert_allclose(shown, true[np.ix_(ORDER, ORDER)], atol=step / 2 * 1.001)


def test_one_network_has_no_mean(built) -> None:
    assert list(instances(built, "own")) == [1]
    assert list(instances(built, "moco")) == [None, 1, 2, 3]


def test_networks_with_other_checkpoints_have_a_mean_where_they_meet(tmp_path) -> None:
    first = plant(tmp_path / "a", {"moco": (0.0, 0.1, 1.0, 2.0)}, {"moco": (1,)})
    other = plant(tmp_path / "b", {"moco": (0.0, 1.0, 2.0, 3.0)}, {"moco": (2,)})
    both = Planted(first.trajectories | other.trajectories, first.stimulus)
    found = instances(explorer.build(both.sources(), both.stimulus), "moco")
    assert [found[seed]["epoch"] for seed in (None, 1, 2)] == [
        [0, 1, 2], [0, 0.1, 1, 2], [0, 1, 2, 3],
    ]  # fmt: skip
    apart = plant(tmp_path / "c", {"moco": (4.0, 5.0)}, {"moco": (3,)})
    all_of = Planted(both.trajectories | apart.trajectories, first.stimulus)
    assert list(instances(explorer.build(all_of.sources(), all_of.stimulus), "moco")) == [1, 2, 3]


def test_places_of_pairs_are_those_of_scipy() -> None:
    condensed = np.arange(N_IMAGES * (N_IMAGES - 1) // 2)
    square = squareform(condensed)
    kept = [7, 2, 11, 0]
    expected = square[np.ix_(kept, kept)][np.triu_indices(len(kept), 1)]
    np.testing.assert_array_equal(explorer_rdms.pair_places(kept, N_IMAGES), expected)


def test_images_stand_by_category_then_by_flags(built) -> None:
    assert built["images"]["places"] == ORDER
    members = {each["name"]: each["members"] for each in built["categories"]}
    assert members == {"faces": [1] * 4 + [0] * 8, "animals": [1] * 8 + [0] * 4}
    flags = {"a": np.array([1, 0, 1, 0], bool), "b": np.array([0, 0, 1, 1], bool)}
    order = explorer_rdms.display_order({}, flags, 4)
    np.testing.assert_array_equal(order, [0, 1, 2, 3])
    order = explorer_rdms.display_order({"b": flags["b"]}, flags, 4)
    np.testing.assert_array_equal(order, [0, 1, 2, 3])
    order = explorer_rdms.display_order({"a": flags["a"]}, flags, 4)
    np.testing.assert_array_equal(order, [0, 2, 1, 3])
    np.testing.assert_array_equal(explorer_rdms.display_order({}, {}, 3), [0, 1, 2])


def test_colours_span_the_same_dissimilarities_at_all_times(planted, built) -> None:
    rows = [
        planted.of(condition, seed).rdms["layer1"]
        for condition, seeds in (("moco", (1, 2, 3)), ("own", (1,)))
        for seed in seeds
    ]
    low, high = np.percentile(np.concatenate(rows), [1, 99], axis=1)
    assert built["layers"][0]["limits"] == pytest.approx([low.min(), high.max()])
    shades = np.frombuffer(base64.b64decode(built["colours"]), np.uint8).reshape(256, 3)
    assert shades[[0, 255]].tolist() == [[68, 1, 84], [253, 231, 36]]  # viridis


def test_equal_dissimilarities_have_a_scale() -> None:
    flat = explorer_rdms.Shown("c", 1, "a", np.zeros(1), np.full((1, 3), 0.5))
    scale = explorer_rdms.scale([flat])
    assert (scale["low"], scale["step"], scale["limits"]) == (0.5, 0, [0.5, 1.5])
    assert explorer_rdms.steps(flat.rdms, 0.5, 0).tolist() == [[0, 0, 0]]


def test_no_unknown_dissimilarity_is_drawn(tmp_path) -> None:
    planted = plant(tmp_path)
    sources = planted.sources()
    spoilt = planted.of("moco", 2)
    spoilt.rdms["layer4"][1, 3] = np.nan
    trajectory.write(tmp_path / "moco/seed-2/trajectory.h5", spoilt)
    with pytest.raises(UserError, match=r"layer4 at epoch 0\.1 \(moco seed 2\).*compute it again"):
        explorer.build(sources, planted.stimulus)


def test_other_test_images_are_refused(planted) -> None:
    with pytest.raises(UserError, match="has different test images from those of the page"):
        explorer.build(planted.sources(), planted.stimulus[::-1])


# Curves and paths


def test_curves_are_those_of_the_tables(planted, built) -> None:
    sources = planted.sources()
    own = instances(built, "moco")[2]["curves"][1]
    rows = sources.stability.query("condition == 'moco' and seed == 2 and layer == 'layer4'")
    assert own["stability"]["epoch"] == [1, 2, 3] == rows["next_epoch"].tolist()
    assert own["stability"]["values"][0] == pytest.approx(rows["correlation"].tolist(), rel=1e-4)
    rows = sources.categories.query(
        "condition == 'moco' and seed == 2 and layer == 'layer4'"
        " and category == 'animals' and pairs == 'between'"
    )
    assert own["categories"]["epoch"] == rows["epoch"].tolist()
    assert own["categories"]["between"][1] == pytest.approx(
        rows["dissimilarity"].tolist(), rel=1e-4
    )
    rows = sources.path.query("condition == 'moco' and seed == 2 and layer == 'layer4'")
    assert own["path"]["values"][2] == pytest.approx(rows["z"].tolist(), abs=1e-4)


def test_curves_of_the_mean_are_means_of_the_curves(planted, built) -> None:
    found = instances(built, "moco")
    for part, key in (("stability", "values"), ("categories", "within"), ("path", "values")):
        each = [found[seed]["curves"][0][part][key] for seed in (1, 2, 3)]
        mean = found[None]["curves"][0][part][key]
        np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=3e-5)


def test_bands_of_the_mean_are_the_sd_of_the_curves(built) -> None:
    found = instances(built, "moco")
    mean = found[None]["curves"][1]
    each = [found[seed]["curves"][1]["stability"]["values"] for seed in (1, 2, 3)]
    np.testing.assert_allclose(mean["stability"]["sd"], np.std(each, axis=0, ddof=1), atol=3e-5)
    for kind in ("within", "between"):
        each = [found[seed]["curves"][1]["categories"][kind] for seed in (1, 2, 3)]
        shown = mean["categories"]["sd"][kind]
        np.testing.assert_allclose(shown, np.std(each, axis=0, ddof=1), atol=3e-5)
    assert mean["stability"]["n"] == mean["categories"]["n"] == [3, 3]
    assert "sd" not in found[1]["curves"][1]["stability"]
    assert "sd" not in instances(built, "own")[1]["curves"][0]["categories"]


def test_epochs_that_one_network_has_are_counted_and_have_no_band(tmp_path) -> None:
    first = plant(tmp_path / "a", {"moco": (0.0, 1.0, 2.0)}, {"moco": (1,)})
    other = plant(tmp_path / "b", {"moco": (0.0, 1.0, 2.0, 3.0)}, {"moco": (2,)})
    both = Planted(first.trajectories | other.trajectories, first.stimulus)
    mean = instances(explorer.build(both.sources(), both.stimulus), "moco")[None]
    shown = mean["curves"][0]["categories"]
    assert shown["n"] == [1, 2]
    assert [value is None for value in shown["sd"]["within"][0]] == [False, False, False, True]


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    epoch = np.arange(1000.0)
    table = pd.DataFrame({"condition": "c", "seed": 1, "layer": "a", "epoch": epoch})
    stability = table.assign(next_epoch=epoch + 1, correlation=epoch / 1000)
    categories = table.assign(category="f", pairs="within", n_pairs=3, dissimilarity=1.0)
    path = table.assign(x=0.0, y=0.0, z=0.0)
    curves = explorer_curves.Curves(stability, categories, path, ["a"], ["f"], 30)
    [found] = curves.of("c", 1)
    assert len(found["stability"]["epoch"]) == 30
    assert found["path"]["epoch"][0] == 0
    assert found["path"]["epoch"][-1] == 999
    assert found["categories"]["between"] == [[None] * 30]


# What fits


@pytest.mark.parametrize("n_images", [4, 92, 160, 2000])
@pytest.mark.parametrize("n_checkpoints", [2, 17, 201, 1000])
@pytest.mark.parametrize(("n_means", "n_instances"), [(1, 1), (2, 8), (2, 20), (100, 5000)])
def test_no_study_is_too_large(n_images, n_checkpoints, n_means, n_instances) -> None:
    size = explorer_size.fit(n_images, n_checkpoints, n_means, n_instances, numbers=11)
    series = n_means + n_instances * size.instances
    used = series * size.checkpoints * explorer_size.characters(size.images)
    assert used <= explorer_size.MOST_BYTES
    assert size.images >= min(n_images, 3)
    assert size.checkpoints >= min(n_checkpoints, 2)
    missing = size.images < n_images, size.checkpoints < n_checkpoints, not size.instances
    said = " ".join(explorer_size.left_out(size, n_images, n_checkpoints))
    assert [f"{size.images} of the" in said, "checkpoints" in said, "means only" in said] == [
        *missing
    ]


def test_the_default_is_whole_and_the_paper_loses_checkpoints_only() -> None:
    default = explorer_size.fit(96, 17, 2, 8, numbers=11)
    assert (default.instances, default.images, default.checkpoints) == (True, 96, 17)
    paper = explorer_size.fit(92, 201, 2, 20, numbers=11)
    assert (paper.instances, paper.images, paper.points) == (True, 92, 201)
    assert 50 <= paper.checkpoints < 201


def test_characters_are_those_of_base64() -> None:
    for n in (2, 3, 4, 12, 92):
        steps = np.zeros(n * (n - 1) // 2, np.uint8)
        assert explorer_size.characters(n) == len(explorer_rdms.text(steps))


def test_a_small_page_has_some_images_and_says_so(planted) -> None:
    built = explorer.build(planted.sources(), planted.stimulus, most_bytes=400)
    shown = len(built["images"]["names"])
    assert 3 <= shown < N_IMAGES
    kept = [ORDER[place] for place in explorer_rdms.spaced(N_IMAGES, shown)]
    assert built["images"]["places"] == kept
    assert kept[0] == ORDER[0]
    assert kept[-1] == ORDER[-1]
    mean = instances(built, "moco")[None]
    assert list(instances(built, "moco")) == [None]
    assert mean["epoch"] == [0, 0.1, 1, 2, 3]
    layer = built["layers"][0]
    true = np.mean([planted.rdm("moco", seed, "layer1", 3) for seed in (1, 2, 3)], axis=0)
    found = shown_rdms(built, mean, "layer1")[-1]
    np.testing.assert_allclose(found, true[np.ix_(kept, kept)], atol=layer["step"] / 2 * 1.001)
    assert len(built["left_out"]) == 2
    total = sum(
        len(rdms) for c in built["conditions"] for i in c["instances"] for rdms in i["rdms"]
    )
    assert total <= 400


def test_a_small_page_keeps_first_and_last_checkpoints(planted, monkeypatch) -> None:
    monkeypatch.setattr(explorer_size, "FEWEST_CHECKPOINTS", 2)
    built = explorer.build(planted.sources(), planted.stimulus, most_bytes=2500)
    assert [each["epoch"] for each in instances(built, "moco").values()] == [[0, 3]] * 4
    assert instances(built, "own")[1]["epoch"] == [1, 5]
    assert built["images"]["places"] == ORDER
    step = built["layers"][0]["step"]
    found = shown_rdms(built, instances(built, "moco")[2], "layer1")[1]
    true = planted.rdm("moco", 2, "layer1", 3)[np.ix_(ORDER, ORDER)]
    np.testing.assert_allclose(found, true, atol=step / 2 * 1.001)
    [said] = built["left_out"]
    assert "2 of 5 checkpoints" in said


def test_fewer_checkpoints_are_among_more() -> None:
    epoch = np.concatenate([[0, 0.01, 0.1, 0.3], np.arange(1, 201)])
    assert set(thin(epoch, 50)) <= set(thin(epoch, 80))


# The page


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    names = (HOSTILE, *(f"image {place} & <b>" for place in range(1, N_IMAGES)))
    return page(plant(folder, names=names), folder).read_text("utf-8")


def test_hostile_names_stay_inside_the_data(text: str) -> None:
    assert HOSTILE not in text
    assert "<img src=x" not in text
    [data] = re.findall(r'<script type="application/json" id="explorer-data">(.*?)</script>', text)
    assert json.loads(data)["images"]["names"][0] == HOSTILE


def test_only_the_projects_own_program_may_run(text: str) -> None:
    tags = Page(text).tags
    programs = [attributes for tag, attributes in tags if tag == "script"]
    assert programs == [{"type": "application/json", "id": "explorer-data"}, {}]
    [program] = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    [policy] = [a["content"] for t, a in tags if "Content-Security-Policy" in a.values()]
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        f" script-src 'sha256-{digest}'"
    )
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    for reach in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "innerHTML", "eval("):
        assert reach not in program, reach


def test_every_file_of_the_explorer_is_part_of_the_page() -> None:
    folder = TEMPLATE.parent / "explorer"
    assert {path.name for path in folder.iterdir()} == set(explorer_page.FILES)
    assert len(explorer_page.FILES) == len(set(explorer_page.FILES))


def test_it_loads_nothing(text: str) -> None:
    sources = [
        value
        for _, attributes in Page(text).tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action", "poster"}
        # A place on this page is none outside it.
        and not (value or "").startswith("#")
    ]
    assert sources
    assert all(source and source.startswith("data:image/png;base64,") for source in sources)
    assert "url(" not in text
    assert "@import" not in text


def test_controls_have_labels(text: str) -> None:
    tags = Page(text).tags
    [slider] = [a for t, a in tags if t == "input" and a.get("type") == "range"]
    assert slider["aria-label"]
    assert ("output", {"class": "epoch", "for": slider["id"], "aria-live": "polite"}) in tags
    assert all(a.get("aria-label") for t, a in tags if t == "button")


def test_same_study_same_bytes(tmp_path: Path, text: str) -> None:
    names = (HOSTILE, *(f"image {place} & <b>" for place in range(1, N_IMAGES)))
    assert page(plant(tmp_path, names=names), tmp_path).read_text("utf-8") == text


def test_what_is_left_out_stands_on_the_page(planted: Planted, tmp_path: Path, text: str) -> None:
    small = page(planted, tmp_path, most_bytes=400).read_text("utf-8")
    for sentence in ("of the 12 test images, evenly spaced", "shown by their means only."):
        assert sentence in Page(small).text
        assert sentence not in Page(text).text
