"""Weighted k-nearest-neighbour accuracy agrees with a plain implementation and planted truths."""

import math

import numpy as np
import pytest
import torch
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.images.training_images import PixelImages
from trajectories.networks.backbone import build_backbone
from trajectories.training.neighbours import (
    Labelled,
    Neighbours,
    chance,
    matched,
    weighted_accuracy,
)


def by_hand(bank, bank_labels, queries, labels, k, temperature) -> float:
    """Wu et al. 2018, section 3.4, written out for one query after the other in float64."""
    bank, queries = (each / np.linalg.norm(each, axis=1)[:, None] for each in (bank, queries))
    right = 0
    for query, label in zip(queries, labels, strict=True):
        similarity = bank @ query
        votes: dict[int, float] = {}
        for index in np.argsort(-similarity)[:k]:
            weight = math.exp(similarity[index] / temperature)
            votes[bank_labels[index]] = votes.get(bank_labels[index], 0.0) + weight
        right += max(votes, key=votes.__getitem__) == label
    return right / len(queries)


def drawn(n: int, m: int, classes: int, spread: float, seed: int = 0):
    """Features of a bank and of queries around a centre for each class, and their labels."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, 16))
    labels = [rng.integers(classes, size=size) for size in (n, m)]
    features = [centres[each] + spread * rng.normal(size=(len(each), 16)) for each in labels]
    return features[0], labels[0], features[1], labels[1]


def tensors(parts):
    return [torch.from_numpy(part) for part in parts]


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.1), (7, 0.1), (200, 0.1), (200, 1.0)])
def test_it_agrees_with_the_formula_written_out(k: int, temperature: float) -> None:
    parts = drawn(500, 300, 7, 1.5)
    found = weighted_accuracy(*tensors(parts), k, temperature)
    assert 0.3 < found < 0.95
    assert found == by_hand(*parts, k, temperature)


def test_planted_clusters_are_told_apart() -> None:
    assert weighted_accuracy(*tensors(drawn(1000, 400, 10, 0.1))) == 1


def test_labels_without_structure_give_chance() -> None:
    bank, _, queries, _ = drawn(2000, 4000, 10, 1.0)
    rng = np.random.default_rng(1)
    labels = [rng.choice(4, size, p=[0.4, 0.3, 0.2, 0.1]) for size in (2000, 4000)]
    bank_labels, wanted = tensors(labels)
    expected = chance(bank_labels, wanted)
    assert expected == pytest.approx(0.3, abs=0.01)
    one = weighted_accuracy(*tensors((bank, labels[0], queries, labels[1])), k=1)
    assert one == pytest.approx(expected, abs=4 * math.sqrt(0.3 * 0.7 / 4000))


def test_a_small_temperature_does_not_overflow() -> None:
    parts = drawn(300, 100, 3, 0.5)
    assert weighted_accuracy(*tensors(parts), temperature=1e-3) == by_hand(
        *parts, k=1, temperature=1.0
    )


def test_all_of_a_small_bank_vote() -> None:
    bank, labels = torch.eye(3), torch.tensor([0, 1, 1])
    # Nearest to the first, but as near to the two others together.
    query = torch.tensor([[1.0, 0.95, 0.95]])
    assert weighted_accuracy(bank, labels, query, torch.tensor([1]), k=200) == 1
    assert weighted_accuracy(bank, labels, query, torch.tensor([1]), k=1) == 0


def test_classes_are_matched_by_name() -> None:
    assert matched(["cat", "dog"], ["ant", "dog", "cat"]).tolist() == [2, 1]
    with pytest.raises(UserError, match="class bee"):
        matched(["bee"], ["ant"])


def measure(labels: np.ndarray, recalibration: torch.Tensor | None = None) -> Neighbours:
    torch.manual_seed(0)
    images = PixelImages(noise_images())
    backbone = build_backbone("resnet10_narrow", "stride2")
    queries = Labelled(images, np.arange(36))
    return Neighbours(Labelled(images, labels), queries, backbone, recalibration, 32)


def test_an_image_that_is_in_the_bank_finds_itself() -> None:
    measured = measure(np.arange(36))
    weights = measured.backbone.state_dict()
    assert measured(weights, k=1, temperature=0.1) == 1
    assert measured.chance == pytest.approx(1 / 36)


def test_images_without_a_label_are_left_out() -> None:
    measured = measure(np.where(np.arange(36) < 18, np.arange(36), -1))
    weights = measured.backbone.state_dict()
    assert measured(weights, k=1, temperature=0.1) == 0.5
    with pytest.raises(UserError, match="`knn`"):
        measure(np.full(36, -1))


def test_statistics_are_recalibrated_on_the_images_given() -> None:
    sample = PixelImages(noise_images(seed=3)).whole(np.arange(36), 32)
    measured = measure(np.arange(36), sample)
    weights = {name: value.clone() for name, value in measured.backbone.state_dict().items()}
    assert measured(weights, k=1, temperature=0.1) == 1
    after = measured.backbone.state_dict()
    assert not torch.equal(after["bn1.running_mean"], weights["bn1.running_mean"])
    convolved = torch.nn.functional.conv2d(sample, after["conv1.weight"], stride=2, padding=1)
    torch.testing.assert_close(
        after["bn1.running_mean"], convolved.mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5
    )
