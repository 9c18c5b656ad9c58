"""Steps are torch's plain SGD to the last bit, whatever the order of weights in memory."""

import copy
from dataclasses import dataclass
from typing import Any, cast

import pytest
import torch
from torch import nn

from trajectories.training.optimiser import Optimiser


@dataclass(frozen=True)
class Settings:
    learning_rate: float = 0.1
    sgd_momentum: float = 0.9
    weight_decay: float = 0.01


def made(network: nn.Module) -> Optimiser:
    return Optimiser(network, cast(Any, Settings()))


@pytest.fixture(params=[torch.contiguous_format, torch.channels_last])
def network(request: pytest.FixtureRequest) -> nn.Module:
    """Kernels of 3 × 3 and of 1 × 1, whose order is the same either way, and others."""
    torch.manual_seed(0)
    kinds = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Conv2d(5, 4, 1), nn.Linear(4, 2)
    return nn.Sequential(*kinds).to(memory_format=request.param)


def set_gradients(step: int, *networks: nn.Module) -> None:
    for one in networks:
        torch.manual_seed(step)
        for parameter in one.parameters():
            parameter.grad = torch.empty_like(parameter).copy_(torch.randn(parameter.shape))


def assert_equal_weights(one: nn.Module, other: nn.Module) -> None:
    for ours, torchs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, torchs)
        assert ours.stride() == torchs.stride()


def test_steps_are_torchs_at_every_rate(network: nn.Module) -> None:
    plain = copy.deepcopy(network)
    optimiser = made(network)
    truth = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01, fused=True)
    for step, rate in enumerate((0.1, 0.1, 0.02)):
        truth.param_groups[0]["lr"] = rate
        optimiser.rate = rate
        set_gradients(step, network, plain)
        optimiser.step()
        truth.step()
        assert_equal_weights(network, plain)


def test_momentum_has_the_shapes_of_the_weights_and_goes_on_elsewhere(network: nn.Module) -> None:
    optimiser = made(network)
    assert optimiser.momentum() == {}
    set_gradients(0, network)
    optimiser.step()
    momentum = optimiser.momentum()
    shapes = {name: parameter.shape for name, parameter in network.named_parameters()}
    assert {name: buffer.shape for name, buffer in momentum.items()} == shapes
    other = copy.deepcopy(network)
    resumed = made(other)
    resumed.restore({name: buffer.clone() for name, buffer in momentum.items()})
    set_gradients(1, network, other)
    optimiser.step()
    resumed.step()
    assert_equal_weights(network, other)


def test_weights_without_a_gradient_stay(network: nn.Module) -> None:
    optimiser = made(network)
    before = copy.deepcopy(network)
    set_gradients(0, network)
    optimiser.forget_gradients()
    optimiser.step()
    assert_equal_weights(network, before)
