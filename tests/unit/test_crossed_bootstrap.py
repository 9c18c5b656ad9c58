"""Intervals cover the truth as often as they say, over both networks and images.

Statistics with closed forms are simulated; rates are held against binomial bounds.
"""

import numpy as np
import pytest
from scipy import stats

from trajectories.statistics import crossed_bootstrap, resampling


def simulated(rng, n_instances, n_images, between_networks, of_images, interaction, n_rows=200):
    """A mean over images of effects that differ between networks, and its resamples.

    The standard deviations are those of the mean over all images.
    """
    image = of_images * np.sqrt(n_images) * rng.standard_normal(n_images)
    both = interaction * np.sqrt(n_images) * rng.standard_normal((n_instances, n_images))
    network = between_networks * rng.standard_normal((n_instances, 1))
    counts = resampling.stimulus_counts(n_images, n_rows - 1, seed=int(rng.integers(2**31)))
    return (network + image + both) @ counts.T / n_images


def binomial_bounds(rate: float, n: int) -> tuple[float, float]:
    low, high = stats.binom.interval(0.998, n, rate)
    return low / n, high / n


@pytest.mark.parametrize("n_instances", [4, 10])
@pytest.mark.parametrize(
    ("between_networks", "of_images", "interaction"),
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0.5, 0.5), (0.3, 1, 0.3)],
)
def test_the_truth_is_covered_as_often_as_said(
    n_instances, between_networks, of_images, interaction
) -> None:
    rng, n_images, n_studies = np.random.default_rng(n_instances), 40, 400
    sizes = (between_networks, of_images, interaction)
    values = np.stack(
        [simulated(rng, n_instances, n_images, *sizes) for _ in range(n_studies)], axis=-1
    )
    found = crossed_bootstrap.interval(values, 0.9, n_images)
    covered = ((found.low < 0) & (found.high > 0)).mean()
    low, high = binomial_bounds(0.9, n_studies)
    # The variance of images is no less than 0, which makes intervals of networks alone wider.
    assert low <= covered <= max(high, 0.96)
    assert (found.p() < 0.1).mean() == pytest.approx(1 - covered, abs=1e-12)


def test_the_error_is_the_true_one_and_the_interaction_counts_once() -> None:
    rng, n_studies = np.random.default_rng(0), 300
    values = np.stack([simulated(rng, 5, 60, 1, 0.7, 1.5) for _ in range(n_studies)], axis=-1)
    found = crossed_bootstrap.interval(values)
    expected = 1 / 5 + 0.7**2 + 1.5**2 / 5
    assert np.mean(found.se**2) == pytest.approx(expected, rel=0.12)
    assert np.var(found.estimate) == pytest.approx(expected, rel=0.25)
    twice = expected + 1.5**2 / 5
    assert np.mean(found.se**2) < (expected + twice) / 2


def test_without_images_it_is_the_t_interval() -> None:
    data = np.random.default_rng(0).standard_normal(6)
    found = crossed_bootstrap.interval(np.repeat(data[:, None], 30, axis=1))
    expected = stats.ttest_1samp(data, 0)
    assert found.p() == pytest.approx(expected.pvalue)
    limits = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high))


def test_a_paired_test_of_instances_alone_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = (np.repeat(rng.standard_normal(5)[:, None], 20, axis=1) for _ in range(2))
    expected = stats.ttest_rel(a[:, 0], b[:, 0])
    assert crossed_bootstrap.paired(a, b).p() == pytest.approx(expected.pvalue)


def test_pairing_takes_off_what_both_share() -> None:
    rng = np.random.default_rng(2)
    shared = simulated(rng, 5, 30, 3, 3, 1)
    a, b = (shared + simulated(rng, 5, 30, 0.1, 0.1, 0) for _ in range(2))
    paired = crossed_bootstrap.paired(a, b)
    assert paired.se < crossed_bootstrap.interval(a).se / 5


