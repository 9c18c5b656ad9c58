"""Learning is checked on the same images for every instance, and by what is called what it is."""

import numpy as np
import pytest
import torch
from torch import nn
from training_cases import NO_COLOUR_CHANGE, SETTINGS, noise_images

from trajectories.images.inputs import network_input
from trajectories.images.training_images import PixelImages
from trajectories.training import diagnostics
from trajectories.training.augment_parameters import AugmentationSettings
from trajectories.training.probe import Probe

CPU = torch.device("cpu")
PLAIN = AugmentationSettings.from_mapping(NO_COLOUR_CHANGE)
STRONG = AugmentationSettings.from_mapping(SETTINGS["training"]["augmentation"])


class MeanColour(nn.Module):
    """The mean of each channel, which no crop of an image of one colour changes."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean(dim=(2, 3))


def coloured(n: int) -> np.ndarray:
    """Images of one colour each, no two in the same direction from grey."""
    colours = np.random.default_rng(0).integers(0, 256, (n, 1, 1, 3), dtype=np.uint8)
    return colours.repeat(20, 1).repeat(20, 2)


@pytest.mark.parametrize("noise", [0.0, 0.5, 5.0])
def test_matches_are_those_of_brute_force(noise: float) -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(40, 6)).astype(np.float32)
    second = first * rng.uniform(0.1, 10, (40, 1)) + noise * rng.normal(size=first.shape)
    right = 0
    for index, feature in enumerate(first):
        cosines = [feature @ other / np.linalg.norm(other) for other in second]
        right += int(np.argmax(cosines)) == index
    found = diagnostics.matching_accuracy(torch.from_numpy(first), torch.from_numpy(second))
    assert found == pytest.approx(right / 40)
    assert (right == 40) == (noise == 0)


def test_views_of_one_image_match_where_features_tell_images_apart() -> None:
    probe = Probe.of(PixelImages(coloured(30)), None, 20, 16, PLAIN, CPU)
    measured = probe.measure(MeanColour())
    assert measured == {"view_top1": 1.0, "view_chance": 1 / 20}


def test_features_that_say_nothing_are_at_chance() -> None:
    torch.manual_seed(0)
    blind = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4))
    probe = Probe.of(PixelImages(noise_images(400)), np.arange(400) % 4, 400, 16, STRONG, CPU)
    measured = probe.measure(blind)
    assert measured["view_top1"] < 0.05
    assert measured["knn_chance"] == pytest.approx(99 / 399)
    assert measured["knn_top1"] == pytest.approx(measured["knn_chance"], abs=0.09)


def test_neighbours_are_of_whole_images() -> None:
    images, labels = coloured(30).repeat(2, axis=0), np.arange(60) // 2
    probe = Probe.of(PixelImages(images), labels, 60, 16, PLAIN, CPU)
    torch.testing.assert_close(probe.images, network_input(images, 16))
    assert probe.measure(MeanColour())["knn_top1"] == 1
    assert probe.measure(MeanColour())["view_top1"] < 1  # an image and its twin are the same


@pytest.mark.parametrize("labels", [None, np.arange(36), np.arange(36) // 4])
def test_all_instances_see_the_same_images_and_views(labels) -> None:
    probes = [Probe.of(PixelImages(noise_images()), labels, 12, 16, STRONG, CPU) for _ in range(2)]
    torch.manual_seed(0)
    torch.testing.assert_close(probes[0].images, probes[1].images, rtol=0, atol=0)
    for one, other in zip(probes[0].views, probes[1].views, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
        assert one.shape == (12, 3, 16, 16)
    assert (probes[0].views[0] - probes[0].views[1]).abs().max() > 0.1


def test_labels_that_all_differ_are_as_none() -> None:
    probe = Probe.of(PixelImages(noise_images()), np.arange(36), 12, 16, STRONG, CPU)
    assert probe.labels is None
    assert set(probe.measure(MeanColour())) == {"view_top1", "view_chance"}


def test_measuring_leaves_the_network_as_it_is() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3), MeanColour()).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    Probe.of(PixelImages(noise_images()), None, 12, 16, STRONG, CPU).measure(network)
    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_images_without_a_label_are_no_neighbours() -> None:
    images, labels = coloured(60), np.arange(60) // 2
    labels[::3] = -1
    labels[1::3] = -1
    labels[2::6] = 4
    probe = Probe.of(PixelImages(images), labels, 60, 16, PLAIN, CPU)
    assert probe.labels.tolist() == [4] * 5  # of the rest each has a label of its own, or none
    torch.testing.assert_close(probe.images, network_input(images[labels == 4][:5], 16))
    unlabelled = Probe.of(PixelImages(images), np.full(60, -1), 60, 16, PLAIN, CPU)
    assert unlabelled.labels is None
    assert len(unlabelled.images) == 60
