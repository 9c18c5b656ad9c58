"""Weights that can be those of a network that learns, and values that cannot."""

from collections.abc import Mapping

import torch
from torch import Tensor

# Far beyond what training reaches, and far below what makes float32 overflow.
MOST_WEIGHT = 1e6
MOST_STATISTIC = 1e15  # of what batch normalisation has seen, of inputs in any unit
LEAST_WEIGHT = 1e-12  # of the largest of a layer: below it is nothing


def fault(name: str, weight: Tensor) -> str | None:
    """Why a tensor cannot be a weight of that name, in words that follow "that"; None if it can.

    Scales and biases may all be equal: batch normalisation starts at 1 and 0, in some networks with
    scales of 0. Kernels and matrices are drawn at random and never are.

    Parameters
    ----------
    name : str
        As in a state dict, such as "layer1.0.bn1.running_var".
    weight : Tensor
        As it was saved.
    """
    if name.endswith("num_batches_tracked"):
        return None
    if weight.layout != torch.strided or weight.device.type != "cpu":
        return "are sparse, or without values"
    if not weight.is_floating_point():
        kind = str(weight.dtype).removeprefix("torch.")
        return f"are {kind}, not floating-point numbers (quantised?)"
    values = weight.detach().float()
    if not values.isfinite().all():
        return "are not finite, as where training diverged"
    largest = float(values.abs().max()) if values.numel() else 0.0
    if largest > (MOST_STATISTIC if "running_" in name else MOST_WEIGHT):
        return f"are as large as {largest:.3g}, as where training diverged"
    if name.endswith("running_var"):
        if (values < 0).any():
            return f"are negative variances, such as {float(values.min()):.3g}"
        return "are variances of 0 throughout" if largest == 0 else None
    return _of_kernel(values, largest) if values.ndim > 1 and values.numel() > 1 else None


def _of_kernel(values: Tensor, largest: float) -> str | None:
    if largest < LEAST_WEIGHT:
        return "are 0 throughout" if largest == 0 else f"are at most {largest:.3g}"
    if values.max() == values.min():
        return f"are {float(values.max()):.3g} throughout"
    if (values == values.round()).all():
        return "are whole numbers throughout (quantised?)"
    return None


def faults(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """Names of tensors that cannot be weights, with the reason."""
    return {name: found for name, weight in weights.items() if (found := fault(name, weight))}
