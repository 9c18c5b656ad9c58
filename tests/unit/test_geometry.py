"""States are compared and placed as independent computations say, in one space, piece by piece.

The truths are numpy's correlations, principal components, planted paths, and plain loops.
"""

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from trajectories.analyses.geometry import figure_path
from trajectories.analyses.geometry import table as geometry
from trajectories.errors import UserError
from trajectories.rdms import trajectory
from trajectories.statistics import states
from trajectories.statistics.thinning import thin
from trajectories.storage.columns import IDENTITY

RNG = np.random.default_rng(0)
N_STIMULI, N_PAIRS = 8, 28


def write_instance(path, condition="moco", seed=1, epoch=(0, 1, 2), rdms=None, stimulus=None):
    """A trajectory of two layers, and its RDMs."""
    rdms = rdms or {layer: RNG.random((len(epoch), N_PAIRS)) for layer in ("layer1", "layer4")}
    trajectory.write(
        path,
        trajectory.Trajectory(
            rdms=rdms,
            epoch=np.array(epoch, dtype=np.float64),
            stimulus=stimulus or tuple(f"s{i}" for i in range(N_STIMULI)),
            flags={},
            attributes={"condition": condition, "seed": seed},
        ),
    )
    return rdms


@pytest.fixture
def study(tmp_path):
    """Two conditions of two instances, one of which has other checkpoints; paths and RDMs."""
    paths, rdms = [], []
    for condition, seed, epoch in (
        ("moco", 1, (0, 0.5, 1, 2)),
        ("moco", 2, (0, 1, 2)),
        ("cold", 1, (0, 2)),
        ("cold", 2, (0, 2)),
    ):
        paths.append(tmp_path / f"{condition}-{seed}.h5")
        rdms.append(write_instance(paths[-1], condition, seed, epoch))
    return paths, rdms


@pytest.mark.parametrize("block", [1, 50, 2**24])
def test_correlations_of_all_states_are_those_of_numpy_however_they_are_read(study, block):
    paths, rdms = study
    expected = np.corrcoef(np.concatenate([own[layer] for own in rdms for layer in own]))
    with states.opened(paths) as series:
        found = states.correlations(series, block)
        table = states.identity(series)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    assert (np.diag(found) == 1).all()
    assert (found == found.T).all()
    assert table.iloc[4].tolist() == ["moco", 1, "layer4", 0.0]
    assert len(table) == len(found) == 22


def test_blocks_hold_no_more_than_they_may(study):
    paths, _ = study
    widths = []

    class Watched:
        def __init__(self, rdms):
            self.rdms, self.shape = rdms, rdms.shape

        def __getitem__(self, key):
            values = self.rdms[key]
            widths.append(values.shape[1])
            return values

    with states.opened(paths) as series:
        watched = [
            states.Series(s.condition, s.seed, s.layer, s.epoch, Watched(s.rdms), s.kept)
            for s in series
        ]
        states.correlations(watched, block=22 * 5)
    assert max(widths) == 5


def test_small_changes_keep_their_digits():
    """1 - r of 1e-12, of RDMs far from 0."""
    base, other = np.linalg.qr(RNG.standard_normal((1000, 3)) - 0)[0].T[:2]
    base, other = base - base.mean(), other - other.mean()
    base /= np.linalg.norm(base)
    other -= (other @ base) * base
    other /= np.linalg.norm(other)
    angle = np.sqrt(2e-12)
    rdms = 1 + 0.1 * np.stack([base, np.cos(angle) * base + np.sin(angle) * other])
    series = [states.Series("moco", 1, "a", np.arange(2.0), rdms, np.arange(2))]
    change = 1 - states.correlations(series)[0, 1]
    assert change == pytest.approx(1e-12, rel=2e-3)


@pytest.mark.parametrize(
    ("fault", "message"), [(np.nan, "not all finite numbers"), (0.5, "all equal")]
)
def test_a_state_without_correlation_is_refused_by_name(tmp_path, fault, message):
    rdms = {"layer1": RNG.random((2, N_PAIRS))}
    rdms["layer1"][1] = fault
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["rdms"] = rdms["layer1"]
        series = [states.Series("moco", 3, "layer1", np.array([0, 0.25]), file["rdms"], [0, 1])]
        with pytest.raises(UserError, match=rf"layer1 at epoch 0.25 \(moco seed 3\) are {message}"):
            states.correlations(series)


def test_other_images_and_instances_given_twice_are_refused(tmp_path):
    write_instance(tmp_path / "a.h5", seed=1)
    write_instance(tmp_path / "b.h5", seed=2, stimulus=tuple("abcdefgh"))
    other = pytest.raises(UserError, match=r"b.h5 has different test images from .*a.h5")
    with other, states.opened([tmp_path / "a.h5", tmp_path / "b.h5"]):
        pass
    write_instance(tmp_path / "c.h5", seed=1)
    twice = pytest.raises(UserError, match="moco, seed 1 is in two")
    with twice, states.opened([tmp_path / "a.h5", tmp_path / "c.h5"]):
        pass


