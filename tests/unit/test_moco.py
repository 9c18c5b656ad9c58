"""The loss, the keys and the queue are those of the MoCo papers, whatever the batch is cut into.

The truths are the papers' equations written out in numpy, and torch's batch normalisation called
by hand.
"""

import copy
import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from training_cases import recipe

from trajectories.training.objectives.moco import MoCo

BATCH, QUEUE, EMBEDDING, TEMPERATURE = 8, 16, 16, 0.2
# Groups one after another, and all of a batch together.
EACH_WAY = pytest.mark.parametrize("at_once", [1, BATCH])
PERMUTATION = torch.tensor([5, 0, 6, 3, 1, 7, 2, 4])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def made(seed: int = 1, at_once: int | None = None, **training: object) -> MoCo:
    return MoCo(recipe(**training), seed, images_at_once=at_once).train()


def view(seed: int = 0, n: int = BATCH) -> Tensor:
    """Images that differ in mean and contrast, so that the statistics of groups differ."""
    generator = torch.Generator().manual_seed(seed)
    contrast = torch.linspace(0.3, 3, n).view(n, 1, 1, 1)
    return contrast * torch.randn(n, 3, 32, 32, generator=generator) + contrast


def directions(n: int, seed: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(n, EMBEDDING, generator=generator), dim=1)


def batch_norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def info_nce(queries: np.ndarray, keys: np.ndarray, queue: np.ndarray) -> np.ndarray:
    """Equation 1 of He et al. (2020), query by query, in float64."""
    losses = []
    for query, key in zip(queries.astype(float), keys.astype(float), strict=True):
        positive = np.exp(query @ key / TEMPERATURE)
        negatives = sum(np.exp(query @ other / TEMPERATURE) for other in queue.astype(float))
        losses.append(-np.log(positive / (positive + negatives)))
    return np.array(losses)


# The encoders


def test_embeddings_are_unit_vectors() -> None:
    model = made()
    embedded = model.query(view())
    assert embedded.shape == (BATCH, EMBEDDING)
    torch.testing.assert_close(embedded.norm(dim=1), torch.ones(BATCH))


def test_embeddings_are_float32_also_where_the_network_is_not() -> None:
    model = made()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert model.query.backbone(view()).dtype == torch.bfloat16
        assert model.query(view()).dtype == torch.float32


def test_the_head_has_one_hidden_layer_and_no_batch_normalisation() -> None:
    kinds = [type(module) for module in made().query.head]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear]


def test_the_key_encoder_starts_as_a_copy() -> None:
    model = made()
    query, key = model.query.state_dict(), model.key.state_dict()
    assert query.keys() == key.keys()
    assert all(torch.equal(query[name], key[name]) for name in query)
    with torch.no_grad():
        for parameter in model.query.parameters():
            parameter.add_(1)
    assert not any(
        torch.equal(query[name], key[name]) for name, _ in model.query.named_parameters()
    )


def test_the_key_encoder_receives_no_gradient() -> None:
    model = made()
    keys = model.keys(view(1), PERMUTATION)
    assert not keys.requires_grad
    for loss, _, _ in model.contrast(view(), keys):
        loss.backward()
    assert all(parameter.grad is None for parameter in model.key.parameters())
    assert all(parameter.grad is not None for parameter in model.query.parameters())


def test_key_parameters_are_a_moving_average_of_query_parameters() -> None:
    model = made(key_momentum=0.9)
    start = [parameter.clone() for parameter in model.key.parameters()]
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.query.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    for _ in range(5):
        model.follow_query()
    weight = 0.9**5  # closed form for a query encoder that stands still
    for key, first, query in zip(
        model.key.parameters(), start, model.query.parameters(), strict=True
    ):
        torch.testing.assert_close(key, weight * first + (1 - weight) * query.detach())


def test_key_statistics_do_not_follow() -> None:
    model = made()
    for norm in batch_norms(model.query):
        norm.running_mean.fill_(3)
    model.follow_query()
    assert all((norm.running_mean == 0).all() for norm in batch_norms(model.key))


def test_networks_and_queue_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    first = made(1).state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again = made(1).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = made(2).state_dict()
    assert not torch.equal(
        first["query.backbone.conv1.weight"], other["query.backbone.conv1.weight"]
    )
    assert not torch.equal(first["queue"], other["queue"])


# The loss


