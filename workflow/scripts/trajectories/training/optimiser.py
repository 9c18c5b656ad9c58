"""Stochastic gradient descent with momentum, on weights with channels last."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from trajectories.study.recipe import Recipe


class Optimiser:
    """Torch's fused SGD with the settings of a recipe.

    It is given weights and gradients in the order in which they lie in memory. Others, as those of
    convolutions with channels last, it would copy at each step; the result is the same.

    Parameters
    ----------
    network : nn.Module
        On its device and with its memory format: its weights stay where they are.
    recipe : Recipe
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        self._parameters = dict(network.named_parameters())
        self._ordered = {
            name: nn.Parameter(_in_memory_order(parameter.detach()))
            for name, parameter in self._parameters.items()
        }
        self._sgd = torch.optim.SGD(
            self._ordered.values(),
            lr=recipe.learning_rate,
            momentum=recipe.sgd_momentum,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    @property
    def rate(self) -> float:
        """Learning rate of the steps to come."""
        rate: float = self._sgd.param_groups[0]["lr"]
        return rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._sgd.param_groups[0]["lr"] = rate

    def forget_gradients(self) -> None:
        """Before a step."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def step(self) -> None:
        """Move the weights by the gradients that have been added up since they were forgotten."""
        for parameter, ordered in self._pairs():
            ordered.grad = None if parameter.grad is None else _in_memory_order(parameter.grad)
        self._sgd.step()

    def momentum(self) -> dict[str, Tensor]:
        """What the steps so far have gathered, by the names and in the shapes of the weights."""
        return {
            name: _in_shape(self._sgd.state[ordered]["momentum_buffer"], self._parameters[name])
            for name, ordered in self._ordered.items()
            if ordered in self._sgd.state
        }

    def restore(self, momentum: Mapping[str, Tensor]) -> None:
        """Go on with what `momentum` gave."""
        for name, buffer in momentum.items():
            there = torch.empty_like(self._parameters[name]).copy_(buffer)
            self._sgd.state[self._ordered[name]]["momentum_buffer"] = _in_memory_order(there)

    def _pairs(self) -> Iterator[tuple[nn.Parameter, nn.Parameter]]:
        yield from zip(self._parameters.values(), self._ordered.values(), strict=True)


def _in_memory_order(weights: Tensor) -> Tensor:
    """A view of `weights`; of kernels with channels last, (filters, rows, columns, channels)."""
    return weights if weights.is_contiguous() or weights.dim() != 4 else weights.permute(0, 2, 3, 1)


def _in_shape(ordered: Tensor, like: Tensor) -> Tensor:
    """A view of `ordered` in the shape that `_in_memory_order` was given."""
    return ordered if like.is_contiguous() or like.dim() != 4 else ordered.permute(0, 3, 1, 2)