@pytest.mark.parametrize("epoch", [np.arange(201), np.r_[0, 0.01, 0.03, 0.1, 0.3, 1:201]])
@pytest.mark.parametrize("most", [2, 12, 40])
def test_thinning_keeps_first_last_and_steps_of_like_ratio(epoch, most):
    kept = thin(epoch, most)
    assert len(kept) == most == len(set(kept))
    assert (kept[0], kept[-1]) == (0, len(epoch) - 1)
    assert (np.diff(kept) > 0).all()
    left_out = np.setdiff1d(np.arange(len(epoch)), kept)
    place = np.log(np.where(epoch > 0, epoch, epoch[1] / 2))
    # No checkpoint is left out that is farther from all others than some that are kept.
    to_kept = np.abs(place[left_out, None] - place[kept]).min(axis=1).max()
    assert to_kept <= np.diff(place[kept]).min() + 1e-12 or most == 2


def test_few_checkpoints_are_all_kept():
    assert thin([0, 1, 5], 3).tolist() == [0, 1, 2]
    assert thin([7.0], 2).tolist() == [0]
    assert thin([5, 10, 15, 20], 2).tolist() == [0, 3]


def test_a_large_study_is_thinned_to_so_many_states(tmp_path):
    epoch = np.arange(60)
    for seed in (1, 2):
        write_instance(tmp_path / f"{seed}.h5", seed=seed, epoch=epoch)
    paths = [tmp_path / "1.h5", tmp_path / "2.h5"]
    with states.opened(paths, most_states=80) as series:
        assert [len(each.epoch) for each in series] == [20] * 4
        for each in series:
            assert (each.read() == each.rdms[:][each.kept]).all()
            assert all((each.at(at) == each.rdms[int(at)]).all() for at in each.epoch)
    with states.opened(paths, most_states=10) as series:
        assert [len(each.epoch) for each in series] == [states.FEWEST_CHECKPOINTS] * 4
    with states.opened(paths, most_states=None) as series:
        assert [len(each.epoch) for each in series] == [60] * 4


def test_scaling_gives_back_points_from_their_distances():
    points = RNG.standard_normal((9, 3)) * [5, 2, 1]
    places, share = geometry.classical_scaling(squareform(pdist(points, "sqeuclidean")))
    np.testing.assert_allclose(pdist(places), pdist(points), atol=1e-12)
    variance = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    np.testing.assert_allclose(share, variance / variance.sum(), atol=1e-12)
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-12)


def test_scaling_of_correlation_distance_is_pca_of_standardised_rdms():
    rdms = RNG.random((7, N_PAIRS))
    standard = rdms - rdms.mean(axis=1, keepdims=True)
    standard /= np.linalg.norm(standard, axis=1, keepdims=True)
    places, share = geometry.classical_scaling(2 * (1 - np.corrcoef(rdms)))
    left, values, _ = np.linalg.svd(standard - standard.mean(axis=0), full_matrices=False)
    scores = (left * values)[:, :3]
    signs = np.sign((scores * places).sum(axis=0))
    np.testing.assert_allclose(places, scores * signs, atol=1e-12)
    np.testing.assert_allclose(share, values[:3] ** 2 / (values**2).sum(), atol=1e-12)


def test_axes_that_there_are_not_are_zero():
    places, share = geometry.classical_scaling([[0, 4], [4, 0]])
    np.testing.assert_allclose(np.abs(places), [[1, 0, 0], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(share, [1, 0, 0], atol=1e-12)
    places, share = geometry.classical_scaling([[0.0]])
    assert places.tolist() == [[0, 0, 0]]
    assert share.tolist() == [0, 0, 0]


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (-1, -1)])
def test_learning_goes_up_on_each_axis_whatever_the_eigenvectors_sign(signs):
    places = np.array([[-3.0, 1.0], [2.0, -2.0], [-1.0, 1.0], [2.0, 0.5]])
    turned = geometry.oriented(places * signs, [0, 2], [1, 3])
    np.testing.assert_array_equal(turned, places * [1, -1])


def test_without_a_way_the_farthest_place_is_up():
    places = np.array([[1.0, 3.0], [-2.0, -3.0]])
    turned = geometry.oriented(places, [0, 1], [0, 1])
    np.testing.assert_array_equal(turned, [[-1, 3], [2, -3]])


def test_a_planted_path_comes_back_in_one_space_for_all():
    """RDMs on an arc: every instance of both conditions lies on it at its own angle."""
    basis = RNG.standard_normal((N_PAIRS, 3))
    basis -= basis.mean(axis=0)
    first, second, _ = np.linalg.qr(basis)[0].T
    table = pd.DataFrame(
        [
            (condition, seed, "layer1", float(epoch))
            for condition in ("a", "b")
            for seed in (1, 2)
            for epoch in range(4)
        ],
        columns=IDENTITY,
    )
    angle = 0.3 * table["epoch"] + 0.1 * table["seed"] + 0.05 * (table["condition"] == "b")
    rdms = (
        7 + np.cos(angle.to_numpy())[:, None] * first + np.sin(angle.to_numpy())[:, None] * second
    )
    places, axes = geometry.path(table, np.corrcoef(rdms))
    assert list(places.columns) == list(geometry.PATH)
    chord = 2 * np.abs(np.sin((angle.to_numpy()[:, None] - angle.to_numpy()) / 2))
    np.testing.assert_allclose(squareform(pdist(places[["x", "y", "z"]])), chord, atol=1e-7)
    assert axes["share"].sum() == pytest.approx(1)
    assert axes["share"][2] == pytest.approx(0, abs=1e-12)
    steps = places.groupby(["condition", "seed"])["x"].diff().dropna()
    assert (steps > 0).all()


