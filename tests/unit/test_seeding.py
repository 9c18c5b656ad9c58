"""Guards: a random number depends on its seed, its purpose and its place, and on nothing else."""

from itertools import product

import numpy as np
import pytest

from trajectories import seeding
from trajectories.seeding import Seeds

SEEDS = [0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, 2**33, 2**64 + 1, 2**96 + 1]
PLACES = [(), (0,), (0, 0), (0, 0, 0), (1,), (1, 0), (0, 1), (1, 2), (2, 1), (1, 2, 0), (12,)]


def test_no_two_places_share_a_stream() -> None:
    streams = {
        tuple(seeding.generator(seed, purpose, *place).integers(2**63, size=3))
        for seed, purpose, place in product(SEEDS, seeding.PURPOSES, PLACES)
    }
    assert len(streams) == len(SEEDS) * len(seeding.PURPOSES) * len(PLACES)


def test_no_two_epochs_and_batches_share_a_stream() -> None:
    first = {
        int(seeding.generator(1, "augmentation", epoch, batch, view).integers(2**63))
        for epoch, batch, view in product(range(30), range(30), range(2))
    }
    assert len(first) == 30 * 30 * 2


def test_streams_of_neighbouring_places_are_not_related() -> None:
    draws = np.array(
        [seeding.generator(seed, "order", epoch).random(500) for seed in (1, 2) for epoch in (0, 1)]
    )
    correlations = np.corrcoef(draws)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(500)


def test_the_same_place_gives_the_same_numbers_whatever_was_drawn_before() -> None:
    expected = seeding.generator(7, "order", 3, 1).random(5)
    np.random.seed(0)  # noqa: NPY002 - the global generator is what must not matter
    seeding.generator(7, "order", 3, 0).random(1000)
    seeding.generator(7, "order", 3, 1).random(1)
    np.random.random(10)  # noqa: NPY002
    np.testing.assert_array_equal(seeding.generator(7, "order", 3, 1).random(5), expected)


def test_drawing_leaves_the_global_generator_alone() -> None:
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    seeding.generator(1, "init").random(100)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_integers_fit_63_bits_and_differ_by_place() -> None:
    drawn = [seeding.integer(seed, "init", place) for seed, place in product(SEEDS, range(20))]
    assert len(set(drawn)) == len(drawn)
    assert all(0 <= number < 2**63 for number in drawn)
    assert max(drawn) > 2**62  # not confined to 32 bits or so


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(KeyError, match="weather"):
        seeding.generator(1, "weather")


def test_purposes_have_numbers_of_their_own() -> None:
    assert len(set(seeding.PURPOSES.values())) == len(seeding.PURPOSES)


def test_all_sources_of_variation_follow_the_instance_seed() -> None:
    assert Seeds.derive(5, {}) == Seeds(init=5, order=5, augmentation=5)
    nothing_fixed = {"init": None, "order": None, "augmentation": None}
    assert Seeds.derive(5, nothing_fixed) == Seeds(init=5, order=5, augmentation=5)


@pytest.mark.parametrize("name", ["init", "order", "augmentation"])
@pytest.mark.parametrize("fixed", [0, 9])  # 0 is a seed, not "none"
def test_a_fixed_seed_fixes_its_source_alone(name: str, fixed: int) -> None:
    seeds = Seeds.derive(5, {"init": None, "order": None, "augmentation": None, name: fixed})
    assert vars(seeds) == {"init": 5, "order": 5, "augmentation": 5} | {name: fixed}
