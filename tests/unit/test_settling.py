"""Times of learning are those of planted curves, whatever their amplitude.

The truths are closed forms: an exponential of time constant τ is half-way at τ ln 2.
"""

import numpy as np
import pytest

from trajectories import settling

EPOCH = np.linspace(0, 40, 4001)


@pytest.mark.parametrize("amplitude", [1e-3, 1.0, -0.4, 50.0])
@pytest.mark.parametrize("tau", [0.5, 2.0])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_an_exponential_comes_so_far_when_its_time_constant_says(amplitude, tau, level) -> None:
    curve = 3 + amplitude * (1 - np.exp(-EPOCH / tau))
    share = settling.share_of_change(curve)
    assert (share[0], share[-1]) == (0, 1)
    expected = -tau * np.log(1 - level)
    assert settling.crossing(share, EPOCH, level) == pytest.approx(expected, abs=1e-3)


def test_between_checkpoints_time_is_interpolated() -> None:
    assert settling.crossing([0, 0.4, 0.8, 1], [0, 1, 3, 4], 0.5) == pytest.approx(1.5)
    assert settling.crossing([0, 0.5, 1], [0, 1, 2], 0.5) == 1


def test_a_curve_that_falls_back_has_not_arrived() -> None:
    assert settling.crossing([0, 0.9, 0.1, 1], [0, 1, 2, 3], 0.55) == pytest.approx(2.5)


def test_a_curve_without_change_has_no_time() -> None:
    assert np.isnan(settling.share_of_change([2, 3, 2])).all()
    assert np.isnan(settling.crossing(settling.share_of_change([2, 3, 2]), [0, 1, 2], 0.5))


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
    assert settling.progress_to_final(rdms) == pytest.approx(expected, abs=1e-9)
