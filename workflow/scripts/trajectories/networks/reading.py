"""A network that is read at some of its layers, and computed no further than these."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Self

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from trajectories.errors import UserError

Take = Callable[[str, Tensor], None]


class _Complete(Exception):
    """All layers have been reached: what lies behind them need not be computed."""


class ReadNetwork(nn.Module):
    """A network in evaluation, of which some layers are read by hooks, all in one forward pass.

    Parameters
    ----------
    network : nn.Module
    layers : sequence of str
        Names of its modules.

    Raises
    ------
    UserError
        If it has no such modules.

    Attributes
    ----------
    take : callable or None
        Is given each layer's name and output, which later modules may change in place.
    """

    def __init__(self, network: nn.Module, layers: Sequence[str]) -> None:
        super().__init__()
        self.network, self.layers = network.eval(), tuple(layers)
        self.take: Take | None = None
        self._reached: set[str] = set()
        modules = dict(network.named_modules())
        for layer in self.layers:
            if layer not in modules:
                raise UserError(
                    f"the network has no layer {layer}: `make layers` lists those it has"
                )
            modules[layer].register_forward_hook(partial(self._reach, layer))

    def forward(self, images: Tensor) -> None:
        """Compute the layers for images (n, 3, height, width), and give them to `take`.

        Raises
        ------
        UserError
            If a layer is not reached, is called several times, or gives no tensor of all images.
        """
        self._reached.clear()
        with suppress(_Complete):
            self.network(images)
        for layer in self.layers:
            if layer not in self._reached:
                raise UserError(f"the network never uses {layer}: choose another layer")

    def train(self, mode: bool = True) -> Self:
        """Let batch normalisation take its statistics from each batch, and nothing else change."""
        self.training = mode
        for module in self.network.modules():
            if isinstance(module, _BatchNorm):
                module.train(mode)
        return self

    def _reach(self, layer: str, _module: nn.Module, _inputs: object, output: object) -> None:
        if layer in self._reached:
            raise UserError(
                f"the network applies {layer} several times: choose a module around it, whose"
                " output is that of the last use"
            )
        if not isinstance(output, Tensor):
            raise UserError(
                f"the layer {layer} gives a {type(output).__name__}, not one tensor: choose a"
                " module within or around it"
            )
        self._reached.add(layer)
        if self.take is not None:
            self.take(layer, output)
        if len(self._reached) == len(self.layers):
            raise _Complete
