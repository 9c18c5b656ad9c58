"""Times of learning are those of planted curves, whatever their amplitude and noise.

The truths are closed forms: an exponential of time constant τ is half-way at τ ln 2.
"""

import numpy as np
import pytest
from scipy import optimize
from time_cases import approaching

from trajectories.rdms import similarity
from trajectories.statistics import times

EPOCH = np.linspace(0, 40, 4001)
FEW = np.concatenate([[0, 0.03, 0.1, 0.3], np.arange(1.0, 25)])


@pytest.mark.parametrize("amplitude", [1e-3, 1.0, -0.4, 50.0])
@pytest.mark.parametrize("tau", [0.5, 2.0])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_an_exponential_comes_so_far_when_its_time_constant_says(amplitude, tau, level) -> None:
    curve = 3 + amplitude * (1 - np.exp(-EPOCH / tau))
    share = times.share_of_change(curve)
    assert (share[0], share[-1]) == (0, 1)
    expected = -tau * np.log(1 - level)
    assert times.crossing(share, EPOCH, level) == pytest.approx(expected, abs=1e-3)
    assert times.time_to(curve, EPOCH, level) == pytest.approx(expected, abs=1e-3)


def test_between_checkpoints_time_is_interpolated() -> None:
    assert times.crossing([0, 0.4, 0.8, 1], [0, 1, 3, 4], 0.5) == pytest.approx(1.5)
    assert times.crossing([0, 0.5, 1], [0, 1, 2], 0.5) == 1
    assert times.crossing([[0, 0.5, 1], [0.7, 0.8, 1]], [0, 1, 2], 0.6) == pytest.approx([1.2, 0])


def test_all_that_is_known_of_a_time_are_the_checkpoints_around_it() -> None:
    curves = [[0, 0.4, 0.8, 1], [0, 0.5, 0.4, 0.7], [0.7, 0.8, 1, 1], [0, 0, 0, 0.4], [0, 1, 1, 1]]
    before, after = times.bracket(curves, [0, 1, 3, 4], 0.5)
    assert before == pytest.approx([1, 3, 0, np.nan, 0], nan_ok=True)
    assert after == pytest.approx([3, 4, 0, np.nan, 1], nan_ok=True)
    crossed = times.crossing(curves, [0, 1, 3, 4], 0.5)
    assert crossed == pytest.approx([1.5, 3 + 1 / 3, 0, np.nan, 0.5], nan_ok=True)


def test_a_curve_that_falls_back_has_not_arrived() -> None:
    assert times.crossing([0, 0.9, 0.1, 1], [0, 1, 2, 3], 0.55) == pytest.approx(2.5)
    assert np.isnan(times.crossing([0, 0.9, 0.4], [0, 1, 2], 0.5))


def test_a_curve_without_change_or_with_a_gap_has_no_time() -> None:
    epoch = np.arange(8)
    for curve in (np.full(8, 2.1), [0, 1, 2, np.nan, 4, 5, 6, 7]):
        assert np.isnan(times.time_to(curve, epoch, 0.5))
        assert np.isnan(times.exponential(curve, epoch).tau)
    assert np.isnan(times.share_of_change([2, 3, 2])).all()


def test_many_curves_at_once_are_each_as_alone() -> None:
    curves = np.random.default_rng(0).standard_normal((3, 4, 10)).cumsum(axis=-1)
    epoch = np.arange(10.0)
    together, fits = times.time_to(curves, epoch, 0.5), times.exponential(curves, epoch)
    for place in np.ndindex(3, 4):
        alone = times.exponential(curves[place], epoch)
        assert times.time_to(curves[place], epoch, 0.5) == pytest.approx(
            together[place], nan_ok=True
        )
        for name in ("tau", "amplitude", "plateau", "r2"):
            expected = pytest.approx(getattr(fits, name)[place], nan_ok=True)
            assert getattr(alone, name) == expected


