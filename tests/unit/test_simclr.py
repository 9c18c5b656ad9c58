"""SimCLR's loss is that of the paper, and its gradient that of the whole batch, however it is cut.

The truths are equation 1 of Chen et al. (2020) written out in numpy, torch's own gradient of a
batch that is not cut, and lightly's loss where lightly is installed.
"""

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from training_cases import NO_COLOUR_CHANGE, epochs, make_trainer, recipe

from trajectories.training.objectives.objective import Batch
from trajectories.training.objectives.simclr import SimCLR
from trajectories.training.trainer import Trainer

BATCH, EMBEDDING, TEMPERATURE = 8, 16, 0.2
PERMUTATION = torch.tensor([5, 0, 6, 3, 1, 7, 2, 4])
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _defaults():
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)


def made(seed: int = 1, at_once: int | None = None, **training: object) -> SimCLR:
    settings = recipe(objective="simclr", **training)
    return SimCLR(settings, seed, images_at_once=at_once).train()


def images(seed: int = 0, n: int = BATCH) -> Tensor:
    """Images that differ in mean and contrast, so that the statistics of groups differ."""
    generator = torch.Generator().manual_seed(seed)
    contrast = torch.linspace(0.3, 3, n).view(n, 1, 1, 1)
    return contrast * torch.randn(n, 3, 32, 32, generator=generator) + contrast


def directions(n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(n, EMBEDDING, generator=generator), dim=1)


def batch() -> Batch:
    """Views of the same images; alone, a process is given view 1 in the order of view 0."""
    return Batch((images(0), images(1)), PERMUTATION, np.arange(BATCH))


def nt_xent(first: np.ndarray, second: np.ndarray, temperature: float) -> float:
    """Equation 1, pair by pair, in float64; the mean over both orders of each pair."""
    views = [each.astype(float) for pair in zip(first, second, strict=True) for each in pair]

    def similarity(i: int, k: int) -> float:
        return views[i] @ views[k] / np.linalg.norm(views[i]) / np.linalg.norm(views[k])

    losses = []
    for k in range(len(first)):
        for i, j in ((2 * k, 2 * k + 1), (2 * k + 1, 2 * k)):
            others = [n for n in range(len(views)) if n != i]
            total = sum(math.exp(similarity(i, n) / temperature) for n in others)
            losses.append(-math.log(math.exp(similarity(i, j) / temperature) / total))
    return float(np.mean(losses))


# The loss


