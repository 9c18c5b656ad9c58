"""Resamples are those of a bootstrap of images, the same everywhere; duplicates make no pairs."""

from itertools import combinations

import numpy as np
import pytest

from trajectories.errors import UserError
from trajectories.statistics import resampling


def test_row_0_is_the_data_and_every_row_draws_as_many() -> None:
    counts = resampling.stimulus_counts(12, 50, seed=3)
    assert counts.dtype == np.int64
    assert counts.shape == (51, 12)
    assert (counts[0] == 1).all()
    assert (counts.sum(axis=1) == 12).all()
    assert len(np.unique(counts, axis=0)) == 51


def test_draws_depend_on_the_seed_alone_and_more_are_further_ones() -> None:
    few, many = (resampling.stimulus_counts(12, n, seed=3) for n in (5, 40))
    np.testing.assert_array_equal(few, many[:6])
    assert (resampling.stimulus_counts(12, 5, seed=4)[1:] != few[1:]).any(axis=1).all()


def test_counts_are_multinomial() -> None:
    """Mean 1, variance 1 − 1/n, covariance −1/n."""
    n, drawn = 8, resampling.stimulus_counts(8, 20_000, seed=0)[1:]
    covariance = np.cov(drawn, rowvar=False)
    assert drawn.mean(axis=0) == pytest.approx(np.ones(n), abs=0.04)
    assert covariance == pytest.approx(np.eye(n) - 1 / n, abs=0.04)


def test_weights_count_the_pairs_of_a_sample_written_out() -> None:
    counts = resampling.stimulus_counts(7, 30, seed=1)
    weights = resampling.pair_weights(counts)
    for row, each in zip(counts, weights, strict=True):
        drawn = np.repeat(np.arange(7), row)
        written_out = [tuple(pair) for pair in combinations(drawn, 2) if pair[0] != pair[1]]
        expected = [written_out.count(pair) for pair in combinations(range(7), 2)]
        np.testing.assert_array_equal(each, expected)


def test_weights_of_some_pairs_are_those_of_all() -> None:
    counts = resampling.stimulus_counts(7, 10, seed=1)
    chosen = np.array([0, 4, 20])
    whole = resampling.pair_weights(counts)
    np.testing.assert_array_equal(resampling.pair_weights(counts, chosen), whole[:, chosen])
    np.testing.assert_array_equal(resampling.pair_weights(counts, slice(5, 9)), whole[:, 5:9])


def test_one_image_cannot_be_resampled() -> None:
    with pytest.raises(UserError, match="pairs of stimuli, but there is only 1"):
        resampling.stimulus_counts(1, 10, seed=0)
