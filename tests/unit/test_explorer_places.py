"""Test images on the map: planted places are found again, turned as little as can be."""

import base64

import numpy as np
import pytest
from explorer_cases import LAYERS, N_IMAGES, ORDER, Planted, page, plant
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr
from sklearn.manifold import ClassicalMDS

from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import places as explorer_places
from trajectories.report.explorer import size as explorer_size
from trajectories.report.explorer.rdms import Shown

N = 9


@pytest.fixture
def drifting() -> np.ndarray:
    """Places of images that move a little from checkpoint to checkpoint: (6, N, 2)."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, 2)) + np.cumsum(0.05 * rng.normal(size=(6, N, 2)), axis=0)


def rdms(places: np.ndarray) -> np.ndarray:
    return np.array([pdist(each) for each in places])


def shown(places: np.ndarray, layer: str = "a", seed: int | None = 1) -> Shown:
    return Shown("c", seed, layer, np.arange(float(len(places))), rdms(places))


def nearest(places: np.ndarray, target: np.ndarray) -> float:
    """Least distance to a target over rotations and reflections, tried one by one."""
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    cos, sin = np.cos(angles), np.sin(angles)
    turns = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    turns = np.concatenate([turns, turns * [1, -1]])
    return float(np.linalg.norm(places @ turns - target, axis=(1, 2)).min())


# One RDM


def test_planted_places_are_found_up_to_rotation_and_reflection(drifting) -> None:
    for found, true in zip(explorer_places.scaled(rdms(drifting)), drifting, strict=True):
        np.testing.assert_allclose(pdist(found), pdist(true), atol=1e-12)
        assert procrustes(true, found)[2] < 1e-20
        np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)


def test_more_dimensions_give_the_two_that_scikit_learn_finds() -> None:
    rng = np.random.default_rng(2)
    for rdm in (pdist(rng.normal(size=(N, 5))), rng.uniform(0.1, 1, N * (N - 1) // 2)):
        [found] = explorer_places.scaled(rdm[None])
        true = ClassicalMDS(n_components=2, metric="precomputed").fit_transform(squareform(rdm))
        np.testing.assert_allclose(np.abs(found), np.abs(true), atol=1e-10)


def test_the_order_of_images_does_not_matter(drifting) -> None:
    order = np.random.default_rng(3).permutation(N)
    [found], [other] = (explorer_places.scaled(rdms(each[None])) for each in (
        drifting[0], drifting[0][order]
    ))  # fmt: skip
    np.testing.assert_allclose(found[order], other, atol=1e-12)


def test_images_that_are_not_distinguished_lie_in_one_place(drifting) -> None:
    tied = drifting.copy()
    tied[:, 5] = tied[:, 2]
    for found in explorer_places.scaled(rdms(tied)):
        np.testing.assert_allclose(found[5], found[2], atol=1e-7)


def test_equal_dissimilarities_have_places_and_keep_nothing_known() -> None:
    flat = np.full((2, N * (N - 1) // 2), 0.4)
    found = explorer_places.scaled(flat)
    assert np.isfinite(found).all()
    assert np.isfinite(
        explorer_places.of([Shown("c", 1, "a", np.arange(2.0), flat)])[0].places
    ).all()
    assert np.isnan(explorer_places.kept(flat, found)).all()


def test_no_dissimilarity_puts_all_images_in_the_middle() -> None:
    [only] = explorer_places.of([Shown("c", 1, "a", np.zeros(1), np.zeros((1, 3)))])
    assert (only.places == 0).all()
    assert np.isnan(only.kept).all()
    assert explorer_places.extent([only]) == 1


def test_images_on_a_line_stay_on_it() -> None:
    line = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    [found] = explorer_places.scaled(rdms(line[None]))
    np.testing.assert_allclose(np.abs(found[:, 0]), [2, 1, 0, 1, 2], atol=1e-12)
    np.testing.assert_array_equal(found[:, 1], 0)
    [two] = explorer_places.scaled(np.array([[0.5]]))
    np.testing.assert_allclose(np.abs(two), [[0.25, 0], [0.25, 0]], atol=1e-12)


# Over training, and among networks


def test_each_checkpoint_is_turned_to_the_next_as_well_as_can_be(drifting) -> None:
    [found] = explorer_places.of([shown(drifting)])
    for now, later, true_now, true_later in zip(
        found.places[:-1], found.places[1:], drifting[:-1], drifting[1:], strict=True
    ):
        centred = [each - each.mean(axis=0) for each in (true_now, true_later)]
        moved = np.linalg.norm(now - later)
        assert moved == pytest.approx(nearest(*centred), rel=1e-3)
        assert moved < 0.5


def test_places_have_one_scale_at_all_checkpoints(drifting) -> None:
    growing = drifting * np.arange(1, 7)[:, None, None]
    [found] = explorer_places.of([shown(growing)])
    np.testing.assert_allclose(
        np.linalg.norm(found.places, axis=(1, 2)),
        np.linalg.norm(growing - growing.mean(axis=1, keepdims=True), axis=(1, 2)),
    )


def test_networks_and_layers_are_turned_alike(drifting) -> None:
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])
    series = [
        shown(drifting[:3], "a", 1), shown(drifting[:3] @ turn, "a", 2),
        shown(drifting[3:], "b", 1), shown(drifting[3:] @ turn, "b", 2),
    ]  # fmt: skip
    first, second, deep, deep_too = explorer_places.of(series)
    np.testing.assert_allclose(first.places, second.places, atol=1e-10)
    np.testing.assert_allclose(deep.places, deep_too.places, atol=1e-10)
    centred = [each - each.mean(axis=0) for each in (drifting[2], drifting[5])]
    apart = np.linalg.norm(first.places[-1] - deep.places[-1])
    assert apart == pytest.approx(nearest(*centred), rel=1e-3)


# What two dimensions keep


def test_what_is_kept_is_the_correlation_of_distances(drifting) -> None:
    [flat] = explorer_places.of([shown(drifting)])
    np.testing.assert_allclose(flat.kept, 1)
    rng = np.random.default_rng(4)
    [solid] = explorer_places.of([shown(rng.normal(size=(2, N, 5)))])
    true = [
        pearsonr(pdist(places), rdm).statistic
        for places, rdm in zip(
            solid.places,
            rdms(np.random.default_rng(4).normal(size=(2, N, 5))),
            strict=True,
        )
    ]
    np.testing.assert_allclose(solid.kept, true)
    assert (solid.kept < 0.95).all()


# In the page


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("study"))


def test_the_page_has_the_places_to_half_a_step(planted) -> None:
    built = explorer.build(planted.sources(), planted.stimulus)
    for condition in built["conditions"]:
        for instance in condition["instances"]:
            for place, layer in enumerate(LAYERS):
                half = built["layers"][place]["extent"]
                shape = (len(instance["epoch"]), N_IMAGES, 2)
                packed = base64.b64decode(instance["places"][place])
                steps = np.frombuffer(packed, np.uint8).reshape(shape)
                found = half * (2.0 * steps / 255 - 1)
                for checkpoint, epoch in enumerate(instance["epoch"]):
                    seeds = [1, 2, 3] if instance["seed"] is None else [instance["seed"]]
                    rdm = np.mean(
                        [planted.rdm(condition["name"], seed, layer, epoch) for seed in seeds],
                        axis=0,
                    )[np.ix_(ORDER, ORDER)]
                    true = ClassicalMDS(n_components=2, metric="precomputed").fit_transform(rdm)
                    away = nearest(found[checkpoint], true)
                    assert away < 1.1 * np.sqrt(2 * N_IMAGES) * half / 255 + 0.01
                    assert instance["kept"][place][checkpoint] == pytest.approx(
                        pearsonr(pdist(true), squareform(rdm)).statistic, abs=6e-4
                    )


def test_the_square_is_the_smallest_that_holds_all_places(planted) -> None:
    built = explorer.build(planted.sources(), planted.stimulus)
    for place in range(len(LAYERS)):
        used = np.concatenate(
            [
                np.frombuffer(base64.b64decode(instance["places"][place]), np.uint8)
                for condition in built["conditions"]
                for instance in condition["instances"]
            ]
        )
        assert {0, 255} & set(used.tolist())


def test_a_page_without_room_has_no_map_and_says_so(planted, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(explorer_size, "MOST_PLACES", 100)
    built = explorer.build(planted.sources(), planted.stimulus)
    assert all(
        each["places"] is each["kept"] is None
        for condition in built["conditions"]
        for each in condition["instances"]
    )
    [said] = built["left_out"]
    assert (
        said == "The test images are not shown on a map: the page has no room for so many networks."
    )
    assert said in page(planted, tmp_path).read_text("utf-8")


@pytest.mark.parametrize(
    ("n_images", "n_means", "n_instances"), [(96, 2, 8), (92, 2, 20), (2000, 20, 200)]
)
def test_usual_studies_have_a_map(n_images, n_means, n_instances) -> None:
    assert explorer_size.fit(n_images, 201, n_means, n_instances, numbers=11).places


@pytest.mark.parametrize("n_images", [3, 12, 96])
def test_no_map_is_too_large(n_images) -> None:
    for n_instances in (10, 1000, 50_000):
        size = explorer_size.fit(n_images, 201, 2, n_instances, numbers=11)
        series = 2 + n_instances * size.instances
        used = series * size.checkpoints * explorer_size.characters_of_places(size.images)
        assert size.places == (used <= explorer_size.MOST_PLACES)