@pytest.mark.parametrize(
    ("groups", "at_once", "parts"),
    [(1, 1, 1), (2, 1, 2), (2, 4, 2), (2, 8, 1), (4, 1, 4), (4, 4, 2), (4, 7, 2), (4, 8, 1)],
)
def test_the_loss_is_equation_1_of_the_paper(groups: int, at_once: int, parts: int) -> None:
    model = made(bn_groups=groups, at_once=at_once)
    keys = model.keys(view(1), PERMUTATION)
    shares, hits, queries = zip(*model.contrast(view(), keys), strict=True)
    assert len(shares) == parts
    queries = torch.cat(queries).numpy()
    expected = info_nce(queries, keys.numpy(), model.queue.numpy())
    size = BATCH // parts
    for number, share in enumerate(shares):
        part = expected[number * size : (number + 1) * size]
        assert share.item() == pytest.approx(part.sum() / BATCH, rel=1e-5)
    assert sum(share.item() for share in shares) == pytest.approx(expected.mean(), rel=1e-5)

    closer = (queries * keys.numpy()).sum(axis=1) > (queries @ model.queue.numpy().T).max(axis=1)
    assert sum(found.item() for found in hits) == closer.sum()


def test_hits_are_counted() -> None:
    """Own keys at the queries, then opposite to them."""
    model = made(bn_groups=1)
    queries = next(iter(model.contrast(view(), directions(BATCH))))[2]
    for keys, expected in ((queries, BATCH), (-queries, 0)):
        assert next(iter(model.contrast(view(), keys)))[1].item() == expected


def test_a_random_queue_and_random_keys_give_chance() -> None:
    model = made(bn_groups=1, queue=4096, temperature=1e6)
    loss = next(iter(model.contrast(view(), directions(BATCH))))[0]
    assert loss.item() == pytest.approx(np.log(4096 + 1), rel=1e-5)


