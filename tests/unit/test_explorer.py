"""The explorer holds the study's own numbers, in an order of their own."""

import base64

import numpy as np
import pandas as pd
import pytest
from explorer_cases import (
    LAYERS,
    N_IMAGES,
    ORDER,
    Planted,
    instances,
    plant,
    shown_rdms,
)
from scipy.spatial.distance import squareform

from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import curves as explorer_curves
from trajectories.report.explorer import rdms as explorer_rdms

PAIRS = np.triu_indices(N_IMAGES, 1)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def built(planted: Planted) -> dict:
    return explorer.build(planted.sources(), planted.stimulus)


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
