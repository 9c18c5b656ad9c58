"""An error with two estimated variances: no more errors than said, in the far tails too."""

import numpy as np
import pytest
from scipy import stats

from trajectories.statistics.crossed_bootstrap import TwoVariances


def of(share: float, *df: float) -> TwoVariances:
    return TwoVariances(np.asarray(share), (np.asarray(df[0]), np.asarray(df[1])))


@pytest.mark.parametrize("p", [0.6, 0.95, 0.975, 0.9999])
def test_of_one_part_alone_it_is_students_t(p: float) -> None:
    assert of(1, 3, np.inf).quantile(p) == pytest.approx(stats.t.ppf(p, 3))
    assert of(0, 3, 91).quantile(p) == pytest.approx(stats.t.ppf(p, 91))
    assert of(0, 3, np.inf).quantile(p) == pytest.approx(stats.norm.ppf(p))
    assert of(0.4, 7, 7).quantile(p) == pytest.approx(stats.t.ppf(p, 7))


@pytest.mark.parametrize("t", [-3, -0.5, 0, 0.1, 1, 2.5, 30])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_the_tail_inverts_the_quantile(t: float, share: float) -> None:
    p = of(share, 4, 39).tail(t)
    assert share * stats.t.isf(p, 4) + (1 - share) * stats.t.isf(p, 39) == pytest.approx(
        t, abs=1e-9
    )


@pytest.mark.parametrize("share", [0.0, 0.1, 1 / 3, 0.7, 1.0])
def test_twice_a_tail_is_a_probability(share: float) -> None:
    two = of(share, 3, 38)
    tails = two.tail(np.concatenate([[0, 5e-324, 1e-300, 1e-17, 1e-12], np.geomspace(1e-9, 1, 50)]))
    assert (2 * tails <= 1).all()
    assert tails[0] == 0.5
    assert (np.diff(tails) <= 1e-15).all()


def test_arrays_are_treated_element_by_element() -> None:
    share, t = np.array([[0.2, 0.7, 1.0]]), np.array([[0.5], [-4.0]])
    n = np.array([[3.0, 4.0, 9.0]])
    found = TwoVariances(share, (n, np.asarray(20.0))).tail(t)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = of(float(share[0, place[1]]), float(n[0, place[1]]), 20)
        assert found[place] == pytest.approx(float(alone.tail(t[place[0], 0])))


def test_what_is_unknown_or_without_end() -> None:
    assert of(0.5, 3, 20).tail(np.inf) == 0
    assert of(0.5, 3, 20).tail(-np.inf) == 1
    assert np.isnan(of(0.5, 3, 20).tail(np.nan))
    assert np.isnan(of(np.nan, 3, 20).tail(1))


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3, 0.001])
@pytest.mark.parametrize("images", [0.0, 0.15, 0.4, 1.0, 4.0])
@pytest.mark.parametrize("n", [3, 4, 5, 10])
def test_there_are_no_more_errors_than_said(n: int, images: float, alpha: float) -> None:
    rng, n_studies, m = np.random.default_rng(n), 100_000, 40
    error = rng.standard_normal(n_studies) * np.sqrt(1 + images)
    networks = rng.chisquare(n - 1, n_studies) / (n - 1)
    of_images = images * rng.chisquare(m - 1, n_studies) / (m - 1)
    variance = networks + of_images
    two = TwoVariances(networks / variance, (np.asarray(n - 1.0), np.asarray(m - 1.0)))
    rate = (np.abs(error) > two.quantile(1 - alpha / 2) * np.sqrt(variance)).mean()
    assert rate <= stats.binom.ppf(0.9999, n_studies, alpha) / n_studies
    if alpha > 0.01:  # far in the tails, the part with few degrees of freedom rules
        assert rate >= alpha / 4