def test_the_nearest_rising_curve_is_scipys_and_a_rising_one_stays() -> None:
    curves = np.array([[0, 3, 2, 4], [0, 1, 2, 3], [0, np.nan, 1, 2]])
    found = times.rising(curves)
    assert found[:2].tolist() == [[0, 2.5, 2.5, 4], [0, 1, 2, 3]]
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize(("tau", "amplitude", "plateau"), [(0.7, 0.5, 0.9), (3, -2, 1), (9, 1, 0)])
def test_a_planted_exponential_is_found_exactly(tau, amplitude, plateau) -> None:
    fit = times.exponential(plateau - amplitude * np.exp(-FEW / tau), FEW)
    assert fit.tau == pytest.approx(tau, rel=1e-6)
    assert fit.amplitude == pytest.approx(amplitude, rel=1e-6)
    assert fit.plateau == pytest.approx(plateau, abs=1e-6)
    assert fit.r2 == pytest.approx(1)


def test_the_fit_to_noise_is_that_of_scipys_curve_fit() -> None:
    rng = np.random.default_rng(1)

    def model(t, plateau, amplitude, tau):
        return plateau - amplitude * np.exp(-t / tau)

    for _ in range(20):
        curve = model(FEW, 0.9, 0.6, 4) + 0.05 * rng.standard_normal(len(FEW))
        expected, _ = optimize.curve_fit(model, FEW, curve, p0=(0.9, 0.6, 4))
        fit = times.exponential(curve, FEW)
        assert (fit.plateau, fit.amplitude, fit.tau) == pytest.approx(tuple(expected), rel=1e-4)
        residual = curve - model(FEW, *expected)
        assert fit.r2 == pytest.approx(1 - residual.var() / curve.var(), rel=1e-6)


def test_no_time_constant_where_nothing_bends_or_too_little_is_known() -> None:
    epoch = np.arange(12.0)
    step = np.where(epoch > 0, 1.0, 0.0)
    for curve in (epoch, step, epoch**2):
        assert np.isnan(times.exponential(curve, epoch).tau)
    assert np.isnan(times.exponential([0, 1, 1.5, 1.7], np.arange(4)).tau)


@pytest.mark.parametrize("tau", [2.0, 5.0])
def test_equal_time_constants_give_equal_times_whatever_amplitude_and_noise(tau) -> None:
    """Of RDMs that go from one to another: the bounds are those that docs/analyses/speed.md states.

    Noise lowers the similarity of all checkpoints but the last to the last. Without regard to
    that, 90% of the way would be reached at the end of training.
    """
    epoch, found = np.arange(25.0), {}
    for start in (0.3, 0.6, 0.9):
        for noise in (0.0, 0.1, 0.3):
            each = []
            for seed in range(20):
                rdms = approaching(epoch, tau, start, noise, seed)
                curve = similarity.similarity_matrix(rdms)[-1]
                known = (curve[:-1], epoch[:-1])
                fit = 2 * times.exponential(*known).tau
                each.append([times.time_to(*known, 0.5), times.time_to(*known, 0.9), fit])
                if noise == 0.3:
                    share = times.share_of_change(curve)
                    assert times.crossing(share, epoch, 0.9) > 0.6 * epoch[-1]
            found[start, noise] = np.mean(each, axis=0)
    half, most, fitted = np.array(list(found.values())).T
    assert half == pytest.approx(half.mean(), rel=0.15)
    assert most == pytest.approx(most.mean(), rel=0.10)
    assert fitted == pytest.approx(tau, rel=0.16)
    # The similarity to the last RDM is closed by then; the RDM itself takes longer (docs).
    assert half.mean() == pytest.approx(0.40 * tau, rel=0.1)
    assert most.mean() == pytest.approx(1.2 * tau, rel=0.1)


@pytest.mark.parametrize("amplitude", [0.1, 3.0])
def test_progress_of_rdms_does_not_depend_on_how_much_they_change(amplitude) -> None:
    """RDMs on an arc: the angle to the last falls linearly, so the similarity is its cosine."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((50, 3)) - 0)[0]
    basis -= basis.mean(axis=0)
    first, second = np.linalg.qr(basis)[0].T[:2]
    angle = np.linspace(0, min(1.0, amplitude), 21)
    rdms = 5 + np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    to_last = np.cos(angle[-1] - angle)
    expected = (to_last - to_last[0]) / (1 - to_last[0])
    found = times.share_of_change(similarity.similarity_matrix(rdms)[:, -1])
    assert found == pytest.approx(expected, abs=1e-9)
