"""Networks are torchvision's, drawn from the seed alone, and small images keep their pixels."""

import runpy
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import torchvision

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.backbone import (
    build_backbone,
    exact_arithmetic,
    feature_count,
    pick_device,
    to_cpu,
)

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


def seeded(seed: int, architecture: str = "resnet18", stem: str = "small"):
    torch.manual_seed(seed)
    return build_backbone(architecture, stem)


def shapes(network, size: int) -> dict[str, tuple[int, ...]]:
    """Output shape of the stem, of each stage, and of the network."""
    found = {}
    for name in ("conv1", "maxpool", "layer1", "layer4"):
        network.get_submodule(name).register_forward_hook(
            lambda module, args, output, name=name: found.update({name: tuple(output.shape)})
        )
    with torch.no_grad():
        found["all"] = tuple(network.eval()(torch.zeros(2, 3, size, size)).shape)
    return found


def test_the_small_stem_keeps_all_pixels_until_the_second_stage() -> None:
    assert shapes(seeded(0), 32) == {
        "conv1": (2, 64, 32, 32),
        "maxpool": (2, 64, 32, 32),
        "layer1": (2, 64, 32, 32),
        "layer4": (2, 512, 4, 4),
        "all": (2, 512),
    }


def test_the_imagenet_stem_is_torchvisions() -> None:
    network = seeded(3, stem="imagenet")
    torch.manual_seed(3)
    theirs = torchvision.models.resnet18(weights=None)
    theirs.fc = torch.nn.Identity()
    weights, expected = network.state_dict(), theirs.state_dict()
    assert list(weights) == list(expected)
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
    # On small maps convolutions are matrix products, and sums round in another order.
    for size in (64, 32):
        images = torch.randn(2, 3, size, size)
        found, truth = network.eval()(images), theirs.eval()(images)
        torch.testing.assert_close(found, truth, rtol=1e-5, atol=5e-6)


@pytest.mark.parametrize("architecture", catalogue.ARCHITECTURES)
def test_features_are_as_many_as_the_head_expects(architecture: str) -> None:
    with torch.device("meta"):
        network = build_backbone(architecture, "imagenet")
        features = network(torch.zeros(1, 3, 64, 64))
    assert features.shape == (1, feature_count(architecture))


def test_weights_of_the_small_stem_have_the_spread_of_he_initialisation() -> None:
    # He et al. (2015), eq. 14: variance 2 / (kernel area × output channels).
    assert seeded(0).conv1.weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.05)


def test_alexnet_is_torchvisions_without_its_classifier() -> None:
    network = seeded(3, "alexnet", "imagenet").double().eval()
    theirs = torchvision.models.alexnet().double().eval()
    assert list(network.state_dict()) == [
        name for name in theirs.state_dict() if name.startswith("features.")
    ]
    theirs.load_state_dict(network.state_dict(), strict=False)
    theirs.classifier = torch.nn.Identity()
    images = torch.randn(3, 3, 64, 64, dtype=torch.float64)
    expected = theirs(images).view(3, 256, 36).mean(dim=2)
    torch.testing.assert_close(network(images), expected, rtol=1e-9, atol=1e-9)


def test_weights_of_alexnet_have_the_spread_of_he_initialisation_and_no_biases() -> None:
    network = seeded(0, "alexnet", "imagenet")
    for place, kernel, channels in ((0, 11, 64), (3, 5, 192), (10, 3, 256)):
        layer = network.features[place]
        assert layer.weight.std().item() == pytest.approx((2 / (kernel**2 * channels)) ** 0.5, 0.05)
        assert not layer.bias.any()


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    first, again, other = (seeded(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    convolutions = [name for name in first if first[name].ndim == 4]
    assert len(convolutions) == 20
    assert not any(torch.equal(first[name], other[name]) for name in convolutions)


def with_devices(monkeypatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_a_device_is_picked_by_itself_or_by_name(monkeypatch) -> None:
    with_devices(monkeypatch, 0)
    assert pick_device("auto") == pick_device("cpu") == torch.device("cpu")
    with_devices(monkeypatch, 2)
    assert pick_device("auto") == pick_device("cuda") == torch.device("cuda")
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("device", "count", "said"),
    [
        ("cuda", 0, "finds no CUDA devices"),
        ("cuda:0", 0, "finds no CUDA devices"),
        ("cuda:1", 1, "finds 1 CUDA device on"),
        ("cuda:2", 2, "finds 2 CUDA devices"),
    ],
)
def test_a_device_that_is_not_there_is_refused(monkeypatch, device, count: int, said: str) -> None:
    with_devices(monkeypatch, count)
    with pytest.raises(UserError, match=f"the device is {device}, but torch {said}") as refusal:
        pick_device(device)
    assert "`compute.device`" in str(refusal.value)


@pytest.fixture
def rounded_arithmetic() -> Iterator[Callable[[], tuple[bool, ...]]]:
    """What is fast and inexact switched on; gives the way to ask what is on."""
    cublas, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    kept = cublas.allow_tf32, cudnn.allow_tf32, cudnn.deterministic
    cublas.allow_tf32 = cudnn.allow_tf32 = True
    cudnn.deterministic = False
    yield lambda: (cublas.allow_tf32, cudnn.allow_tf32, not cudnn.deterministic)
    cublas.allow_tf32, cudnn.allow_tf32, cudnn.deterministic = kept


def test_exact_arithmetic_switches_tf32_off(rounded_arithmetic) -> None:
    assert rounded_arithmetic() == (True, True, True)
    assert torch.get_float32_matmul_precision() == "high"
    exact_arithmetic()
    assert rounded_arithmetic() == (False, False, False)
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("script", ["train", "extract"])
def test_scripts_begin_with_it_and_with_the_device(
    rounded_arithmetic, monkeypatch, script: str
) -> None:
    """Before they read a file: the arguments name none."""
    mains: list[Callable[[Namespace], None]] = []
    monkeypatch.setattr(cli, "run", lambda main, parser: mains.append(main))
    runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")
    with pytest.raises(UserError, match="the device is cuda:99, but torch finds"):
        mains[0](Namespace(threads=1, device="cuda:99", layer=[], module=[], output=[]))
    assert rounded_arithmetic() == (False, False, False)


def test_a_copy_in_main_memory_does_not_change_with_the_network() -> None:
    layer = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    before = layer.weight.detach().clone()
    copied = to_cpu(layer.state_dict())
    with torch.no_grad():
        layer.weight.zero_()
    assert torch.equal(copied["weight"], before)
    assert copied["weight"].is_contiguous()
    assert not copied["weight"].requires_grad
