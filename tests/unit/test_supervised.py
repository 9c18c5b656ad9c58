"""Supervised learning learns the classes; with shuffled labels it learns as many by heart.

The truths are cross-entropy written out in numpy, torch's gradient of a batch that is not cut,
images of which a class is easily told, and counts of labels.
"""

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from training_cases import (
    NO_COLOUR_CHANGE,
    assert_identical,
    epochs,
    labels,
    make_trainer,
    noise_images,
    recipe,
)

from trajectories.errors import UserError
from trajectories.storage import history
from trajectories.training.objectives.objective import Batch, build
from trajectories.training.objectives.shuffled_labels import ShuffledLabels
from trajectories.training.objectives.supervised import Supervised
from trajectories.training.trainer import Trainer

BATCH = 8
CPU = torch.device("cpu")
# Labels as a data set may have them: classes 1, 4 and 6 do not occur.
LABELS = np.array([5, 0, 0, 2, 3, 3, 5, 5, 2, 0], dtype=np.int32)
IMAGES = np.array([9, 0, 7, 3, 4, 2, 8, 5])


@pytest.fixture(autouse=True)
def _defaults():
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)


def made(at_once: int | None = None, seed: int = 1, **training: object) -> Supervised:
    settings = recipe(objective="supervised", **training)
    return Supervised(settings, seed, labels=LABELS, images_at_once=at_once).train()


def view() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    contrast = torch.linspace(0.3, 3, BATCH).view(BATCH, 1, 1, 1)
    return contrast * torch.randn(BATCH, 3, 32, 32, generator=generator) + contrast


def batch() -> Batch:
    return Batch((view(),), torch.arange(BATCH), IMAGES)


def cross_entropy(scores: np.ndarray, classes: np.ndarray) -> float:
    """Mean of -log of the softmax of the own class, image by image."""
    losses = [
        math.log(sum(math.exp(score) for score in row)) - row[own]
        for row, own in zip(scores, classes, strict=True)
    ]
    return sum(losses) / len(losses)


# The loss


@pytest.mark.parametrize(("groups", "at_once"), [(1, 8), (2, 8), (2, 4), (4, 8), (4, 4), (4, 1)])
def test_loss_and_gradient_are_those_of_the_whole_batch(monkeypatch, groups, at_once) -> None:
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    model = made(at_once, bn_groups=groups)
    network = copy.deepcopy(model.network)
    scores = torch.cat([network.head(network.backbone(part)) for part in view().chunk(groups)])
    classes = np.searchsorted([0, 2, 3, 5], LABELS[IMAGES])
    expected = cross_entropy(scores.detach().numpy(), classes)
    F.cross_entropy(scores, torch.from_numpy(classes)).backward()

    parts = torch.stack(list(model.learn(batch())))
    loss, hits, spread = parts.sum(dim=0)
    assert loss.item() == pytest.approx(expected, rel=1e-9)
    assert hits.item() == (scores.argmax(dim=1).numpy() == classes).sum()
    assert 0 < spread < 2
    for found, whole in zip(model.network.parameters(), network.parameters(), strict=True):
        largest = whole.grad.abs().max().item()
        torch.testing.assert_close(found.grad, whole.grad, rtol=0, atol=1e-9 * largest)


