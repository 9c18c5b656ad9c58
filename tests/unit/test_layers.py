"""Layers that stand in for torch's compute what torch's compute, forward and backward."""

import copy
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from trajectories.networks import layers
from trajectories.networks.backbone import build_backbone

GROUPS, EACH, CHANNELS = 3, 4, 5


@pytest.fixture
def images() -> Tensor:
    """Groups that differ in mean and spread."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(GROUPS * EACH, CHANNELS, 3, 2, generator=generator, dtype=torch.float64)
    scale = torch.arange(1, GROUPS + 1).repeat_interleave(EACH).view(-1, 1, 1, 1)
    return (drawn * scale + scale).requires_grad_()


def grouped(moving: bool = True) -> tuple[nn.Sequential, layers.GroupedBatchNorm2d]:
    layer = nn.BatchNorm2d(CHANNELS).double()
    nn.init.uniform_(layer.weight)
    nn.init.uniform_(layer.bias)
    network = nn.Sequential(layer)
    layers.replace_layers(network)
    assert isinstance(layer, layers.GroupedBatchNorm2d)
    return network, layer


# Batch normalisation


@pytest.mark.parametrize("moving", [True, False])
def test_each_group_is_normalised_as_torch_does_it_alone(images: Tensor, moving: bool) -> None:
    network, layer = grouped()
    weights = torch.randn(images.shape, dtype=torch.float64)
    with layers.normalised_in_groups(network, GROUPS, moving):
        found = network(images)
    (found * weights).sum().backward()
    gradients = [images.grad.clone(), layer.weight.grad.clone(), layer.bias.grad.clone()]

    images.grad = None
    layer.zero_grad()
    expected = torch.cat(
        [
            F.batch_norm(group, None, None, layer.weight, layer.bias, training=True)
            for group in images.split(EACH)
        ]
    )
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    (expected * weights).sum().backward()
    for one, other in zip(
        gradients, [images.grad, layer.weight.grad, layer.bias.grad], strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_the_first_group_moves_the_running_statistics_or_none_does(images: Tensor) -> None:
    network, layer = grouped()
    alone = nn.BatchNorm2d(CHANNELS).double()
    alone(images[:EACH])
    with layers.normalised_in_groups(network, GROUPS, moving=True):
        network(images)
    before = copy.deepcopy(layer.state_dict())
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(before[name], alone.state_dict()[name])
    for groups in (1, GROUPS):
        with layers.normalised_in_groups(network, groups, moving=False):
            network(images)
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())


def test_in_evaluation_groups_do_not_matter(images: Tensor) -> None:
    network, _ = grouped()
    network(images)
    network.eval()
    expected = network(images)
    with layers.normalised_in_groups(network, GROUPS, moving=True):
        assert torch.equal(network(images), expected)


def test_an_error_leaves_no_groups_behind(images: Tensor) -> None:
    network, layer = grouped()
    with pytest.raises(RuntimeError), layers.normalised_in_groups(network, GROUPS, False):
        network(images[:, :2])
    assert (layer.groups, layer.moving) == (1, True)


# Convolution


@pytest.mark.parametrize(
    "changed",
    [
        {"groups": 2},
        {"dilation": 2},
        {"stride": (1, 2)},
        {"padding": (1, 0)},
        {"padding_mode": "reflect"},
        {"padding": "same"},
    ],
)
def test_convolutions_of_other_kinds_stay_torchs(changed: dict[str, Any]) -> None:
    layer = nn.Conv2d(4, 4, 3, **{"padding": 1, "bias": False, **changed})
    layers.replace_layers(nn.Sequential(layer))
    assert type(layer) is nn.Conv2d


@pytest.mark.parametrize(("architecture", "count"), [("resnet50", 53), ("alexnet", 5)])
def test_convolutions_of_networks_are_ours(architecture: str, count: int) -> None:
    network = build_backbone(architecture, "imagenet")
    found = [type(module) for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert found == [layers.Im2colConv2d] * count


# Networks


@pytest.mark.parametrize("size", [32, 64])
def test_a_network_is_torchvisions(size: int) -> None:
    torch.manual_seed(3)
    ours = build_backbone("resnet18", "imagenet").double().train()
    torch.manual_seed(3)
    theirs = torchvision.models.resnet18()
    theirs.fc = nn.Identity()
    theirs.double().train()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    images = torch.randn(4, 3, size, size, dtype=torch.float64)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-9, atol=1e-9)
    for name, buffer in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], buffer, rtol=1e-9, atol=1e-9)
