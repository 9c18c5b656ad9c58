"""The noise ceiling is rsatoolbox's, and bounds what any model can reach."""

import numpy as np
import pytest
import rsatoolbox
from rsatoolbox.inference.noise_ceiling import boot_noise_ceiling

from trajectories.rdms import similarity
from trajectories.statistics.noise_ceiling import noise_ceiling

TOOLBOX = {"pearson": "corr", "spearman": "spearman", "kendall": "tau-a", "cosine": "cosine"}


def individuals(n: int = 5, n_stimuli: int = 12, noise: float = 1.0, seed: int = 0):
    """RDMs of individuals: one truth, and noise, each on a scale of its own."""
    rng = np.random.default_rng(seed)
    n_pairs = n_stimuli * (n_stimuli - 1) // 2
    truth = rng.random(n_pairs)
    rdms = truth + noise * rng.random((n, n_pairs))
    return truth, rdms * rng.uniform(0.1, 10, (n, 1))


@pytest.mark.filterwarnings("ignore:Noise ceiling for tau")
@pytest.mark.parametrize("measure", similarity.MEASURES)
@pytest.mark.parametrize("n", [2, 3, 6])
def test_both_bounds_are_those_of_rsatoolbox(measure, n) -> None:
    _, rdms = individuals(n)
    expected = boot_noise_ceiling(rsatoolbox.rdm.RDMs(rdms), method=TOOLBOX[measure])
    assert noise_ceiling(rdms, measure) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("measure", ["pearson", "cosine"])
def test_no_rdm_is_more_similar_to_all_than_the_upper_bound(measure) -> None:
    truth, rdms = individuals()
    _, upper = noise_ceiling(rdms, measure)
    rng = np.random.default_rng(1)
    unit = similarity.unit_vectors(rdms, measure)
    candidates = [truth, *rdms, *(unit.mean(axis=0) + 0.01 * rng.standard_normal((200, 66)))]
    reached = similarity.cross_similarity(candidates, rdms, measure).mean(axis=1)
    assert reached.max() < upper + 1e-12
    centre = similarity.cross_similarity([unit.mean(axis=0)], rdms, measure).mean()
    assert centre == pytest.approx(upper, abs=1e-12)


def test_the_truth_lies_between_the_bounds() -> None:
    """With 20 individuals both bounds close in on what the truth itself reaches."""
    truth, rdms = individuals(20, n_stimuli=30)
    lower, upper = noise_ceiling(rdms)
    reached = similarity.cross_similarity([truth], rdms).mean()
    assert lower < reached < upper
    assert upper - lower < 0.05


def test_individuals_who_agree_have_a_ceiling_of_one() -> None:
    truth, _ = individuals()
    assert noise_ceiling([truth, 3 * truth + 1]) == pytest.approx((1, 1))


def test_one_individual_has_no_ceiling() -> None:
    truth, _ = individuals()
    assert np.isnan(noise_ceiling([truth])).all()


def test_an_individual_without_correlation_is_refused() -> None:
    truth, _ = individuals()
    with pytest.raises(similarity.ConstantRDMError, match="individual 2 are equal"):
        noise_ceiling([truth, np.ones_like(truth)])
    with pytest.raises(similarity.UserError, match="individual 1 has dissimilarities"):
        noise_ceiling([truth * np.nan, truth])
