"""VICReg's loss is that of the paper up to one factor, and training spreads what it embeds.

The truths are equations 1 to 6 of Bardes, Ponce & LeCun (2022) written out in numpy, and lightly's
loss where lightly is installed. That the gradient is that of the whole batch is a matter of
`WholeBatch`, and tested with SimCLR.
"""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor
from training_cases import epochs, make_trainer, recipe

from trajectories.training.objectives.objective import Batch
from trajectories.training.objectives.vicreg import VICReg

BATCH, EMBEDDING = 8, 16
PERMUTATION = torch.tensor([5, 0, 6, 3, 1, 7, 2, 4])


@pytest.fixture(autouse=True)
def _defaults():
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)


def made(at_once: int | None = None, **training: object) -> VICReg:
    return VICReg(recipe(objective="vicreg", **training), 1, images_at_once=at_once).train()


def embeddings(n: int, seed: int, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, EMBEDDING, generator=generator) + 0.3


def images(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    contrast = torch.linspace(0.3, 3, BATCH).view(BATCH, 1, 1, 1)
    return contrast * torch.randn(BATCH, 3, 32, 32, generator=generator) + contrast


def by_formula(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """The three terms, image by image and dimension by dimension, in float64."""
    n, d = first.shape
    # The authors' code divides equation 5 by the dimensions, and halves the two variances.
    distance = sum(((a - b) ** 2).sum() for a, b in zip(first, second, strict=True)) / n / d
    lacking, correlated = [], 0.0
    for view in (first, second):
        centred = view - view.mean(axis=0)
        covariance = sum(np.outer(row, row) for row in centred) / (n - 1)
        lacking += [max(0, 1 - np.sqrt(covariance[j, j] + 1e-4)) for j in range(d)]
        correlated += sum(covariance[i, j] ** 2 for i in range(d) for j in range(d) if i != j) / d
    return distance, sum(lacking) / (2 * d), correlated


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("n", [2, 8, 13])
def test_the_loss_is_that_of_the_paper(n: int, scale: float) -> None:
    """A 25th of it: the terms are weighted with 25, 25 and 1 there."""
    first, second = embeddings(n, 1, scale).double(), embeddings(n, 2, scale).double()
    model = made()
    loss, _ = model.loss(first, second)
    terms = by_formula(first.numpy(), second.numpy())
    assert 25 * loss.item() == pytest.approx(np.dot([25, 25, 1], terms), rel=1e-9)
    assert model._terms.tolist() == pytest.approx(terms, rel=1e-9)


def test_the_loss_and_its_gradient_are_those_of_lightly() -> None:
    reason = "lightly is installed with the benchmarks alone (benchmarks/requirements.txt)"
    lightly = pytest.importorskip("lightly.loss", reason=reason)
    found = []
    theirs = lightly.VICRegLoss()
    for loss_of in (lambda *views: 25 * made().loss(*views)[0], theirs):
        views = [embeddings(BATCH, seed, 0.5).requires_grad_() for seed in (1, 2)]
        loss = loss_of(*views)
        loss.backward()
        found.append([loss.detach(), *(view.grad for view in views)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_one_embedding_for_all_gives_chance() -> None:
    same = torch.ones(BATCH, EMBEDDING)
    model = made()
    assert model.loss(same, same)[0].item() == pytest.approx(model.expected(0)["chance_loss"])


def test_hits_are_images_that_are_nearest_to_themselves() -> None:
    model, first = made(), embeddings(BATCH, 1)
    assert model.loss(first, first + 1e-3)[1].item() == BATCH
    swapped = first[[1, 0, 2, 3, 4, 5, 6, 7]]
    assert model.loss(first, swapped)[1].item() == BATCH - 2
    # The nearest by distance, not the one with the largest product.
    assert model.loss(first, first * torch.linspace(0.9, 1.1, BATCH)[:, None])[1].item() == BATCH


@pytest.mark.parametrize(("groups", "at_once"), [(1, 8), (2, 8), (4, 4), (4, 1)])
def test_the_gradient_is_that_of_the_whole_batch(monkeypatch, groups: int, at_once: int) -> None:
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    model = made(at_once, bn_groups=groups)
    encoder = copy.deepcopy(model.encoder)
    first = torch.cat([encoder(group) for group in images(0).chunk(groups)])
    second = torch.cat([encoder(group) for group in images(1)[PERMUTATION].chunk(groups)])
    expected, _ = made().loss(first, second[PERMUTATION.argsort()])
    expected.backward()
    batch = Batch((images(0), images(1)), PERMUTATION, np.arange(BATCH))
    ((loss, _, spread, *terms),) = model.learn(batch)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-9)
    assert loss.item() == pytest.approx(np.dot([1, 1, 0.04], terms), rel=1e-9)
    assert 0 < spread < 2
    pairs = list(zip(model.encoder.parameters(), encoder.parameters(), strict=True))
    # No term depends on the mean of the embeddings, so that the last bias has no gradient.
    assert (pairs[-1][1].grad.abs() < 1e-12).all()
    for found, whole in pairs:
        size = max(whole.grad.abs().max().item(), 1e-3)
        torch.testing.assert_close(found.grad, whole.grad, rtol=0, atol=1e-9 * size)


def test_embeddings_are_of_any_length() -> None:
    model = made().eval()
    lengths = model.encoder(images(0)).norm(dim=1)
    assert (lengths - 1).abs().min() > 0.01


def test_training_lowers_the_loss_and_spreads_embeddings() -> None:
    trainer = epochs(make_trainer(objective="vicreg", schedule_epochs=20), 8)
    first, last = trainer.history[1], trainer.history[-1]
    assert last["loss"] < first["loss"] < trainer.history[0]["chance_loss"]
    assert last["variance"] < first["variance"]
    assert last["queue_filled"] is None
