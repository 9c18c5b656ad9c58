"""From RDMs to intervals: errors on null data are as many as said, planted effects are covered.

Small studies with fixed seeds, rates against binomial bounds; `benchmarks/calibration.py` is the
large version.
"""

import numpy as np
import pytest
from scipy import stats

from trajectories.rdms import categories
from trajectories.statistics import crossed_bootstrap, resampled_curves, resampling, times

N, N_NETWORKS, N_STUDIES, CONFIDENCE = 32, 4, 300, 0.9
FIRST, SECOND = np.triu_indices(N, 1)
MEMBER = np.arange(N) < 12
EPOCH = np.arange(9.0)


def pattern(rng, image=0.03, pair=0.04):
    of_image = image * rng.standard_normal(N)
    return of_image[FIRST] + of_image[SECOND] + pair * rng.standard_normal(FIRST.size)


def rejections_within_bounds(rejected: np.ndarray) -> bool:
    """Nominal, or less: products of counts inflate what single pairs vary by, a little."""
    low, high = stats.binom.interval(0.998, N_STUDIES, 1 - CONFIDENCE)
    return low / 2 <= rejected.sum() <= high


@pytest.fixture(scope="module")
def counts():
    return [resampling.stimulus_counts(N, 100, seed) for seed in range(30)]


@pytest.mark.parametrize("effect", [0.0, 0.04])
def test_category_effects(counts, effect) -> None:
    rng = np.random.default_rng(int(100 * effect))
    masks = list(categories.pair_masks(MEMBER))
    values = np.empty((N_NETWORKS, 101, N_STUDIES))
    for study in range(N_STUDIES):
        shared = pattern(rng)
        for network in range(N_NETWORKS):
            planted = effect + 0.02 * rng.standard_normal()
            rdm = shared + pattern(rng) / 2 + planted * masks[1]
            within, between = resampled_curves.weighted_means(rdm[None], masks, counts[study % 30])
            values[network, :, study] = (between - within)[:, 0]
    found = crossed_bootstrap.interval(values, CONFIDENCE, int(MEMBER.sum()))
    missed = (found.low > effect) | (found.high < effect)
    assert rejections_within_bounds(missed)
    assert ((found.p(effect) < 1 - CONFIDENCE) == missed).all()
    if effect:
        # It is there, and is found more often than not.
        assert (found.p() < 1 - CONFIDENCE).mean() > 0.5
        assert found.estimate.mean() == pytest.approx(effect, abs=0.004)


@pytest.mark.parametrize("tau", [2.0, 4.0])
def test_times_of_two_layers(counts, tau) -> None:
    """The early layer has a time constant of 2, the late one of `tau`."""
    rng = np.random.default_rng(int(tau))
    compared = np.array([(at, len(EPOCH) - 1) for at in range(len(EPOCH))], dtype=np.intp)
    values = np.zeros((N_NETWORKS, 101, N_STUDIES))
    for study in range(N_STUDIES):
        for sign, constant in ((-1, 2.0), (1, tau)):
            shared = (pattern(rng), pattern(rng))
            for network in range(N_NETWORKS):
                first, last = (each + pattern(rng) / 2 for each in shared)
                rate = constant * np.exp(0.1 * rng.standard_normal())
                share = 1 - np.exp(-EPOCH / rate)
                rdms = first + (share / share[-1])[:, None] * (last - first)
                similarity = resampled_curves.weighted_similarity(
                    rdms, compared, counts[study % 30]
                )
                start = similarity[:, :1]
                time = times.crossing((similarity - start) / (1 - start), EPOCH, 0.9)
                values[network, :, study] = sign * time + (
                    values[network, :, study] if sign > 0 else 0
                )
    found = crossed_bootstrap.interval(values, CONFIDENCE, N)
    # Without a difference the truth is 0 by symmetry; with one it is the mean over all studies,
    # which is known a thousand times better than by one of them.
    truth = 0 if tau == 2 else found.estimate.mean()
    assert rejections_within_bounds((found.low > truth) | (found.high < truth))
    if tau > 2:
        assert (found.low > 0).mean() > 0.9