@pytest.mark.parametrize("temperature", [0.07, 0.2, 1.0])
@pytest.mark.parametrize("n", [2, 8, 13])
def test_the_loss_is_equation_1_of_the_paper(n: int, temperature: float) -> None:
    first, second = directions(n, 1), directions(n, 2)
    second = F.normalize(first + 0.3 * second, dim=1)
    loss, _ = made(temperature=temperature).loss(first.double(), second.double())
    expected = nt_xent(first.numpy(), second.numpy(), temperature)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_and_its_gradient_are_those_of_lightly() -> None:
    reason = "lightly is installed with the benchmarks alone (benchmarks/requirements.txt)"
    lightly = pytest.importorskip("lightly.loss", reason=reason)
    found = []
    for loss_of in (lambda *views: made().loss(*views)[0], lightly.NTXentLoss(TEMPERATURE)):
        views = [(3 * directions(BATCH, seed)).requires_grad_() for seed in (1, 2)]
        loss = loss_of(*(F.normalize(view, dim=1) for view in views))
        loss.backward()
        found.append([loss.detach(), *(view.grad for view in views)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)


def test_random_directions_give_chance() -> None:
    """At a temperature that makes all alike; the history has the value of chance."""
    model = made(temperature=1e6)
    loss, _ = model.loss(directions(BATCH, 1), directions(BATCH, 2))
    assert loss.item() == pytest.approx(math.log(15), rel=1e-5)
    assert model.expected(3) == {"chance_loss": pytest.approx(math.log(15))}


def test_hits_are_images_whose_views_find_each_other() -> None:
    model, first = made(), directions(BATCH, 1)
    for second, expected in ((first, BATCH), (-first, 0)):
        assert model.loss(first, second)[1].item() == expected
    # Views 1 of two images are swapped: four of the sixteen views find the wrong one.
    swapped = first[[1, 0, 2, 3, 4, 5, 6, 7]]
    assert model.loss(first, swapped)[1].item() == BATCH - 2


# The gradient


def by_hand(model: SimCLR, groups: int) -> tuple[Tensor, list[Tensor]]:
    """Loss and gradients of the whole batch in one graph, from a copy of the encoder."""
    encoder = copy.deepcopy(model.encoder)
    first = torch.cat([encoder(group) for group in images(0).chunk(groups)])
    second = torch.cat([encoder(group) for group in images(1)[PERMUTATION].chunk(groups)])
    views = torch.stack([first, second[PERMUTATION.argsort()]], dim=1).flatten(0, 1)
    similarity = torch.exp(views @ views.T / TEMPERATURE)
    partner = torch.arange(2 * BATCH) ^ 1
    own = similarity[torch.arange(2 * BATCH), partner]
    loss = -torch.log(own / (similarity.sum(dim=1) - similarity.diagonal())).mean()
    loss.backward()
    return loss, [parameter.grad for parameter in encoder.parameters()]


CUTS = [(1, 8), (2, 8), (2, 4), (4, 8), (4, 4), (4, 1)]


@pytest.mark.parametrize(("groups", "at_once"), CUTS)
def test_loss_and_gradient_are_those_of_the_whole_batch(monkeypatch, groups, at_once) -> None:
    # In float64: groups of two images of one pixel magnify what is rounded.
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    model = made(bn_groups=groups, at_once=at_once)
    expected, gradients = by_hand(model, groups)
    ((loss, hits, spread),) = model.learn(batch())
    assert loss.item() == pytest.approx(expected.item(), rel=1e-9)
    assert 0 <= hits <= BATCH
    assert spread > 0
    for parameter, gradient in zip(model.encoder.parameters(), gradients, strict=True):
        largest = gradient.abs().max().item()
        assert largest > 0
        torch.testing.assert_close(parameter.grad, gradient, rtol=0, atol=1e-9 * largest)


def test_the_gradient_is_not_that_of_parts_by_themselves() -> None:
    """Or the test above could not tell them."""
    whole = made(bn_groups=2)
    for _ in whole.learn(batch()):
        pass
    apart = made(bn_groups=1, batch_size=4)
    for half in (slice(0, 4), slice(4, 8)):
        views = images(0)[half], images(1)[half]
        for _ in apart.learn(Batch(views, torch.arange(4), np.arange(4))):
            pass
    one, other = (model.encoder.head[2].weight.grad for model in (whole, apart))
    assert (one - other / 2).norm() > 0.05 * one.norm()


def test_mixed_precision_has_the_same_gradient_in_parts_as_at_once() -> None:
    """A second pass must not take up weights that were rounded for the first, without gradients."""
    found = []
    for at_once in (8, 4):
        model = made(bn_groups=2, at_once=at_once)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for _ in model.learn(batch()):
                pass
        found.append([parameter.grad for parameter in model.encoder.parameters()])
    for one, other in zip(*found, strict=True):
        assert other is not None
        assert one.norm() > 0
        assert (one - other).norm() < 0.1 * one.norm()


@pytest.mark.parametrize(("groups", "at_once"), CUTS)
def test_the_first_group_of_view_0_alone_moves_running_statistics(groups, at_once) -> None:
    model = made(bn_groups=groups, at_once=at_once)
    mean, variance = torch.zeros(64), torch.ones(64)
    with torch.no_grad():
        entry = model.encoder.backbone.conv1(images(0)[: BATCH // groups])
        F.batch_norm(entry, mean, variance, training=True, momentum=0.1)
    for _ in model.learn(batch()):
        pass
    torch.testing.assert_close(model.encoder.backbone.bn1.running_mean, mean)
    torch.testing.assert_close(model.encoder.backbone.bn1.running_var, variance)
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    assert {norm.num_batches_tracked.item() for norm in norms} == {1}
    assert all((norm.groups, norm.moving) == (1, True) for norm in norms)


# Training


def test_there_is_one_encoder_and_no_queue() -> None:
    names = made().state_dict()
    assert all(name.startswith("encoder.") for name in names)
    assert made().plain_state() == {}
    assert "pointer" not in epochs(make_trainer(objective="simclr"), 1).state()


def test_the_history_has_the_chance_of_the_batch_and_no_queue() -> None:
    for row in epochs(make_trainer(objective="simclr"), 1).history:
        assert row["chance_loss"] == pytest.approx(math.log(15))
        assert row["queue_filled"] is None
    assert row["loss"] > 0
    assert 0 <= row["contrastive_top1"] <= 1
    assert row["embedding_sd"] > 0


def test_training_learns_to_tell_images_apart() -> None:
    """Each image is a mosaic of its own 16 colours; without a step nothing is learnt from them."""
    rng = np.random.default_rng(0)
    mosaics = rng.integers(0, 256, (96, 4, 4, 3), dtype=np.uint8).repeat(6, 1).repeat(6, 2)
    easy = {**NO_COLOUR_CHANGE, "crop_scale": [0.9, 1.0], "flip": 0}
    learning, idle = (
        epochs(
            Trainer(
                recipe(
                    objective="simclr",
                    augmentation=easy,
                    batch_size=32,
                    learning_rate=rate,
                    schedule_epochs=20,
                ),
                1,
                mosaics,
                None,
                CPU,
            ),
            count,
        ).history[-1]
        for rate, count in ((0.03, 12), (0.0, 2))
    )
    assert learning["loss"] < 0.6 * min(idle["loss"], learning["chance_loss"])
    assert learning["contrastive_top1"] > 1.5 * idle["contrastive_top1"]
    assert learning["embedding_sd"] > 0.8
