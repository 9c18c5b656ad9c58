"""Training is the published algorithm, and it learns.

The truths are the algorithm written out with torch's plain optimiser, torch's own scheduler, and
images that have been made to be told apart.
"""

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from training_cases import (
    NO_COLOUR_CHANGE,
    assert_identical,
    epochs,
    labels,
    make_trainer,
    noise_images,
    numbered_images,
    recipe,
    seen,
)

from trajectories.images.training_images import PixelImages
from trajectories.seeding import Seeds
from trajectories.training import diagnostics
from trajectories.training.batches import Batches
from trajectories.training.trainer import Trainer, cosine_rate

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _defaults():
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)


# The learning rate


@pytest.mark.parametrize("horizon", [1, 8, 200])
def test_the_rate_is_torchs_cosine_by_epoch(horizon: int) -> None:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.03)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=horizon)
    for epoch in range(horizon):
        assert cosine_rate(0.03, epoch, horizon) == pytest.approx(scheduler.get_last_lr()[0])
        optimiser.step()
        scheduler.step()


def test_the_rate_begins_at_its_base_and_ends_at_0() -> None:
    assert cosine_rate(0.03, 0, 20) == 0.03
    assert cosine_rate(0.03, 10, 20) == pytest.approx(0.015)
    assert cosine_rate(0.03, 20, 20) == 0


def test_the_rate_is_constant_within_an_epoch() -> None:
    trainer = make_trainer(schedule_epochs=4)
    for epoch in range(3):
        rates = [
            trainer.optimiser.rate for _ in trainer.train_epoch(dict.fromkeys(range(1, 5), 0.0))
        ]
        expected = 0.015 * (1 + math.cos(math.pi * epoch / 4))
        assert rates == pytest.approx([expected] * 4)
        assert trainer.history[-1]["learning_rate"] == rates[0]


# The batches


def order(seed: int, epoch: int, n: int = 50) -> list[int]:
    batches = Batches(PixelImages(numbered_images(n)), recipe(), Seeds(1, seed, 1), epoch)
    return [int(image[0, 0, 0]) for index in range(len(batches)) for image in batches[index]]


def test_an_epoch_shows_no_image_twice_and_drops_the_remainder() -> None:
    shown = order(1, 0)
    assert len(shown) == 48
    assert len(set(shown)) == 48
    assert shown != sorted(shown)
    assert len(order(1, 0, n=48)) == 48
    assert len(order(1, 0, n=7)) == 0


def test_the_remainder_is_another_in_every_epoch() -> None:
    dropped = [tuple(sorted(set(range(50)) - set(order(1, epoch)))) for epoch in range(10)]
    assert len(set(dropped)) > 5


def test_the_order_belongs_to_its_seed_and_epoch() -> None:
    assert order(1, 3) == order(1, 3)
    assert order(1, 3) != order(1, 4)
    assert order(1, 3) != order(2, 3)


def test_a_batch_is_of_whole_images_with_channels_first() -> None:
    images = noise_images(8)
    batch = Batches(PixelImages(images), recipe(), Seeds(1, 1, 1), 0)[0]
    assert batch.shape == (8, 3, 24, 24)
    assert batch.dtype == torch.uint8
    given = {image.tobytes() for image in images}
    assert {image.permute(1, 2, 0).contiguous().numpy().tobytes() for image in batch} == given


# The algorithm


