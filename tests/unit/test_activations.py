"""Activations are what hooks on torchvision's whole network see, in a file made for reading.

The truths are forward hooks, statistics taken by hand, and h5py.
"""

import copy
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import torchvision
from activation_cases import hooked, weights
from torch import Tensor, nn
from torch.nn import functional as F
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.images import dataset, training_images
from trajectories.images.inputs import network_input
from trajectories.networks import activations
from trajectories.networks.activations import ActivationWriter, LayerResponses, chunk_units
from trajectories.networks.backbone import build_backbone

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return network_input(noise_images(10, 40), 32)


# Responses


@pytest.mark.parametrize(
    "layer",
    ["conv1", "bn1", "maxpool", "layer1", "layer1.0.conv2", "layer2.0.downsample", "layer3.1.bn1",
     "layer4", "avgpool"],
)  # fmt: skip
def test_responses_are_those_of_torchvisions_whole_network(images, layer: str) -> None:
    state = weights(1)
    network = torchvision.models.resnet18(weights=None)
    network.load_state_dict(state, strict=False)
    expected = hooked(network, layer, images)
    found = LayerResponses(build_backbone("resnet18", "imagenet"), layer, CPU, batch=4)(
        state, images
    )
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "layer", ["features.0", "features.1", "features.2", "features.10", "features", "avgpool"]
)
@pytest.mark.parametrize("size", [64, 100])
def test_responses_of_alexnet_are_those_of_torchvisions(layer: str, size: int) -> None:
    images, state = network_input(noise_images(10, 40), size), weights(1, "alexnet")
    network = torchvision.models.alexnet()
    network.load_state_dict(state, strict=False)
    responses = LayerResponses(build_backbone("alexnet", "imagenet"), layer, CPU, batch=4)
    expected = hooked(network, layer, images)
    np.testing.assert_allclose(responses(state, images), expected, rtol=1e-4, atol=1e-5)


def test_without_batch_normalisation_a_sample_changes_nothing(images) -> None:
    sample, larger = network_input(noise_images(16, 40), 64), network_input(noise_images(4, 40), 64)
    state = weights(1, "alexnet")
    found = [
        LayerResponses(build_backbone("alexnet", "imagenet"), "features.8", CPU, each)(
            state, larger
        )
        for each in (sample, None)
    ]
    np.testing.assert_array_equal(*found)


def test_each_call_has_the_weights_it_is_given(images) -> None:
    responses = LayerResponses(build_backbone("resnet18", "imagenet"), "layer4", CPU)
    first, second, third = (responses(weights(seed), images) for seed in (1, 2, 1))
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_array_equal(first, third)


def test_weights_of_another_network_are_refused(images) -> None:
    responses = LayerResponses(build_backbone("resnet18", "imagenet"), "layer1", CPU)
    with pytest.raises(RuntimeError, match="conv1"):
        responses(weights(1, stem="small"), images)


# Recalibration


def recalibrated(layer: str, sample: Tensor, batch: int = 128) -> LayerResponses:
    return LayerResponses(build_backbone("resnet18", "imagenet"), layer, CPU, sample, batch)


