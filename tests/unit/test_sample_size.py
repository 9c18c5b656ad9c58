"""Predicted half widths are those of larger studies, and the numbers asked for are the least."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from trajectories.analyses.claims import SIZES, precision
from trajectories.statistics import crossed_bootstrap, resampling
from trajectories.statistics.verdicts import sample_size
from trajectories.statistics.verdicts.evidence import holm
from trajectories.statistics.verdicts.sample_size import Variance

PARTS = Variance(networks=0.04, interaction=0.02, images=0.001, n_images=50)


def test_the_width_is_that_of_the_formula() -> None:
    networks, images = (0.04 + 0.02 / 2) / 8, 0.001 / 2
    total = networks + images
    quantile = (networks * stats.t.ppf(0.95, 7) + images * stats.t.ppf(0.95, 99)) / total
    expected = quantile * np.sqrt(total)
    assert PARTS.half_width(8, 100, 0.9) == pytest.approx(expected)
    alone = stats.t.ppf(0.975, 49) * np.sqrt(0.001)
    assert PARTS.half_width(np.inf, 50) == pytest.approx(alone)
    assert np.isnan(PARTS.half_width(1, 50))
    # Without images there is the t interval over networks.
    only = Variance(0.04, 0, 0, 50)
    assert only.half_width(5, 50) == pytest.approx(stats.t.ppf(0.975, 4) * np.sqrt(0.04 / 5))


@pytest.mark.parametrize("width", [0.08, 0.1, 0.2, 0.5])
def test_numbers_asked_for_are_the_least(width) -> None:
    n = PARTS.networks_for(width)
    assert PARTS.half_width(n, 50) <= width
    assert n == 2 or PARTS.half_width(n - 1, 50) > width
    images = PARTS.images_for(60, width)
    assert PARTS.half_width(60, images) <= width


def test_what_no_number_can_reach_is_not_promised() -> None:
    assert PARTS.networks_for(0.06) is None
    assert Variance(0.04, 0, 0.001, 50).images_for(4, 0.2) is None


def test_a_pilot_predicts_a_larger_study() -> None:
    rng = np.random.default_rng(0)

    def interval(n: int, n_images: int) -> crossed_bootstrap.Interval:
        values = 0.5 * rng.standard_normal((n, 1)) + 4 * rng.standard_normal(n_images)
        values = values + 3 * rng.standard_normal((n, n_images))
        counts = resampling.stimulus_counts(n_images, 100, int(rng.integers(2**31)))
        return crossed_bootstrap.interval(values @ counts.T / n_images, 0.95, n_images)

    predicted = [sample_size.of(interval(6, 40), 40).half_width(12, 80) for _ in range(150)]
    studies = [interval(12, 80) for _ in range(150)]
    found = [float(each.high - each.low) / 2 for each in studies]
    assert np.median(predicted) == pytest.approx(np.median(found), rel=0.1)
    # Far from what the pilot itself has.
    own = [interval(6, 40) for _ in range(50)]
    assert np.median([float(each.high - each.low) / 2 for each in own]) > 1.25 * np.median(found)


def test_p_values_are_corrected_as_by_hand() -> None:
    assert holm([0.01, np.nan, 0.04, 0.03]) == pytest.approx(
        [0.03, np.nan, 0.06, 0.06], nan_ok=True
    )
    assert holm([0.6, 0.9]) == pytest.approx([1, 1])
    # The first statement is done with both tests before the second has one left alone.
    both = holm([[0.01, 0.03], [0.02, 0.5]])
    assert both == pytest.approx(np.array([[0.02, 0.04], [0.04, 0.5]]))
    assert holm([[0.01, 0.03], [0.6, 0.5]])[0] == pytest.approx([0.02, 0.06])


def test_any_wrong_word_of_a_mixed_claim_is_as_rare_as_said() -> None:
    """One statement is without a difference, the other's is as large as the margin."""
    rng, n, margin, n_studies = np.random.default_rng(0), 10, 1.0, 4000
    values = np.array([0, margin]) + 0.3 * rng.standard_normal((n_studies, n, 2))
    mean, se = values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(n)
    sign = 2 * stats.t.sf(np.abs(mean / se), n - 1)
    small = stats.t.cdf((mean - margin) / se, n - 1)
    corrected = np.array([holm(each) for each in np.stack([sign, small], axis=1)])
    # A sign that is not there, or a margin that is not reached after all.
    wrong = (corrected[:, 0, 0] <= 0.05) | (corrected[:, 1, 1] <= 0.05)
    assert wrong.sum() <= stats.binom.ppf(0.999, n_studies, 0.05)
    assert wrong.sum() >= stats.binom.ppf(0.001, n_studies, 0.03)


def test_a_claim_is_as_precise_as_its_widest_statement() -> None:
    rows = [
        (
            "moco", "together", name, "log10 of the ratio", "category", np.log10(1.25), 4, 20,
            networks, 0.0, images, 10.0, 20, 0.1,
        )
        for name, networks, images in (("wide", 0.0001, 0.01), ("narrow", 0.0001, 0.0001))
    ]  # fmt: skip
    sizes = pd.DataFrame(rows, columns=list(SIZES))
    [few] = precision.sentences(sizes, 10, 1, 0.95, "10 networks and these images")
    alone = 10 ** (stats.t.ppf(0.975, 19) * 0.1)
    assert "(wide): with 10 networks and these images" in few
    assert f"images alone ×/÷\u00a0{alone:.3g}: more networks will not help." in few
    assert "cannot tell a difference of the margin (×/÷\u00a01.25)" in few
    [many] = precision.sentences(sizes, 10, 100, 0.95, "more images")
    assert "which can tell" in many
    # Images alone would leave the narrow one wider, but networks make the other so.
    sizes["var_networks"] = np.where(sizes["statement"] == "wide", 0.0001, 1.0)
    [by_networks] = precision.sentences(sizes, 10, 1, 0.95, "10 networks and these images")
    assert "(narrow): with 10 networks" in by_networks
    assert "more networks help" in by_networks