@EACH_WAY
def test_gradients_of_groups_add_up_to_that_of_the_mean_loss(at_once: int) -> None:
    model = made(bn_groups=2, at_once=at_once)
    by_hand = copy.deepcopy(model.query)
    keys = directions(BATCH)
    for loss, _, _ in model.contrast(view(), keys):
        loss.backward()

    losses = []
    for images, own in zip(view().split(BATCH // 2), keys.split(BATCH // 2), strict=True):
        queries = by_hand(images)
        positive = torch.exp((queries * own).sum(dim=1) / TEMPERATURE)
        negatives = torch.exp(queries @ model.queue.T / TEMPERATURE).sum(dim=1)
        losses.append(-torch.log(positive / (positive + negatives)).mean())
    ((losses[0] + losses[1]) / 2).backward()
    for found, expected in zip(model.query.parameters(), by_hand.parameters(), strict=True):
        largest = expected.grad.abs().max().item()
        assert largest > 0
        torch.testing.assert_close(found.grad, expected.grad, rtol=0, atol=1e-4 * largest)


@EACH_WAY
def test_groups_are_normalised_apart(at_once: int) -> None:
    models = [made(bn_groups=n, at_once=at_once) for n in (1, 2)]
    whole, halves = (
        torch.cat([queries for _, _, queries in model.contrast(view(), view_keys())])
        for model in models
    )
    assert (whole - halves).abs().max() > 1e-3


def test_groups_together_are_the_same_computation_as_one_after_another() -> None:
    """To rounding: gradients, keys and running statistics."""
    found = []
    for at_once in (1, 4, 8):
        # In double precision but for the embeddings: groups of two pixels magnify what is rounded.
        model = made(bn_groups=4, at_once=at_once)
        model.query.double()
        model.key.double()
        keys = model.keys(view(1).double(), PERMUTATION)
        for loss, _, _ in model.contrast(view().double(), keys):
            loss.backward()
        gradients = [parameter.grad for parameter in model.query.parameters()]
        found.append([keys, *gradients, *model.query.buffers(), *model.key.buffers()])
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            largest = one.abs().max().item()
            torch.testing.assert_close(one, same, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize(("size", "together"), [(32, 8), (64, 2), (224, 2)])
def test_more_groups_of_small_images_go_together(size: int, together: int) -> None:
    settings = dataclasses.replace(recipe(batch_size=256, bn_groups=8), image_size=size)
    model = MoCo(settings, 1)
    assert [len(part) // 32 for part in model.parts(torch.zeros(256, 1), model.query)] == (
        [together] * (8 // together)
    )


def view_keys() -> Tensor:
    return directions(BATCH)


# The keys


def test_each_key_is_of_its_permuted_group() -> None:
    model = made(bn_groups=2, at_once=1)
    images = view()
    encoder = copy.deepcopy(model.key)
    keys = model.keys(images, PERMUTATION)
    with torch.no_grad():
        for group in PERMUTATION.split(BATCH // 2):
            torch.testing.assert_close(keys[group], encoder(images[group]), rtol=0, atol=0)
    unshuffled = made(bn_groups=2).keys(images, torch.arange(BATCH))
    assert (keys - unshuffled).abs().max() > 1e-3  # the groups' statistics make a difference


@pytest.mark.parametrize("seed", range(3))
def test_keys_are_in_the_order_of_the_view_whatever_the_permutation(seed: int) -> None:
    model = made(bn_groups=2)
    model.key.eval()  # then no image's key depends on the others of its group
    permutation = torch.randperm(BATCH, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        torch.testing.assert_close(
            model.keys(view(), permutation), model.key(view()), rtol=1e-5, atol=1e-6
        )


def test_one_group_makes_the_permutation_idle() -> None:
    keys = [made(bn_groups=1).keys(view(), order) for order in (PERMUTATION, torch.arange(BATCH))]
    torch.testing.assert_close(keys[0], keys[1], rtol=1e-4, atol=1e-5)


# Running statistics


def updated_by_hand(encoder: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Running mean and variance of the first layer after these images alone."""
    entry = encoder.backbone.conv1(images)
    mean, variance = torch.zeros(64), torch.ones(64)
    F.batch_norm(entry, mean, variance, training=True, momentum=0.1)
    return mean, variance


@EACH_WAY
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_the_first_group_alone_moves_running_statistics(groups: int, at_once: int) -> None:
    model = made(bn_groups=groups, at_once=at_once)
    first = BATCH // groups
    with torch.no_grad():
        of_query = updated_by_hand(model.query, view()[:first])
        of_key = updated_by_hand(model.key, view(1)[PERMUTATION[:first]])
    keys = model.keys(view(1), PERMUTATION)
    for _ in model.contrast(view(), keys):
        pass
    for encoder, (mean, variance) in ((model.query, of_query), (model.key, of_key)):
        torch.testing.assert_close(encoder.backbone.bn1.running_mean, mean)
        torch.testing.assert_close(encoder.backbone.bn1.running_var, variance)
        norms = batch_norms(encoder)
        assert len(norms) > 10
        assert {norm.num_batches_tracked.item() for norm in norms} == {1}
        assert all((norm.groups, norm.moving) == (1, True) for norm in norms)


# The queue


def test_the_queue_starts_with_random_unit_vectors() -> None:
    queue = made(queue=1024).queue
    torch.testing.assert_close(queue.norm(dim=1), torch.ones(1024))
    # Directions are uniform: their mean is near 0, and cosines have variance 1 / dimensions.
    assert queue.mean(dim=0).norm() < 0.1
    cosines = (queue @ queue.T)[tuple(np.triu_indices(1024, 1))]
    assert cosines.var().item() == pytest.approx(1 / EMBEDDING, rel=0.05)


def test_the_queue_is_overwritten_oldest_first() -> None:
    model = made(queue=24)
    batches = [directions(BATCH, seed) for seed in range(5)]
    start = model.queue.clone()
    model.enqueue(batches[0])
    assert torch.equal(model.queue, torch.cat([batches[0], start[8:]]))
    for batch in batches[1:]:
        model.enqueue(batch)
    # Three fit; the fourth and fifth went round to the beginning.
    assert torch.equal(model.queue, torch.cat([batches[3], batches[4], batches[2]]))
    assert model.pointer == 16


def test_a_queue_of_one_batch_holds_the_last() -> None:
    model = made(queue=BATCH)
    for seed in range(3):
        model.enqueue(directions(BATCH, seed))
    assert torch.equal(model.queue, directions(BATCH, 2))


def test_keys_in_the_queue_stay_unit_vectors() -> None:
    model = made()
    model.enqueue(model.keys(view(), PERMUTATION))
    torch.testing.assert_close(model.queue.norm(dim=1), torch.ones(QUEUE))
