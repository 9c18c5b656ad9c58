"""Images are chosen by their seed alone, broken ones are replaced, and too few are refused."""

import numpy as np
import pytest

from trajectories.errors import UserError
from trajectories.images import subset

NAMES = [f"photo {number}" for number in range(50)]


def choose(count: int, seed: int = 0, broken: set[int] = frozenset(), names=NAMES, order=1):
    asked: list[int] = []

    def take(indices):
        assert (np.diff(indices) > 0).all()
        for index in indices.tolist()[::order]:
            asked.append(index)
            yield index, "cut short" if index in broken else None

    return subset.choose(names, count, seed, "the folder", take), asked


def test_so_many_are_chosen_in_the_order_of_the_source() -> None:
    found, asked = choose(20)
    assert len(set(found.chosen.tolist())) == 20
    assert (np.diff(found.chosen) > 0).all()
    assert sorted(asked) == found.chosen.tolist()
    assert found.left_out == {}
    assert choose(50)[0].chosen.tolist() == list(range(50))


def test_a_seed_chooses_the_same_and_another_chooses_others() -> None:
    assert choose(20)[0].chosen.tolist() == choose(20)[0].chosen.tolist()
    chosen = {tuple(choose(20, seed)[0].chosen.tolist()) for seed in range(10)}
    assert len(chosen) == 10
    shares = np.bincount(np.concatenate([choose(20, seed)[0].chosen for seed in range(200)]))
    assert len(shares) == 50
    assert 40 < shares.min() <= shares.max() < 120  # 80 on average, SD 7


def test_another_count_keeps_what_was_chosen() -> None:
    assert set(choose(20)[0].chosen) < set(choose(21)[0].chosen)


def test_broken_images_are_replaced_and_named() -> None:
    whole = choose(20)[0].chosen
    broken = {int(whole[3]), int(whole[11])}
    found, asked = choose(20, broken=broken)
    assert len(found.chosen) == 20
    assert set(found.chosen.tolist()) >= set(whole.tolist()) - broken
    assert not set(found.chosen.tolist()) & broken
    assert found.left_out == {NAMES[index]: "cut short" for index in broken}
    assert len(asked) == 22


def test_the_order_of_reading_does_not_matter() -> None:
    broken = set(range(0, 50, 3))
    one, other = (choose(20, broken=broken, order=order)[0] for order in (1, -1))
    assert one.chosen.tolist() == other.chosen.tolist()
    assert list(one.left_out.items()) == list(other.left_out.items())


def test_too_few_whole_images_are_refused_with_the_broken_ones() -> None:
    with pytest.raises(
        UserError, match=r"the folder has 50 images.*\(60\): .*at most 50"
    ) as caught:
        choose(60)
    assert "broken" not in str(caught.value)
    with pytest.raises(UserError, match=r"has 48 images.*2 are broken \(photo \d+, photo \d+\)"):
        choose(49, broken={4, 40})
    with pytest.raises(UserError, match="and 20 more"):
        choose(40, broken=set(range(30)))
