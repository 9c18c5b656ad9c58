"""Dimension and CKA from RDMs are those of the activation patterns themselves.

The truths are eigenvalues and CKA of standardised patterns, and clouds of known dimension.
"""

import numpy as np
import pytest

from trajectories.analyses.dimension import figure as figure_dimension
from trajectories.analyses.dimension import figure_cka
from trajectories.analyses.dimension import table as dimension
from trajectories.errors import UserError
from trajectories.rdms.rdm import correlation_distance
from trajectories.statistics.states import Series

RNG = np.random.default_rng(0)


def standardised(patterns):
    """Each pattern with mean 0 and length 1 over units."""
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def series(patterns, seed=1, layer="layer1", epoch=None):
    """RDMs of the patterns of several checkpoints."""
    rdms = np.stack([correlation_distance(each) for each in patterns])
    epochs = np.arange(len(rdms), dtype=np.float64) if epoch is None else np.array(epoch)
    return Series("moco", seed, layer, epochs, rdms, np.arange(len(rdms)))


def patterns(n_checkpoints=4, n_stimuli=12, n_units=50):
    base = RNG.standard_normal((n_stimuli, n_units))
    return [base + 0.7 * t * RNG.standard_normal(base.shape) for t in range(n_checkpoints)]


@pytest.mark.parametrize("block", [1, 100, 2**24])
def test_participation_ratio_is_that_of_the_eigenvalues_of_the_patterns(block) -> None:
    each = patterns()
    traces, products = dimension.gram_products(series(each), 12, block)
    found = dimension.participation_ratio(traces, products)
    for checkpoint, activity in enumerate(each):
        cloud = standardised(activity)
        values = np.linalg.svd(cloud - cloud.mean(axis=0), compute_uv=False) ** 2
        assert traces[checkpoint] == pytest.approx(values.sum(), abs=1e-12)
        expected = values.sum() ** 2 / (values**2).sum()
        assert found[checkpoint] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("block", [1, 100, 2**24])
def test_pairs_that_are_not_wanted_are_left_out(block) -> None:
    each = series(patterns(n_checkpoints=6))
    traces, products = dimension.gram_products(each, 12, block)
    paired = np.array([0, 2, 5])
    found_traces, found = dimension.gram_products(each, 12, block, paired)
    np.testing.assert_array_equal(found_traces, traces)
    np.testing.assert_allclose(np.diag(found), np.diag(products), rtol=1e-13)
    wanted = np.eye(6, dtype=bool)
    wanted[np.ix_(paired, paired)] = True
    np.testing.assert_allclose(found[wanted], products[wanted], rtol=1e-13)
    assert np.isnan(found[~wanted]).all()


def test_cka_is_that_of_kornblith_between_standardised_patterns() -> None:
    each = patterns()
    _, products = dimension.gram_products(series(each), 12, block=60)
    found = dimension.linear_cka(products)
    clouds = [standardised(activity) for activity in each]
    clouds = [cloud - cloud.mean(axis=0) for cloud in clouds]
    for i, a in enumerate(clouds):
        for j, b in enumerate(clouds):
            norms = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
            expected = np.linalg.norm(b.T @ a) ** 2 / norms
            assert found[i, j] == pytest.approx(expected, abs=1e-12)
    assert (np.diag(found) == 1).all()


def test_blocks_hold_no_more_than_they_may() -> None:
    widths = []

    class Watched:
        def __init__(self, rdms):
            self.rdms, self.shape = rdms, rdms.shape

        def __getitem__(self, key):
            values = self.rdms[key]
            widths.append(values.size)
            return values

    own = series(patterns())
    watched = Series("moco", 1, "layer1", own.epoch, Watched(own.rdms), own.kept)
    dimension.gram_products(watched, 12, block=160)
    assert max(widths) <= 160 // 4


def test_a_regular_simplex_has_all_dimensions_and_two_clusters_have_one() -> None:
    n = 9
    n_pairs = n * (n - 1) // 2
    first, second = np.triu_indices(n, 1)
    rdms = np.stack([np.full(n_pairs, 0.7), ((first < 4) != (second < 4)).astype(float)])
    own = Series("moco", 1, "layer1", np.arange(2.0), rdms, np.arange(2))
    found = dimension.participation_ratio(*dimension.gram_products(own, n))
    assert found == pytest.approx([n - 1, 1], abs=1e-12)


@pytest.mark.parametrize("of", [2, 5])
def test_a_cloud_of_so_many_equal_axes_has_so_many_dimensions(of) -> None:
    """Images at ± each of some orthogonal directions, in more units, far from constant."""
    axes = np.linalg.qr(np.c_[np.ones(40), RNG.standard_normal((40, of))])[0][:, 1:].T
    own = series([np.concatenate([axes, -axes]) + 3])
    found = dimension.participation_ratio(*dimension.gram_products(own, 2 * of))
    assert found == pytest.approx([of], abs=1e-12)


def test_tables_are_means_over_instances_of_each_pair_of_checkpoints() -> None:
    every = [series(patterns(), seed=seed) for seed in (1, 2, 3)]
    dimensions, cka = dimension.tables(every, 12)
    assert list(dimensions.columns) == list(dimension.DIMENSION)
    assert list(cka.columns) == list(dimension.CKA)
    assert len(dimensions) == 12
    assert len(cka) == 16
    own = [dimension.linear_cka(dimension.gram_products(each, 12)[1])[1, 3] for each in every]
    row = cka[(cka["epoch"] == 1) & (cka["other_epoch"] == 3)].iloc[0]
    assert row["mean"] == pytest.approx(np.mean(own))
    assert row["sd"] == pytest.approx(np.std(own, ddof=1))
    assert row["n"] == 3
    figure_dimension.draw(dimensions).canvas.draw()
    figure_cka.draw(cka).canvas.draw()
    assert "n = 3 network instances" in figure_dimension.caption(dimensions)
    assert "n = 3 network instances" in figure_cka.caption(cka)


def test_one_instance_has_no_sd_and_many_checkpoints_are_thinned_in_cka_alone() -> None:
    rdms = RNG.random((60, 15))
    own = Series("moco", 1, "layer1", np.arange(60.0), rdms, np.arange(60))
    dimensions, cka = dimension.tables([own], 6)
    assert len(dimensions) == 60
    assert len(cka) == dimension.MOST_CHECKPOINTS**2
    assert cka["epoch"].max() == 59
    assert cka["sd"].isna().all()


@pytest.mark.parametrize(("fault", "message"), [(np.nan, "finite"), (0.0, "all 0")])
def test_an_rdm_without_dimension_is_refused_by_name(fault, message) -> None:
    own = series(patterns())
    own.rdms[2] = fault
    with pytest.raises(UserError, match=rf"layer1 at epoch 2 \(moco seed 1\) are .*{message}"):
        dimension.gram_products(own, 12)
