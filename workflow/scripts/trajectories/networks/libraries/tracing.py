"""What torch finds out about a network: its layers, from forward passes of nothing but shapes.

Run as a module, it writes a description as JSON, for `described`, which does without torch.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.libraries.described import versions
from trajectories.networks.libraries.library import Built, in_one_line
from trajectories.networks.readout import Tokens

_IMAGES = 2  # so that the axis of the images can be told from others


def describe(architecture: str, size: int | None) -> dict[str, Any]:
    """Describe a network of a library, as plain values.

    Parameters
    ----------
    architecture : str
    size : int or None
        Side of the square images in px; None for the network's own.

    Raises
    ------
    UserError
        If there is no such network, or it takes no images of this size.
    """
    library = catalogue.library(architecture)
    try:
        # Without memory or time for weights; some networks compute with them when they are built.
        with torch.device("meta"):
            built = library.build(architecture, size)
            calls = _traced(built, size)
    except (RuntimeError, UserError):
        built = library.build(architecture, size)
        try:
            calls = _traced(built, size)
        except Exception as error:
            side = size or built.preprocessing["size"]
            raise UserError(
                f"{architecture} takes no images of {side} × {side} pixels"
                f" ({in_one_line(error)}): correct `network.preprocessing.size`, or the network"
            ) from error
    network, tokens = built.network, Tokens.of(built.network)
    names = [name for name, _ in network.named_parameters()]
    place = {name: index for index, name in enumerate(names)}
    state = network.state_dict()
    return {
        "versions": versions(library.packages),
        "size": size or built.preprocessing["size"],
        "preprocessing": dict(built.preprocessing),
        "tokens": [tokens.prefix, tokens.class_token, tokens.patches],
        "batchnorm": any(isinstance(module, _BatchNorm) for module in network.modules()),
        "checkpoint_bytes": sum(tensor.nbytes for tensor in state.values()),
        "weights": names,
        "layers": {
            name: {**call, "weights": sorted(place[each] for each in call["weights"])}
            for name, call in calls.items()
        },
    }


def _traced(built: Built, size: int | None) -> dict[str, dict[str, Any]]:
    """What the hooks of all modules see in one forward pass."""
    # So that the graph shows frozen weights as well.
    network = built.network.eval().requires_grad_(True)
    side = size or built.preprocessing["size"]
    layers = {name: module for name, module in network.named_modules() if name}
    calls: dict[str, dict[str, Any]] = {
        name: {"calls": 0, "shape": None, "weights": set()} for name in layers
    }
    names = {id(weight): name for name, weight in network.named_parameters()}
    depends: dict[Any, frozenset[str]] = {}

    def watch(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            call = calls[name]
            call["calls"] += 1
            call["shape"] = None
            call["kind"] = type(output).__name__
            if isinstance(output, Tensor):
                call["shape"] = list(output.shape[1:]) if len(output) == _IMAGES else None
                call["kind"] = "Tensor"
                call["weights"] = _weights_behind(output.grad_fn, names, depends)

        return hook

    hooks = [module.register_forward_hook(watch(name)) for name, module in layers.items()]
    weight = next(network.parameters(), None)
    device = None if weight is None else weight.device
    try:
        with torch.enable_grad():
            network(torch.zeros(_IMAGES, 3, side, side, device=device))
    finally:
        for each in hooks:
            each.remove()
    return calls


def _weights_behind(
    start: Any, names: Mapping[int, str], known: dict[Any, frozenset[str]]
) -> frozenset[str]:
    """Names of the weights that a node of autograd's graph depends on."""
    todo = [start]
    while todo:
        node = todo[-1]
        if node is None or node in known:
            todo.pop()
            continue
        before = [each for each, _ in node.next_functions if each is not None]
        missing = [each for each in before if each not in known]
        if missing:
            todo += missing
            continue
        found = frozenset().union(*(known[each] for each in before))
        variable = getattr(node, "variable", None)
        if variable is not None and id(variable) in names:
            found |= {names[id(variable)]}
        known[node] = found
        todo.pop()
    return known.get(start, frozenset())


def main(arguments: list[str]) -> None:
    """Write the description of architecture and size (0 for its own) to a file."""
    architecture, size, output = arguments
    try:
        content: dict[str, Any] = describe(architecture, int(size) or None)
    except UserError as error:
        content = {"error": str(error)}
    # Whole or not at all: the reader looks for the end.
    Path(output).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