def test_one_instance_has_an_interval_over_images_alone() -> None:
    values = simulated(np.random.default_rng(0), 1, 40, 1, 1, 0)
    found = crossed_bootstrap.interval(values, n_stimuli=40)
    assert found.n_instances == 1
    assert found.se == pytest.approx(values[0, 1:].std(ddof=1))
    half = stats.t.ppf(0.975, 39) * float(found.se)
    assert float(found.high - found.estimate) == pytest.approx(half)


def test_trailing_axes_are_treated_alike() -> None:
    rng = np.random.default_rng(0)
    columns = [simulated(rng, 4, 30, 1, 1, 1) for _ in range(6)]
    together = crossed_bootstrap.interval(np.stack(columns, axis=-1).reshape(4, 200, 2, 3))
    for place, each in zip(np.ndindex(2, 3), columns, strict=True):
        alone = crossed_bootstrap.interval(each)
        for name in ("estimate", "low", "high", "se"):
            assert getattr(together, name)[place] == pytest.approx(getattr(alone, name))


def test_an_instance_without_a_value_is_left_out() -> None:
    values = simulated(np.random.default_rng(0), 5, 30, 1, 1, 1)
    expected = crossed_bootstrap.interval(values[[0, 1, 3, 4]])
    values[2, 0] = np.nan
    found = crossed_bootstrap.interval(values)
    assert found.n_instances == 4
    assert [found.low, found.high] == pytest.approx(np.array([expected.low, expected.high]))


def test_a_resample_without_a_value_in_one_instance_is_left_out_of_all() -> None:
    values = simulated(np.random.default_rng(0), 5, 30, 1, 1, 1)
    kept = np.ones(200, bool)
    kept[[3, 50, 51]] = False
    expected = crossed_bootstrap.interval(values[:, kept])
    values[1, 3], values[2, [50, 51]] = np.nan, np.inf
    found = crossed_bootstrap.interval(values)
    assert [found.low, found.high] == pytest.approx(np.array([expected.low, expected.high]))


def test_without_enough_values_there_is_no_interval_but_the_estimate() -> None:
    values = simulated(np.random.default_rng(0), 3, 30, 1, 1, 1)
    mean = values[:, 0].mean()
    values[0, 1:150] = np.nan
    found = crossed_bootstrap.interval(values)
    assert found.estimate == pytest.approx(mean)
    assert np.isnan([found.low, found.high, found.p()]).all()
    values[:, 0] = np.nan
    assert np.isnan(crossed_bootstrap.interval(values).estimate)


def test_values_without_spread_have_an_interval_of_no_width() -> None:
    found = crossed_bootstrap.interval(np.full((3, 10), 0.4))
    assert (found.low, found.estimate, found.high) == pytest.approx((0.4, 0.4, 0.4))
    assert (found.se, found.p(), found.p(float(found.estimate))) == (0, 0, 1)


def test_fixed_images_leave_the_t_interval_over_networks() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((5, 50)) + rng.standard_normal(50)
    found = crossed_bootstrap.interval(values, 0.9, 30, fixed=True)
    expected = stats.ttest_1samp(values[:, 0], 0.3)
    low, high = expected.confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p(0.3) == pytest.approx(expected.pvalue)
    assert min(found.p_above(0.3), found.p_below(0.3)) == pytest.approx(expected.pvalue / 2)
    assert found.p_above(0.3) + found.p_below(0.3) == pytest.approx(1)
    alone = crossed_bootstrap.interval(values[:1], 0.9, 30, fixed=True)
    assert np.isnan([alone.low, alone.high]).all()


def test_parts_of_the_variance_are_those_planted() -> None:
    rng = np.random.default_rng(1)
    n, n_rows = 400, 3000
    rows = 0.7 * rng.standard_normal((1, n_rows))
    both = 0.5 * rng.standard_normal((n, n_rows))
    networks = 2.0 * rng.standard_normal((n, 1))
    found = crossed_bootstrap.interval(networks + rows + both)
    assert found.networks * n == pytest.approx(4 + 0.25, rel=0.15)
    assert found.interaction * n == pytest.approx(0.25, rel=0.05)
    assert found.images == pytest.approx(0.49, rel=0.1)
