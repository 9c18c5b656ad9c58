"""Signs of learning are what they are called: right by brute force, and at chance when guessing.

The truths are loops over pairs of images, closed forms, and planted collapse.
"""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from trajectories.errors import UserError
from trajectories.training import diagnostics
from trajectories.training.diagnostics import TrainingFailedError

KEPT = Path("unfinished/state.pt")
REMEDY = "lower training.learning_rate"
WEIGHTS = [torch.ones(3), torch.tensor(7)]


def accuracy_by_brute_force(features: np.ndarray, labels: np.ndarray) -> float:
    right = 0
    for one, feature in enumerate(features):
        cosines = [
            -2.0
            if other == one
            else feature @ rival / np.linalg.norm(feature) / np.linalg.norm(rival)
            for other, rival in enumerate(features)
        ]
        right += labels[int(np.argmax(cosines))] == labels[one]
    return right / len(features)


@pytest.mark.parametrize("noise", [0.0, 1.0, 10.0])
def test_nearest_neighbours_are_those_of_brute_force(noise: float) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 80)
    centres = rng.normal(size=(5, 12))
    features = centres[labels] * rng.uniform(0.1, 10, (80, 1))  # length must not matter
    features = (features + noise * rng.normal(size=features.shape)).astype(np.float32)
    found = diagnostics.nearest_neighbour_accuracy(
        torch.from_numpy(features), torch.from_numpy(labels)
    )
    assert found == pytest.approx(accuracy_by_brute_force(features.astype(np.float64), labels))
    assert (found == 1) == (noise == 0)


def test_chance_is_the_share_of_pairs_with_one_label() -> None:
    labels = [0, 0, 0, 1, 1, 2]
    pairs = [(a, b) for a in range(6) for b in range(6) if a != b]
    expected = sum(labels[a] == labels[b] for a, b in pairs) / len(pairs)
    assert diagnostics.neighbour_chance(torch.tensor(labels)) == pytest.approx(expected)


def test_features_without_meaning_are_at_chance() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(2000) % 4
    found = diagnostics.nearest_neighbour_accuracy(
        torch.randn(2000, 8, generator=generator), labels
    )
    chance = diagnostics.neighbour_chance(labels)
    assert found == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / 2000))


@pytest.mark.parametrize("dimensions", [16, 128])
def test_spread_of_random_directions_is_one(dimensions: int) -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = nn.functional.normalize(torch.randn(4000, dimensions, generator=generator), dim=1)
    assert diagnostics.spread(vectors).item() == pytest.approx(1, abs=0.02)


def test_spread_of_one_direction_is_zero() -> None:
    assert diagnostics.spread(torch.full((10, 16), 0.25)).item() == 0


def test_spread_of_two_opposite_directions() -> None:
    # Each dimension is ±1/√d, half of the images each: its SD (ddof 1) is √(n / (n - 1) / d).
    vectors = torch.ones(10, 16) / 4
    vectors[5:] *= -1
    assert diagnostics.spread(vectors).item() == pytest.approx(math.sqrt(10 / 9))


@pytest.mark.parametrize("count", [2, 10, 64, 1000])
@pytest.mark.parametrize("sizes", [[4] * 30, [1, 2, 1, 7, 3], [100, 100]])
def test_each_label_of_the_probe_has_neighbours_to_find(count: int, sizes: list[int]) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    sample = diagnostics.probe_sample(labels, count)
    assert 2 <= len(sample) <= count
    assert (np.diff(sample) > 0).all()  # no image twice
    assert np.unique(labels[sample], return_counts=True)[1].min() >= 2
    np.testing.assert_array_equal(sample, diagnostics.probe_sample(labels, count))


def test_the_probe_holds_many_labels_rather_than_many_images_of_each() -> None:
    labels = np.repeat(np.arange(40), 10)
    counts = np.unique(labels[diagnostics.probe_sample(labels, 64)], return_counts=True)[1]
    assert counts.tolist() == [2] * 32
    counts = np.unique(labels[diagnostics.probe_sample(labels, 160)], return_counts=True)[1]
    assert counts.tolist() == [4] * 40


def test_there_is_no_probe_where_no_label_has_two_images() -> None:
    assert len(diagnostics.probe_sample(np.arange(20), 10)) == 0


def test_features_are_those_of_evaluation_mode_whatever_the_batch() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5), nn.Flatten())
    network[0].running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    network[0].running_var.fill_(4.0)
    network.train()
    images = torch.randn(10, 3, 2, 2)
    found = diagnostics.features(network, images, batch=3)
    expected = (images - torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1)) / math.sqrt(4 + 1e-5)
    torch.testing.assert_close(found, expected.flatten(1))
    assert network.training
    assert network[0].running_mean.tolist() == [1, 2, 3]


def row(**changes: float | None) -> dict[str, float | None]:
    return {"loss": 3.0, "embedding_sd": 0.9, **changes}


def test_a_healthy_run_goes_on() -> None:
    diagnostics.check_health(3, 1, row(), WEIGHTS, KEPT, REMEDY)
    diagnostics.check_health(3, 1, row(embedding_sd=0.05), WEIGHTS, KEPT, REMEDY)


@pytest.mark.parametrize("loss", [math.nan, math.inf, None])
def test_a_run_without_a_loss_is_stopped(loss: float | None) -> None:
    with pytest.raises(
        TrainingFailedError,
        match=r"seed 4 stopped in epoch 3: the loss is .*unfinished/state\.pt; lower \S+rate in",
    ):
        diagnostics.check_health(3, 4, row(loss=loss), WEIGHTS, KEPT, REMEDY)


@pytest.mark.parametrize("embedding_sd", [0.0, 0.01])
def test_a_collapsed_run_is_stopped(embedding_sd: float) -> None:
    with pytest.raises(TrainingFailedError, match=r"seed 4 .* epoch 3: .*collapsed.*state\.pt"):
        diagnostics.check_health(3, 4, row(embedding_sd=embedding_sd), WEIGHTS, KEPT, REMEDY)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_run_with_a_weight_that_is_not_finite_is_stopped(value: float) -> None:
    weights = [*WEIGHTS, torch.tensor([[0.0, value]])]
    match = r"seed 4 .* epoch 3: some weights are not finite"
    with pytest.raises(TrainingFailedError, match=match):
        diagnostics.check_health(3, 4, row(), weights, KEPT, REMEDY)


def test_a_failed_training_is_one_sentence_for_the_user() -> None:
    assert issubclass(TrainingFailedError, UserError)
