"""Permutation of labels errs as often as it says, and finds effects that are there.

Rates on simulated null data are held against binomial bounds.
"""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from trajectories.rdms import categories
from trajectories.statistics import label_permutation

N = 16
FLAGS = {"face": np.arange(N) < 6, "body": (np.arange(N) >= 6) & (np.arange(N) < 12)}
ANY = {"within": "face"}


def simulated(rng: np.random.Generator, effect: float = 0, n_checkpoints: int = 6) -> np.ndarray:
    """RDMs of images in a space that drifts over checkpoints; faces lie apart by `effect`."""
    images = rng.standard_normal((N, 8))
    images[FLAGS["face"], 0] += effect
    rdms = []
    for checkpoint in range(n_checkpoints):
        images = images + 0.5 * rng.standard_normal(images.shape)
        # Dissimilarities spread more and more, as they do in learning.
        rdms.append(
            1 + checkpoint * pdist(images) / 5 + 0.1 * rng.standard_normal(N * (N - 1) // 2)
        )
    return np.array(rdms)


def test_effects_are_those_of_the_category_means() -> None:
    rdms = simulated(np.random.default_rng(0))
    for definition in (ANY, {"within": "face", "between": "body"}):
        labels = label_permutation.permuted_labels(definition, FLAGS, 20, seed=0)
        [chosen] = categories.select({"x": definition}, FLAGS)
        means = categories.category_dissimilarity(rdms, [chosen.within, chosen.between])
        found = label_permutation.effects(rdms, *labels)
        assert found[0] == pytest.approx(means[:, 1] - means[:, 0], abs=1e-13)
        within, between = categories.pair_masks(labels[0][7] == 1, labels[1][7] == 1)
        means = categories.category_dissimilarity(rdms, [within, between])
        assert found[7] == pytest.approx(means[:, 1] - means[:, 0], abs=1e-13)


def test_blocks_change_nothing(monkeypatch) -> None:
    rdms = simulated(np.random.default_rng(0))
    labels = label_permutation.permuted_labels(ANY, FLAGS, 20, seed=0)
    whole = label_permutation.effects(rdms, *labels)
    monkeypatch.setattr(label_permutation, "BLOCK_NUMBERS", 600)
    assert label_permutation.effects(rdms, *labels) == pytest.approx(whole, abs=1e-12)


def test_labels_move_among_images_that_take_part() -> None:
    definition = {"within": "face", "between": "body"}
    inside, outside = label_permutation.permuted_labels(definition, FLAGS, 200, seed=0)
    assert (inside.sum(axis=1) == 6).all()
    assert (outside.sum(axis=1) == 6).all()
    assert not (inside & outside).any()
    assert not inside[:, 12:].any()
    # Every image that takes part is in the category half of the time.
    assert inside[1:, :12].mean(axis=0) == pytest.approx(np.full(12, 0.5), abs=0.15)
    again = label_permutation.permuted_labels(definition, FLAGS, 10, seed=0)
    np.testing.assert_array_equal(inside[:11], again[0])


def test_without_an_effect_it_errs_as_often_as_it_says() -> None:
    """One p: uniform. The largest of all epochs: family-wise. The smallest q: likewise."""
    rng, n_studies, alpha = np.random.default_rng(1), 400, 0.1
    single, family, discovery = [], [], []
    for study in range(n_studies):
        labels = label_permutation.permuted_labels(ANY, FLAGS, 99, seed=study)
        tested = label_permutation.tested(label_permutation.effects(simulated(rng), *labels))
        single.append(tested.p[-1] <= alpha)
        family.append(tested.p_max.min() <= alpha)
        discovery.append(tested.q.min() <= alpha)
    low, high = stats.binom.interval(0.998, n_studies, alpha)
    assert low <= sum(single) <= high
    assert low <= sum(family) <= high
    # All hypotheses are true, so that a false discovery is a family-wise error; at most nominal.
    assert sum(discovery) <= high


def test_an_effect_is_found_at_the_epochs_that_have_it() -> None:
    rng = np.random.default_rng(0)
    null, planted = simulated(rng, 0)[:3], simulated(rng, 6)[3:]
    labels = label_permutation.permuted_labels(ANY, FLAGS, 999, seed=0)
    effects = label_permutation.effects(np.concatenate([null, planted]), *labels)
    tested = label_permutation.tested(effects)
    assert (effects[0, 3:] > 0).all()
    assert (tested.p_max[3:] < 0.01).all()
    assert (tested.q[3:] < 0.02).all()
    assert (tested.p_max[:3] > 0.05).all()


def test_correction_never_helps() -> None:
    rng = np.random.default_rng(3)
    labels = label_permutation.permuted_labels(ANY, FLAGS, 99, seed=0)
    tested = label_permutation.tested(label_permutation.effects(simulated(rng, 1), *labels))
    assert (tested.p_max >= tested.p).all()
    assert (tested.q >= tested.p).all()
    assert (tested.p >= 1 / 100).all()


def test_an_epoch_that_is_zero_by_construction_takes_no_part() -> None:
    rng = np.random.default_rng(0)
    permuted = rng.standard_normal((100, 4))
    padded = np.insert(permuted, 0, 0, axis=1)
    tested, expected = label_permutation.tested(padded), label_permutation.tested(permuted)
    assert (tested.p[0], tested.p_max[0], tested.q[0]) == (1, 1, 1)
    np.testing.assert_array_equal(tested.q[1:], expected.q)
    np.testing.assert_array_equal(tested.p_max[1:], expected.p_max)
    assert (label_permutation.tested(np.zeros((5, 3))).p == 1).all()
