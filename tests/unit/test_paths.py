"""The nearest point of a path of RDMs against a search over many points of it."""

from itertools import pairwise

import numpy as np
import pytest

from trajectories.rdms import paths

TIME = np.array([0.0, 1, 3, 7])


def corr(x, y):
    x, y = (
        each - each.mean(axis=-1, keepdims=True) for each in (np.atleast_2d(x), np.atleast_2d(y))
    )
    x, y = (each / np.linalg.norm(each, axis=-1, keepdims=True) for each in (x, y))
    return x @ y.T


def unit(rows):
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def path():
    rng = np.random.default_rng(0)
    return unit(np.cumsum(rng.standard_normal((4, 300)), axis=0))


def test_it_is_the_best_of_many_points(path) -> None:
    rng = np.random.default_rng(1)
    targets = np.concatenate([path, path[:3] + path[1:], rng.standard_normal((20, 300))])
    targets = targets + 0.02 * rng.standard_normal(targets.shape)
    found = paths.nearest(corr(path, targets), np.diag(corr(path, path), 1), TIME)
    share = np.linspace(0, 1, 2001)[:, None]
    points = np.concatenate([(1 - share) * one + share * two for one, two in pairwise(path)])
    when = np.concatenate([one + share[:, 0] * (two - one) for one, two in pairwise(TIME)])
    every = corr(points, targets)
    assert found.similarity == pytest.approx(every.max(axis=0), abs=1e-6)
    assert found.time == pytest.approx(when[every.argmax(axis=0)], abs=0.004)
    assert (found.at_end == (found.time == TIME[-1])).all()
    assert found.at_end.any()


def test_points_of_the_path_are_found_where_they_are(path) -> None:
    between = 0.3 * path[1] + 0.7 * path[2]
    targets = np.array([path[0], between, path[3]])
    found = paths.nearest(corr(path, targets), np.diag(corr(path, path), 1), TIME)
    assert found.time == pytest.approx([0, 1 + 0.7 * 2, 7], abs=1e-6)
    assert found.similarity == pytest.approx([1, 1, 1])
    assert found.at_end.tolist() == [False, False, True]


def test_a_path_that_stands_still_or_has_one_point(path) -> None:
    still = np.stack([path[0], path[0]])
    found = paths.nearest(corr(still, path[:2]), np.ones(1), TIME[:2])
    assert np.isfinite(found.time).all()
    assert found.similarity == pytest.approx(corr(path[:1], path[:2])[0])
    alone = paths.nearest(corr(path[:1], path[:2]), np.empty(0), TIME[:1])
    assert alone.time.tolist() == [0, 0]
    assert alone.at_end.all()


def test_what_has_no_similarity_has_no_match(path) -> None:
    similarity = corr(path, path[:2])
    similarity[1, 0] = np.nan
    found = paths.nearest(similarity, np.diag(corr(path, path), 1), TIME)
    assert np.isnan([found.time[0], found.similarity[0]]).all()
    assert found.time[1] == pytest.approx(1)
