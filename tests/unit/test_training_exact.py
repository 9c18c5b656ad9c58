"""Training gives the same bits however it is cut and helped, and each seed does what it is for."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from training_cases import (
    NO_COLOUR_CHANGE,
    assert_identical,
    epochs,
    make_trainer,
    noise_images,
    numbered_images,
    recipe,
    seen,
)

from trajectories.training.trainer import Trainer

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_four_epochs_are_two_and_two_to_the_last_bit(precision: str) -> None:
    whole = epochs(make_trainer(precision=precision), 4)
    half = through_a_file(epochs(make_trainer(precision=precision), 2).state())
    rest = make_trainer(precision=precision)
    rest.restore(half)
    assert_identical(rest.state(), half)
    epochs(rest, 2)
    assert_identical(rest.state(), whole.state())
    assert_identical(rest.backbone(), whole.backbone())
    state = whole.state()
    assert state["epoch"] == 4
    assert state["step"] == 16
    assert len(state["history"]) == 5
    assert len(state["momentum"]) == len(list(whole.model.query.parameters()))
    assert not torch.equal(state["model"]["queue"], half["model"]["queue"])


def test_a_cut_inside_the_queue_is_exact() -> None:
    """With three batches in the queue and four in an epoch the pointer stands in the middle."""
    whole = epochs(make_trainer(queue=24), 2)
    first = epochs(make_trainer(queue=24), 1)
    assert first.model.pointer == 8
    rest = make_trainer(queue=24)
    rest.restore(through_a_file(first.state()))
    assert_identical(epochs(rest, 1).state(), whole.state())


def test_training_without_momentum_is_exact() -> None:
    whole = epochs(make_trainer(sgd_momentum=0.0), 2)
    rest = make_trainer(sgd_momentum=0.0)
    rest.restore(through_a_file(epochs(make_trainer(sgd_momentum=0.0), 1).state()))
    assert_identical(epochs(rest, 1).state(), whole.state())


def test_a_larger_network_is_exact() -> None:
    whole, first, rest = (
        Trainer(
            recipe(architecture="resnet18", batch_size=4, queue=4, bn_groups=1),
            1,
            noise_images(4),
            None,
            CPU,
        )
        for _ in range(3)
    )
    epochs(whole, 2)
    rest.restore(through_a_file(epochs(first, 1).state()))
    assert_identical(epochs(rest, 1).state(), whole.state())


def test_a_state_does_not_change_when_training_goes_on() -> None:
    trainer = epochs(make_trainer(), 1)
    state = trainer.state()
    before = through_a_file(state)
    epochs(trainer, 1)
    assert_identical(state, before)
    restored = make_trainer()
    restored.restore(state)
    epochs(restored, 1)
    assert_identical(state, before)


def test_the_number_of_workers_changes_nothing() -> None:
    alone, helped = (epochs(make_trainer(workers=workers), 2) for workers in (0, 2))
    assert_identical(alone.state(), helped.state())


def test_the_nearest_neighbour_diagnostic_changes_nothing() -> None:
    with_it, without = (epochs(make_trainer(probe_images=count), 2) for count in (16, 0))
    assert_identical(with_it.state()["model"], without.state()["model"])
    assert without.history[-1]["knn_top1"] is None
    unlabelled = Trainer(recipe(), 1, noise_images(), None, CPU)
    assert_identical(epochs(unlabelled, 2).state()["model"], without.state()["model"])


def test_images_that_all_differ_in_label_have_no_diagnostic() -> None:
    trainer = epochs(Trainer(recipe(), 1, noise_images(), np.arange(36), CPU), 1)
    assert trainer.history[-1]["knn_top1"] is None


def test_torchs_own_generators_do_not_matter() -> None:
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        states.append(epochs(make_trainer(), 1).state())
    assert_identical(*states)


def test_threads_change_nothing_but_rounding() -> None:
    """Sums are split otherwise, so this is closeness, after one step; each number repeats itself.

    Later steps enlarge the difference: at the start of training a hundredfold each.
    """
    first = [after_one_step(threads) for threads in (1, 2)]
    again = [after_one_step(threads) for threads in (1, 2)]
    assert_identical(first, again)
    start = make_trainer().backbone()
    one, two = first
    for name, _ in make_trainer().model.query.backbone.named_parameters():
        moved = (one[name] - start[name]).norm()
        assert moved > 0
        assert (one[name] - two[name]).norm() < 0.01 * moved


def after_one_step(threads: int) -> dict[str, Tensor]:
    torch.set_num_threads(threads)
    trainer = make_trainer()
    next(trainer.train_epoch({1: 0.25}))
    return trainer.backbone()


# Seeds


def varied(monkeypatch, seed: int, images: np.ndarray, **fixed: int) -> dict[str, Any]:
    fixed_seeds = {"init": None, "order": None, "augmentation": None} | fixed
    settings = recipe(fixed_seeds=fixed_seeds, augmentation=NO_COLOUR_CHANGE)
    trainer = Trainer(settings, seed, images, None, CPU)
    weights, queue = trainer.backbone(), trainer.model.queue.clone()
    given = seen(trainer, monkeypatch)
    epochs(trainer, 1)
    return {
        "weights": weights["conv1.weight"],
        "queue": queue,
        "views": torch.stack(given["query"] + given["key"]),
        "colours": torch.stack(given["query"]).mean((3, 4)),
        "permutation": torch.stack(given["permutation"]),
    }


def the_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> set[str]:
    return {name for name in one if torch.allclose(one[name], other[name], rtol=1e-4, atol=1e-5)}


@pytest.mark.parametrize(
    ("fixed", "kept"),
    [
        (("order", "augmentation"), {"views", "colours", "permutation"}),
        (("init", "augmentation"), {"weights", "queue"}),
        (("init", "order"), {"weights", "queue", "permutation"}),
        (("init", "order", "augmentation"), {"weights", "queue", "permutation", "views"}),
        ((), set()),
    ],
)
def test_a_seed_changes_what_is_not_fixed(monkeypatch, fixed, kept: set[str]) -> None:
    seeds = dict.fromkeys(fixed, 9)
    one, other = (varied(monkeypatch, seed, noise_images(), **seeds) for seed in (1, 2))
    assert the_same(one, other) - {"colours"} == kept - {"colours"}


def test_the_order_of_images_is_fixed_by_the_order_seed_alone(monkeypatch) -> None:
    """Images of one colour each: the mean of a view tells which image it is of."""
    images = numbered_images(36) * 7
    base = varied(monkeypatch, 1, images)
    moved = varied(monkeypatch, 2, images, order=1)
    assert the_same(base, moved) >= {"colours", "permutation"}
    assert "weights" not in the_same(base, moved)
    assert "colours" not in the_same(base, varied(monkeypatch, 2, images, init=1, augmentation=1))
