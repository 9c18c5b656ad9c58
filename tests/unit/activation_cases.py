"""Weights, and responses as forward hooks see them, for the tests of activations; no tests."""

import numpy as np
import torch
from torch import Tensor, nn

from trajectories.networks.backbone import build_backbone


def weights(seed: int, architecture: str = "resnet18", stem: str = "imagenet") -> dict[str, Tensor]:
    """Weights as after some training: no parameter or statistic at its starting value."""
    torch.manual_seed(seed)
    state = build_backbone(architecture, stem).state_dict()
    for name, tensor in state.items():
        if name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.1)
        elif "bn" in name and tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    return state


def hooked(network: nn.Module, layer: str, images: Tensor) -> np.ndarray:
    """Output of a layer while the whole network looks at the images."""
    seen = []
    # A copy, because what follows may work in place.
    hook = network.get_submodule(layer).register_forward_hook(
        lambda module, args, output: seen.append(output.clone())
    )
    with torch.no_grad():
        network.eval()(images)
    hook.remove()
    return seen[-1].numpy()