def test_the_first_group_alone_moves_running_statistics() -> None:
    model = made(bn_groups=4)
    mean, variance = torch.zeros(64), torch.ones(64)
    with torch.no_grad():
        entry = model.network.backbone.conv1(view()[: BATCH // 4])
        F.batch_norm(entry, mean, variance, training=True, momentum=0.1)
    for _ in model.learn(batch()):
        pass
    torch.testing.assert_close(model.network.backbone.bn1.running_mean, mean)
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    assert {norm.num_batches_tracked.item() for norm in norms} == {1}


def test_chance_is_the_best_guess_without_looking() -> None:
    """Of ten images three are of class 0, three of 5, two of 2 and two of 3."""
    expected = made().expected(5)
    shares = np.array([0.3, 0.2, 0.2, 0.3])
    assert expected["chance_loss"] == pytest.approx(-(shares * np.log(shares)).sum())
    assert expected["class_chance"] == pytest.approx(0.3)
    constant = np.tile(np.log(shares), (10, 1))
    classes = np.searchsorted([0, 2, 3, 5], LABELS)
    assert cross_entropy(constant, classes) == pytest.approx(expected["chance_loss"])


def test_a_score_for_each_class_that_occurs() -> None:
    model = made()
    assert model.network.head.out_features == 4
    assert model.classes.tolist() == [3, 0, 0, 1, 2, 2, 3, 3, 1, 0]


@pytest.mark.parametrize("objective", ["supervised", "shuffled_labels"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "some have none"),
        (np.array([0, 1, -1]), "some have none"),
        (np.array([2, 2, 2]), "all are of one class"),
    ],
)
def test_images_without_classes_are_refused(objective: str, given, said: str) -> None:
    with pytest.raises(UserError, match=f"{objective} learns from the classes .*{said}: choose"):
        build(recipe(objective=objective), 1, labels=given)


# Training


def coloured(n: int = 36) -> np.ndarray:
    """Images of a colour for each label, with noise."""
    colours = np.random.default_rng(1).integers(60, 196, (9, 3))[labels(n)]
    return (colours[:, None, None] + noise_images(n) % 40).astype(np.uint8)


def trained(objective: str, count: int = 8, **training: object) -> Trainer:
    settings = recipe(objective=objective, augmentation=NO_COLOUR_CHANGE, **training)
    return epochs(Trainer(settings, 1, coloured(), labels(), CPU), count)


def late(trainer: Trainer, key: str) -> float:
    """Mean of the last three epochs."""
    return float(np.mean([row[key] for row in trainer.history[-3:]]))


def test_classes_are_learned_and_shuffled_ones_are_not() -> None:
    """In so few steps not even by heart: at a rate, and over epochs, that rounding hardly moves."""
    slowly = {"learning_rate": 0.01, "schedule_epochs": 11}
    right, wrong = (trained(name, 11, **slowly) for name in ("supervised", "shuffled_labels"))
    assert late(right, "loss") < 0.5 * late(right, "chance_loss")
    assert late(right, "class_top1") > 6 * late(right, "class_chance")
    assert late(wrong, "class_top1") < 0.5 * late(right, "class_top1")
    assert late(wrong, "class_chance") == late(right, "class_chance") == pytest.approx(1 / 9)
    assert right.history[-1]["contrastive_top1"] is None


def test_the_progress_line_says_how_many_classes_are_right() -> None:
    line = history.summary(trained("supervised", 1).history[-1])
    assert "classes " in line
    assert line.endswith("% right (chance 11.1%)")


# Shuffled labels


def shuffled(seed: int = 1) -> ShuffledLabels:
    return ShuffledLabels(recipe(objective="shuffled_labels"), seed, labels=labels())


def test_labels_are_permuted_once_for_each_seed() -> None:
    first, again, other = (shuffled(seed).classes.numpy() for seed in (1, 1, 2))
    assert np.bincount(first).tolist() == [4] * 9
    np.testing.assert_array_equal(first, again)
    for one, two in ((first, labels()), (first, other)):
        assert (one != two).mean() > 0.5


def test_shuffled_labels_stay_those_of_their_images() -> None:
    """Whatever the order of an epoch, and after a restart: they are no part of the state."""
    whole = trained("shuffled_labels", 2)
    half = trained("shuffled_labels", 1)
    rest = make_trainer(objective="shuffled_labels", augmentation=NO_COLOUR_CHANGE)
    assert_identical(rest.model.classes, half.model.classes)
    assert "classes" not in whole.model.state_dict()


def test_both_start_from_one_network() -> None:
    one, other = (
        build(recipe(objective=name), 3, labels=labels()).state_dict()
        for name in ("supervised", "shuffled_labels")
    )
    assert_identical(dict(one), dict(other))
