"""Resampled dimension and nearest neighbours against RDMs of the resampled images themselves."""

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from trajectories.analyses.dimension import table as dimension
from trajectories.analyses.nearest_neighbour import table as nearest_neighbour
from trajectories.statistics import resampled_states
from trajectories.statistics.resampling import stimulus_counts
from trajectories.statistics.states import Series

N = 24
MEMBERS = np.arange(N) < 9
OTHERS = np.arange(N) >= 12
COUNTS = stimulus_counts(N, 40, seed=3)


def rdms(n: int = 3, decimals: int | None = None):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(n):
        responses = rng.standard_normal((N, 8)) @ np.diag(rng.uniform(0.2, 2, 8))
        responses[:9] += rng.standard_normal(8)
        found.append(1 - np.corrcoef(responses)[np.triu_indices(N, 1)])
    every = np.array(found)
    return every if decimals is None else np.round(every, decimals)


def test_of_the_data_they_are_what_the_analyses_give() -> None:
    values = rdms()
    series = Series("moco", 1, "late", np.arange(3.0), values, np.arange(3))
    traces, products = dimension.gram_products(series, N)
    found = resampled_states.dimension(values, COUNTS)
    assert found[0] == pytest.approx(dimension.participation_ratio(traces, products), rel=1e-12)
    near = resampled_states.nearest_neighbour(values, COUNTS, MEMBERS, OTHERS)
    truth = [nearest_neighbour.accuracy(each, MEMBERS, OTHERS) for each in values]
    assert near[0].tolist() == pytest.approx(truth)


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_neighbours_in_a_resample_are_those_among_the_drawn(decimals) -> None:
    """Written out image by image, ties among them."""
    values = rdms(2, decimals)
    found = resampled_states.nearest_neighbour(values, COUNTS, MEMBERS, OTHERS)
    for row, counts in enumerate(COUNTS):
        for place, each in enumerate(values):
            square, shares = squareform(each), []
            for image in np.flatnonzero(MEMBERS & (counts > 0)):
                drawn = [
                    other
                    for other in np.flatnonzero(MEMBERS | OTHERS)
                    for _ in range(counts[other])
                    if other != image
                ]
                least = min(square[image, drawn])
                nearest = [other for other in drawn if square[image, other] == least]
                shares += [np.mean(MEMBERS[nearest])] * counts[image]
            assert found[row, place] == pytest.approx(np.mean(shares))


def test_a_resample_without_a_neighbour_has_no_accuracy() -> None:
    counts = np.ones((3, N), dtype=np.int64)
    counts[1] = counts[2] = 0
    counts[1, 0] = N
    counts[2, 20] = N
    found = resampled_states.nearest_neighbour(rdms(1), counts, MEMBERS, OTHERS)
    assert np.isfinite(found[0])
    assert np.isnan(found[1:]).all()
    assert np.isnan(resampled_states.dimension(rdms(1), counts)[1:]).all()


def test_the_dimension_of_twelve_images_drawn_twice_is_written_out() -> None:
    """Means over other images, and as large a share of pairs off the diagonal as in the data."""
    [values] = rdms(1)
    chosen = np.sort(np.random.default_rng(2).permutation(N)[:12])
    counts = np.zeros((1, N), dtype=np.int64)
    counts[0, chosen] = 2
    square = squareform(values)[np.ix_(chosen, chosen)]
    share = 23 / 24
    row_means = share * square.sum(axis=1) / 11
    squares = share * np.square(square).sum() / (12 * 11)
    mean = row_means.mean()
    expected = mean**2 / (squares - 2 * np.square(row_means).mean() + mean**2)
    assert resampled_states.dimension(values[None], counts) == pytest.approx(expected, rel=1e-12)


def test_duplicates_do_not_lower_the_dimension() -> None:
    """Counting duplicates as pairs of distance 0 would, by a tenth in this case."""
    values = rdms(1)
    counts = stimulus_counts(N, 400, seed=0)
    found = resampled_states.dimension(values, counts)[:, 0]
    naive = []
    for row in counts[1:]:
        drawn = np.repeat(np.arange(N), row)
        square = squareform(values[0])[np.ix_(drawn, drawn)]
        centre = np.eye(N) - 1 / N
        gram = -centre @ square @ centre
        naive.append(np.trace(gram) ** 2 / np.trace(gram @ gram))
    assert abs(found[1:].mean() / found[0] - 1) < abs(np.mean(naive) / found[0] - 1) / 2
