"""Nearest neighbours are those of a plain search, and chance is what random RDMs reach."""

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from trajectories.analyses.nearest_neighbour import figure as figure_nearest_neighbour
from trajectories.analyses.nearest_neighbour import table as nearest_neighbour
from trajectories.errors import UserError
from trajectories.statistics.states import Series

RNG = np.random.default_rng(0)
N = 10
N_PAIRS = 45
FACE = np.arange(N) < 4
ANIMAL = np.arange(N) < 7


def test_accuracy_is_that_of_a_plain_search() -> None:
    for _ in range(20):
        rdm = RNG.random(N_PAIRS)
        square = squareform(rdm)
        hits = []
        for image in np.flatnonzero(FACE):
            near = min((j for j in range(N) if j != image), key=lambda j: square[image, j])
            hits.append(FACE[near])
        found = nearest_neighbour.accuracy(rdm, FACE, ~FACE)
        assert found == pytest.approx(np.mean(hits))


def test_images_that_are_not_compared_are_no_neighbours() -> None:
    square = np.ones((N, N)) - np.eye(N)
    square[:4, 8:] = square[8:, :4] = 0.1
    square[:4, :4] -= 0.5 * (1 - np.eye(4))
    rdm = squareform(square)
    assert nearest_neighbour.accuracy(rdm, FACE, ~FACE) == 0
    assert nearest_neighbour.accuracy(rdm, FACE, ANIMAL & ~FACE) == 1


def test_ties_count_in_part() -> None:
    """All images equally near: three of nine others are faces."""
    assert nearest_neighbour.accuracy(np.ones(N_PAIRS), FACE, ~FACE) == pytest.approx(3 / 9)
    assert nearest_neighbour.chance(FACE, ~FACE) == pytest.approx(3 / 9)
    assert nearest_neighbour.chance(FACE, ANIMAL & ~FACE) == pytest.approx(3 / 6)


def test_random_rdms_reach_chance() -> None:
    found = [nearest_neighbour.accuracy(RNG.random(N_PAIRS), FACE, ~FACE) for _ in range(4000)]
    assert np.mean(found) == pytest.approx(nearest_neighbour.chance(FACE, ~FACE), abs=0.02)


def test_an_rdm_that_is_not_of_numbers_is_refused() -> None:
    with pytest.raises(UserError, match="not finite numbers"):
        nearest_neighbour.accuracy(np.full(N_PAIRS, np.nan), FACE, ~FACE)


def test_the_table_has_a_row_for_each_state_and_category() -> None:
    rdms = RNG.random((2, N_PAIRS))
    own = Series("moco", 3, "layer4", np.array([0, 0.5]), rdms, np.arange(2))
    definitions = {"faces": {"within": "face"}, "few": {"within": "face", "between": "~animal"}}
    table = nearest_neighbour.table([own], definitions, {"face": FACE, "animal": ANIMAL})
    assert list(table.columns) == list(nearest_neighbour.NEAREST_NEIGHBOUR)
    assert table["category"].tolist() == ["faces", "few"] * 2
    assert table["epoch"].tolist() == [0, 0, 0.5, 0.5]
    expected = [
        nearest_neighbour.accuracy(rdm, FACE, outside)
        for rdm in rdms
        for outside in (~FACE, ~ANIMAL)
    ]
    assert table["accuracy"].tolist() == expected
    assert table["chance"].tolist() == pytest.approx([3 / 9, 3 / 6] * 2)
    figure = figure_nearest_neighbour.draw(table)
    levels = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_ls() == ":"]
    assert levels == pytest.approx([3 / 9, 3 / 6])
    assert "faces 0.33, few 0.50" in figure_nearest_neighbour.caption(table)