@pytest.mark.parametrize("batch", [128, 12, 8])  # 24 images: whole, in two and in three batches
def test_statistics_are_those_of_the_sample(images, batch: int) -> None:
    sample = network_input(noise_images(24, 40, seed=1), 32)
    state = weights(1)
    found = recalibrated("bn1", sample, batch)(state, images)

    def first_layer(pixels: Tensor) -> np.ndarray:
        entry = F.conv2d(pixels, state["conv1.weight"], stride=2, padding=3)
        return entry.double().numpy()

    entry = first_layer(sample)
    mean = entry.mean(axis=(0, 2, 3))
    parts = np.split(entry, 24 // min(batch, 24))
    variance = np.mean([part.var(axis=(0, 2, 3), ddof=1) for part in parts], axis=0)
    scale = state["bn1.weight"].double().numpy() / np.sqrt(variance + 1e-5)
    expected = (first_layer(images) - mean.reshape(1, 64, 1, 1)) * scale.reshape(1, 64, 1, 1)
    expected += state["bn1.bias"].double().numpy().reshape(1, 64, 1, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n", [17, 25, 30])
def test_every_image_of_the_sample_has_the_same_weight(images, n: int) -> None:
    """Whatever remains when the sample is cut into batches."""
    sample = network_input(noise_images(n, 40, seed=1), 32)
    sample[-1] *= 30  # as the only image of a last batch it would be the half of all
    responses = recalibrated("bn1", sample, batch=16)
    responses(weights(1), images)
    entry = F.conv2d(sample, weights(1)["conv1.weight"], stride=2, padding=3)
    sizes = [len(part) for part in np.array_split(np.arange(n), 2)]
    parts = entry.split(sizes)
    expected = torch.stack([part.mean(dim=(0, 2, 3)) for part in parts]).mean(dim=0)
    torch.testing.assert_close(responses.backbone.bn1.running_mean, expected)
    assert max(sizes) - min(sizes) <= 1


def test_every_layer_up_to_the_one_wanted_is_recalibrated(images) -> None:
    """The same weights with other running statistics give the same responses."""
    sample = network_input(noise_images(16, 40, seed=1), 32)
    state = weights(1)
    forgotten = copy.deepcopy(state)
    for name, tensor in forgotten.items():
        if "running" in name:
            tensor.fill_(7)
    responses = recalibrated("layer4", sample)
    expected = responses(state, images)
    np.testing.assert_array_equal(responses(forgotten, images), expected)
    running = LayerResponses(build_backbone("resnet18", "imagenet"), "layer4", CPU)
    assert np.abs(running(state, images) - expected).max() > 0.01

    network = torchvision.models.resnet18(weights=None)
    network.load_state_dict(state, strict=False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = 1.0  # the running statistics become those of the last batch
    with torch.no_grad():
        network.train()(sample)
    np.testing.assert_allclose(hooked(network, "layer4", images), expected, rtol=1e-3, atol=1e-4)


def test_responses_do_not_depend_on_the_checkpoint_before(images) -> None:
    sample = network_input(noise_images(16, 40, seed=1), 32)
    responses = recalibrated("layer2", sample, batch=8)
    first, second, again = (responses(weights(seed), images) for seed in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    alone = recalibrated("layer2", sample, batch=8)(weights(2), images)
    np.testing.assert_array_equal(second, alone)


def test_responses_do_not_depend_on_the_other_test_images(images) -> None:
    sample = network_input(noise_images(16, 40, seed=1), 32)
    responses = recalibrated("layer4", sample)
    together, alone = responses(weights(1), images), responses(weights(1), images[3:4])
    np.testing.assert_allclose(alone[0], together[3], rtol=1e-3, atol=1e-4)


def test_the_sample_is_fixed_and_of_training_images(tmp_path) -> None:
    pixels = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1).repeat(8, 1).repeat(8, 2)
    pixels = pixels.repeat(3, 3)
    dataset.write(tmp_path / "d.h5", pixels, np.zeros(100, np.int32), ["grey"], {})
    samples = []
    for _ in range(2):
        with training_images.opened(tmp_path / "d.h5") as stored:
            samples.append(activations.recalibration_sample(stored, 20, 8))
            np.random.random(5)  # noqa: NPY002
    torch.testing.assert_close(samples[0], samples[1], rtol=0, atol=0)
    assert samples[0].shape == (20, 3, 8, 8)
    levels = (samples[0][:, 0, 0, 0] * 0.229 + 0.485) * 255
    shown = levels.round().int().tolist()
    assert len(set(shown)) == 20
    assert set(shown) <= set(range(100))
    assert max(shown) > 50  # not simply the first


def test_a_sample_larger_than_the_set_is_the_set(tmp_path) -> None:
    images = noise_images(12, 8)
    dataset.write(tmp_path / "d.h5", images, np.zeros(12, np.int32), ["noise"], {})
    with training_images.opened(tmp_path / "d.h5") as stored:
        sample = activations.recalibration_sample(stored, 500, 8)
    torch.testing.assert_close(sample, network_input(images, 8))


# The file


@pytest.fixture
def responses() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 5, 8, 4, 4)).astype(np.float32)  # checkpoint, stimulus, unit


@pytest.fixture
def written(tmp_path, responses) -> Path:
    path = tmp_path / "activations.h5"
    names = ["face", "Äpfel", "🐶", "d", "e"]
    with ActivationWriter(path, [0, 0.25, 1], names, {"layer": "layer1", "seed": 3}) as writer:
        for checkpoint, each in enumerate(responses):
            writer.write(checkpoint, each)
    return path


def test_the_file_holds_checkpoint_by_stimulus_by_unit(written, responses) -> None:
    with h5py.File(written) as file:
        assert file["activations"].dtype == np.float32
        np.testing.assert_array_equal(file["activations"], responses.reshape(3, 5, 128))
        assert file["epoch"][:].tolist() == [0, 0.25, 1]
        assert file["epoch"].dtype == np.float64
        assert file["stimulus"].asstr()[:].tolist() == ["face", "Äpfel", "🐶", "d", "e"]


def test_the_file_describes_itself(written) -> None:
    with h5py.File(written) as file:
        attributes = dict(file.attrs)
        assert len(attributes.pop("sha256")) == 64
        assert attributes == {
            "layer": "layer1",
            "seed": 3,
            "axes": "checkpoint, stimulus, unit",
        }
        assert file["epoch"].attrs["unit"] == "epochs of training"
        assert "dimensionless" in file["activations"].attrs["unit"]
        assert file["activations"].attrs["layer_shape"].tolist() == [8, 4, 4]


def test_pooled_features_have_one_unit_a_channel(tmp_path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(2, 6)
    with ActivationWriter(tmp_path / "a.h5", [1], ["a", "b"], {}) as writer:
        writer.write(0, values)
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["activations"][0], values)
        assert file["activations"].attrs["layer_shape"].tolist() == [6]


@pytest.mark.parametrize(
    ("n_stimuli", "channels", "side"),
    [(96, 256, 56), (96, 2048, 7), (92, 64, 32), (96, 512, 1), (5, 8, 4), (1000, 64, 16)],
)
def test_chunks_hold_whole_channels_of_all_stimuli(n_stimuli, channels, side) -> None:
    units = chunk_units(n_stimuli, channels * side**2, side**2)
    assert units % side**2 == 0
    assert 4 * n_stimuli * units <= 5_000_000
    more = units + side**2
    assert units == channels * side**2 or 4 * n_stimuli * more > 5_000_000


def test_a_channel_that_is_too_large_is_cut(tmp_path) -> None:
    units = chunk_units(500, 64 * 112**2, 112**2)
    assert 0 < 4 * 500 * units <= 5_000_000


def test_the_file_is_chunked_so(tmp_path) -> None:
    values = np.zeros((40, 64, 32, 32), dtype=np.float32)
    with ActivationWriter(tmp_path / "a.h5", [0, 1], ["x"] * 40, {}) as writer:
        writer.write(0, values)
        writer.write(1, values)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["activations"].chunks == (1, 40, chunk_units(40, 64 * 1024, 1024))
        assert file["activations"].compression is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_responses_that_are_not_finite_are_refused(tmp_path, responses, value: float) -> None:
    responses[1, 2, 3, 1, 1] = value
    with ActivationWriter(tmp_path / "a.h5", [0, 7.5], ["a"] * 5, {}) as writer:
        writer.write(0, responses[0])
        with pytest.raises(UserError, match=r"epoch 7\.5 are not finite.*learning_rate"):
            writer.write(1, responses[1])
        writer.write(1, responses[0])