def test_an_epoch_is_the_published_algorithm(monkeypatch) -> None:
    # In float64: at the start of training a difference in the last bit grows a hundredfold a step.
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    trainer = make_trainer(bn_groups=2, key_momentum=0.9, probe_images=0)
    query, key = copy.deepcopy(trainer.model.query), copy.deepcopy(trainer.model.key)
    queue = trainer.model.queue.clone()
    optimiser = torch.optim.SGD(
        query.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4, fused=False
    )
    given = seen(trainer, monkeypatch)
    epochs(trainer, 1)

    assert len(given["query"]) == 4
    losses = []
    for step, (images, others, permutation) in enumerate(
        zip(given["query"], given["key"], given["permutation"], strict=True)
    ):
        with torch.no_grad():
            for slow, fast in zip(key.parameters(), query.parameters(), strict=True):
                slow.copy_(0.9 * slow + 0.1 * fast)
            shuffled = torch.cat([key(group) for group in others[permutation].split(4)])
            keys = shuffled[permutation.argsort()]
        queries = torch.cat([query(group) for group in images.split(4)])
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), queries @ queue.T], 1) / 0.2
        loss = F.cross_entropy(logits, torch.zeros(8, dtype=torch.long))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        queue = torch.cat([keys, queue[8:]]) if step % 2 == 0 else torch.cat([queue[:8], keys])
        losses.append(loss.item())

    for found, expected in (
        (trainer.model.query, query),
        (trainer.model.key, key),
    ):
        for one, other in zip(found.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(trainer.model.queue, queue, rtol=1e-6, atol=1e-7)
    assert trainer.history[-1]["loss"] == pytest.approx(np.mean(losses), rel=1e-8)


def test_keys_join_the_queue_only_after_their_own_loss(monkeypatch) -> None:
    trainer = make_trainer()
    contrast = trainer.model.contrast
    shared = []

    def watched(view: Tensor, keys: Tensor):
        yield from contrast(view, keys)
        shared.append((trainer.model.queue[None] == keys[:, None]).all(dim=2).any().item())

    monkeypatch.setattr(trainer.model, "contrast", watched)
    epochs(trainer, 1)
    assert shared == [False] * 4
    assert trainer.model.pointer == 0  # four batches of 8 went twice round a queue of 16


def test_both_views_are_of_the_same_images_in_different_guises(monkeypatch) -> None:
    # One image alone, so that it is not the order that makes the difference.
    trainer = Trainer(recipe(), 1, noise_images(1).repeat(36, axis=0), None, CPU)
    given = seen(trainer, monkeypatch)
    epochs(trainer, 2)
    views = [image for view in given["query"] + given["key"] for image in view]
    assert len({view.numpy().tobytes() for view in views}) == 2 * 2 * 32
    assert len({tuple(order.tolist()) for order in given["permutation"]}) == 2 * 4
    # Of one constant colour each, with no change of colour: a view tells which image it is of.
    plain = Trainer(recipe(augmentation=NO_COLOUR_CHANGE), 1, numbered_images(36), None, CPU)
    given = seen(plain, monkeypatch)
    epochs(plain, 1)
    for query, key in zip(given["query"], given["key"], strict=True):
        torch.testing.assert_close(query.mean((2, 3)), key.mean((2, 3)), rtol=1e-4, atol=1e-5)
    assert all(sorted(order.tolist()) == list(range(8)) for order in given["permutation"])


def test_training_learns_to_tell_images_apart() -> None:
    """Each image is a mosaic of its own 16 colours; without a step nothing is learnt from them."""
    rng = np.random.default_rng(0)
    mosaics = rng.integers(0, 256, (96, 4, 4, 3), dtype=np.uint8).repeat(6, 1).repeat(6, 2)
    easy = {**NO_COLOUR_CHANGE, "crop_scale": [0.9, 1.0], "flip": 0}
    histories = []
    for rate, count in ((0.03, 14), (0.0, 4)):
        changes = {"batch_size": 32, "queue": 32, "learning_rate": rate, "schedule_epochs": 20}
        trainer = Trainer(recipe(augmentation=easy, **changes), 1, mosaics, None, CPU)
        histories.append(epochs(trainer, count).history)
    learning, idle = histories
    # With random directions in the queue the first epoch is too easy to say anything.
    assert [row["queue_filled"] for row in learning[:2]] == [0, 1]
    assert learning[-1]["loss"] < 0.6 * min(learning[3]["loss"], idle[-1]["loss"])
    assert learning[-1]["loss"] < 0.6 * math.log(33)
    assert learning[-1]["contrastive_top1"] > 1.5 * idle[-1]["contrastive_top1"]
    assert learning[-1]["embedding_sd"] > 0.8


# The history


def test_the_history_holds_what_was_measured(monkeypatch) -> None:
    trainer = make_trainer(queue=24, probe_images=0)
    contrast = trainer.model.contrast
    measured: list[tuple[float, float]] = []
    spreads: list[float] = []  # of each group

    def watched(view: Tensor, keys: Tensor):
        for loss, hits, queries in contrast(view, keys):
            for group in queries.numpy().reshape(2, 4, 16):
                spreads.append(group.std(axis=0, ddof=1).mean() * 4)  # √16 dimensions
            measured.append((loss.item(), hits.item()))
            yield loss, hits, queries

    monkeypatch.setattr(trainer.model, "contrast", watched)
    epochs(trainer, 1)
    untrained, row = trainer.history
    assert untrained == {name: untrained[name] for name in row}
    assert [untrained[name] for name in ("epoch", "step", "loss", "queue_filled")] == [
        0,
        0,
        None,
        0,
    ]
    loss, hits = np.array(measured).T
    assert (len(measured), len(spreads)) == (4, 8)
    assert row["loss"] == pytest.approx(loss.sum() / 4)
    assert row["contrastive_top1"] == hits.sum() / 32
    assert row["embedding_sd"] == pytest.approx(np.mean(spreads), rel=1e-5)
    assert row["chance_loss"] == pytest.approx(math.log(25))
    assert row["queue_filled"] == 1
    assert (row["epoch"], row["step"]) == (1, 4)
    assert row["images_per_second"] > 0


def test_the_queue_counts_as_filled_when_all_its_random_vectors_are_gone() -> None:
    trainer = epochs(make_trainer(queue=64), 2)
    assert [row["queue_filled"] for row in trainer.history] == [0, 0, 1]


def test_the_diagnostic_is_of_the_network_as_it_stands() -> None:
    trainer = make_trainer(probe_images=36)
    for row in epochs(trainer, 1).history:
        assert row["knn_chance"] == pytest.approx(3 / 35)  # nine labels of four images
    backbone = trainer.model.query.backbone.eval()
    images = torch.from_numpy(noise_images()).permute(0, 3, 1, 2).float() / 255
    resized = F.interpolate(images, size=(32, 32), mode="bilinear", antialias=True)
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        features = backbone((resized - mean.view(3, 1, 1)) / sd.view(3, 1, 1))
    expected = diagnostics.nearest_neighbour_accuracy(features, torch.from_numpy(labels()))
    assert trainer.history[-1]["knn_top1"] == pytest.approx(expected)


def test_training_stops_for_extra_checkpoints_at_their_steps() -> None:
    trainer = make_trainer()
    stops = [(trainer.step, epoch) for epoch in trainer.train_epoch({1: 0.25, 3: 0.75})]
    assert stops == [(1, 0.25), (3, 0.75)]
    untouched = epochs(make_trainer(), 1)
    assert_identical(trainer.state()["model"], untouched.state()["model"])