def test_means_are_those_of_plain_loops(study):
    paths, _ = study
    with states.opened(paths) as series:
        table, r = states.identity(series), states.correlations(series)
    found = geometry.mean_similarity(table, r)
    rows = list(table.itertuples(index=False))
    for each in found.itertuples(index=False):
        by_instance = []
        for i, a in enumerate(rows):
            if (a.condition, a.layer, a.epoch) != (each.condition, each.layer, each.epoch):
                continue
            others = [
                r[i, j]
                for j, b in enumerate(rows)
                if (b.condition, b.layer, b.epoch)
                == (each.condition, each.other_layer, each.other_epoch)
                and (a.seed == b.seed) == (each.instances == "same")
            ]
            if others:
                by_instance.append(np.mean(others))
        assert each.n == len(by_instance)
        assert each.mean == pytest.approx(np.mean(by_instance), abs=1e-12)
        if each.n > 1:
            assert each.sd == pytest.approx(np.std(by_instance, ddof=1), abs=1e-12)
        else:
            assert np.isnan(each.sd)
    # moco has 4 epochs in all, cold has 2; each layer against each.
    assert (found["instances"] == "same").sum() == 4 * (16 + 4)
    assert not found.duplicated(list(geometry.SIMILARITY[:6])).any()


def test_one_instance_has_no_others_and_no_sd(tmp_path):
    write_instance(tmp_path / "a.h5")
    with states.opened([tmp_path / "a.h5"]) as series:
        table, r = states.identity(series), states.correlations(series)
    found = geometry.mean_similarity(table, r)
    assert set(found["instances"]) == {"same"}
    assert found["sd"].isna().all()
    assert (found["n"] == 1).all()


def test_similarity_to_the_final_state_is_that_of_numpy(study):
    paths, rdms = study
    with states.opened(paths, None) as series:
        found = geometry.to_final(series)
    own = found[
        (found["condition"] == "moco") & (found["seed"] == 1) & (found["layer"] == "layer4")
    ]
    expected = np.corrcoef(rdms[0]["layer4"])[:, -1]
    assert own["similarity"].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert own["progress"].iloc[[0, -1]].tolist() == [0, 1]
    progress = (expected - expected[0]) / (1 - expected[0])
    assert own["progress"].to_numpy() == pytest.approx(progress, abs=1e-12)


def test_the_file_says_which_state_each_row_is(study, tmp_path):
    paths, _ = study
    with states.opened(paths) as series:
        table, r = states.identity(series), states.correlations(series)
    geometry.write(tmp_path / "geometry.h5", table, r)
    with h5py.File(tmp_path / "geometry.h5") as file:
        assert (file["similarity"][:] == r).all()
        assert file["condition"].asstr()[:].tolist() == table["condition"].tolist()
        assert file["layer"].asstr()[:].tolist() == table["layer"].tolist()
        assert file["seed"][:].tolist() == table["seed"].tolist()
        assert file["epoch"][:].tolist() == table["epoch"].tolist()


def test_the_mean_path_has_only_epochs_that_all_instances_have():
    path = pd.DataFrame(
        [(1, 0, 0, 0, 0), (1, 0.5, 9, 9, 9), (1, 1, 1, 0, 2), (2, 0, 2, 2, 0), (2, 1, 3, 0, 4)],
        columns=["seed", "epoch", "x", "y", "z"],
    )
    assert figure_path.mean_path(path).to_numpy().tolist() == [[0, 1, 1, 0], [1, 2, 0, 3]]


@pytest.mark.parametrize("n_paths", [1, 4])
def test_the_path_is_drawn_for_one_instance_and_for_several_conditions(study, n_paths):
    paths, _ = study
    with states.opened(paths[:n_paths]) as series:
        path, axes = geometry.path(states.identity(series), states.correlations(series))
    figure = figure_path.draw(path, axes)
    figure.canvas.draw()
    for panel, plane in zip(figure.axes, figure_path.PLANES, strict=True):
        (low, high), (bottom, top) = panel.get_xlim(), panel.get_ylim()
        assert high - low == pytest.approx(top - bottom)
        x, y = plane
        assert path[x].between(low, high).all()
        assert path[y].between(bottom, top).all()
    assert {1: "n = 1 network instance.", 4: "n = 2 network instances."}[
        n_paths
    ] in figure_path.caption(path, axes)
