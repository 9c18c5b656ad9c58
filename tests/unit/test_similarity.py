"""Similarities of RDMs are those of scipy and rsatoolbox, and tiny changes keep their digits."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cosine

from trajectories.errors import UserError
from trajectories.rdms import similarity


@pytest.fixture
def rdms():
    """Five RDMs of 12 stimuli that drift; rounding gives the last two ties."""
    rng = np.random.default_rng(1)
    drift = 0.8 + np.cumsum(0.05 * rng.standard_normal((5, 66)), axis=0)
    drift[3:] = drift[3:].round(1)
    return drift


def kendall_by_definition(a, b):
    """Concordant minus discordant over all pairs of dissimilarities, ties counting nothing."""
    signs = [np.sign(a[i] - a[j]) * np.sign(b[i] - b[j]) for i, j in combinations(range(a.size), 2)]
    return sum(signs) / len(signs)


INDEPENDENT = {
    "pearson": lambda a, b: stats.pearsonr(a, b).statistic,
    "spearman": lambda a, b: stats.spearmanr(a, b).statistic,
    "kendall": kendall_by_definition,
    "cosine": lambda a, b: 1 - cosine(a, b),
}


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_agrees_with_an_independent_computation(rdms, measure):
    expected = np.array([[INDEPENDENT[measure](a, b) for b in rdms] for a in rdms])
    matrix = similarity.similarity_matrix(rdms, measure)
    np.testing.assert_allclose(matrix, expected, rtol=0, atol=1e-12)
    steps = similarity.consecutive_similarity(rdms, measure)
    np.testing.assert_allclose(steps, np.diag(expected, 1), rtol=0, atol=1e-12)
    across = similarity.cross_similarity(rdms[:2], rdms[1:], measure)
    np.testing.assert_allclose(across, expected[:2, 1:], rtol=0, atol=1e-12)
    one = similarity.rdm_similarity(rdms[0], rdms[4], measure)
    assert one == pytest.approx(expected[0, 4], abs=1e-12)


@pytest.mark.parametrize(
    ("measure", "method"),
    [("pearson", "corr"), ("spearman", "spearman"), ("kendall", "tau-a"), ("cosine", "cosine")],
)
def test_agrees_with_rsatoolbox(rdms, measure, method):
    toolbox = pytest.importorskip("rsatoolbox.rdm")
    expected = toolbox.compare(toolbox.RDMs(rdms), toolbox.RDMs(rdms), method=method)
    matrix = similarity.similarity_matrix(rdms, measure)
    np.testing.assert_allclose(matrix, expected, rtol=0, atol=1e-9)


def test_hand_computed():
    a, b = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 2])
    # Deviations (-3, -1, 1, 3)/2 and (-1, 1, 0, 0): r = 1 / sqrt(5 · 2).
    assert similarity.rdm_similarity(a, b, "pearson") == pytest.approx(1 / np.sqrt(10))
    # Ranks of b: 1, 4, 2.5, 2.5, so r = 2.25 / sqrt(5 · 4.5).
    assert similarity.rdm_similarity(a, b, "spearman") == pytest.approx(1.5 / np.sqrt(22.5))
    # Of 6 pairs 3 are concordant, 2 discordant, 1 tied; τ-b would be 1 / sqrt(6 · 5).
    assert similarity.rdm_similarity(a, b, "kendall") == pytest.approx(1 / 6)
    assert similarity.rdm_similarity(a, b, "cosine") == pytest.approx(21 / np.sqrt(30 * 18))


@pytest.mark.parametrize(("measure", "offset"), [("pearson", 3.0), ("cosine", 0.0)])
@pytest.mark.parametrize("change", [1e-13, 4.5e-9, 1e-4, 0.3])
def test_tiny_changes_keep_their_digits(measure, offset, change):
    # Vectors at an angle θ have 1 − r = 1 − cos θ = 2 sin²(θ/2).
    angle = 2 * np.arcsin(np.sqrt(change / 2))
    rng = np.random.default_rng(2)
    plane, _ = np.linalg.qr(np.c_[np.ones(4560), rng.standard_normal((4560, 2))])
    turned = np.cos(angle) * plane[:, 1] + np.sin(angle) * plane[:, 2]
    rows = offset + 20 * np.stack([plane[:, 1], turned])
    found = similarity.consecutive_change(rows, measure)
    np.testing.assert_allclose(found, [change], rtol=1e-7)
    logarithm = similarity.log10_change(rows, measure)
    np.testing.assert_allclose(logarithm, [np.log10(change)], rtol=0, atol=1e-7)
    np.testing.assert_allclose(
        similarity.consecutive_similarity(rows, measure), [1 - change], rtol=0, atol=1e-14
    )


@pytest.mark.parametrize(
    ("measure", "change"),
    [
        # Σd² = 2 in 1 − ρ = 6 Σd² / (n³ − n); one discordant pair of n(n − 1)/2.
        ("spearman", 12 / (4560**3 - 4560)),
        ("kendall", 2 / (4560 * 4559 / 2)),
    ],
)
def test_two_swapped_ranks_are_seen(measure, change):
    rows = np.stack([np.arange(4560.0)] * 2)
    rows[1, [7, 8]] = rows[1, [8, 7]]
    np.testing.assert_allclose(similarity.consecutive_change(rows, measure), [change], rtol=1e-7)


@pytest.mark.parametrize("measure", similarity.MEASURES)
def test_identical_and_reversed_rdms_reach_the_ends_of_the_scale(measure):
    rng = np.random.default_rng(3)
    values = rng.uniform(0.1, 2, 300)
    assert similarity.rdm_similarity(values, values, measure) == 1
    assert similarity.log10_change([values, values], measure)[0] == -np.inf
    assert similarity.rdm_similarity(values, -values, measure) == pytest.approx(-1, abs=1e-14)
    assert np.abs(similarity.similarity_matrix([values, -values], measure)).max() == 1


@pytest.mark.parametrize("measure", ["spearman", "kendall"])
def test_rank_measures_ignore_a_monotone_change(rdms, measure):
    np.testing.assert_allclose(
        similarity.similarity_matrix(np.exp(5 * rdms), measure),
        similarity.similarity_matrix(rdms, measure),
        rtol=0,
        atol=1e-14,
    )


@pytest.mark.parametrize("measure", ["pearson", "spearman", "kendall"])
def test_constant_rdm_is_refused_by_name(rdms, measure):
    rdms[2] = 0.1
    with pytest.raises(similarity.ConstantRDMError, match="RDM of epoch 7 are equal"):
        similarity.consecutive_similarity(rdms, measure, [f"epoch {n}" for n in range(5, 10)])
    with pytest.raises(similarity.ConstantRDMError, match="checkpoint 2"):
        similarity.similarity_matrix(rdms, measure)


def test_cosine_refuses_only_an_rdm_of_zeros(rdms):
    rdms[2] = 0.1
    assert similarity.rdm_similarity(rdms[2], 3 * rdms[2], "cosine") == pytest.approx(1)
    rdms[2] = 0
    with pytest.raises(similarity.ConstantRDMError, match="checkpoint 2 are zero"):
        similarity.consecutive_similarity(rdms, "cosine")


def test_rdm_with_a_missing_value_is_refused_by_name(rdms):
    rdms[3, 5] = np.nan
    with pytest.raises(UserError, match="checkpoint 3"):
        similarity.consecutive_similarity(rdms)


def test_unknown_measure_is_refused_with_the_known_ones(rdms):
    with pytest.raises(UserError, match="'euclidean': choose one of pearson, spearman"):
        similarity.consecutive_similarity(rdms, "euclidean")


def test_one_checkpoint_has_no_step(rdms):
    for measure in similarity.MEASURES:
        assert similarity.consecutive_similarity(rdms[:1], measure).shape == (0,)
