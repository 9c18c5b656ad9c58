"""Networks built, and the devices on which they compute."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from trajectories.errors import UserError
from trajectories.networks import catalogue, layers


def build_backbone(architecture: str, stem: str, size: int | None = None) -> nn.Module:
    """Untrained network without its classifier.

    Parameters
    ----------
    architecture, stem : str
        As in the config.
    size : int, optional
        Side of the square images in px, from `catalogue.input_size`. It matters to networks of
        libraries that are built for images of one size, as vision transformers.

    Returns
    -------
    nn.Module
        (n, 3, height, width) → (n, features), but for networks of libraries, whose output may have
        another shape. Weights are drawn from torch's global generator.

    Raises
    ------
    UserError
        If there is no such network.
    """
    if not catalogue.trainable(architecture):
        library = catalogue.library(architecture)
        catalogue.require_stem(None, architecture, stem)
        return library.build(architecture, size).network
    kind = catalogue.find(architecture)
    catalogue.require_stem(kind, architecture, stem)
    network = kind.build(architecture, stem)
    layers.replace_layers(network)
    return network


def memory_format(architecture: str) -> torch.memory_format:
    """How weights lie in memory for extraction: our layers want channels last.

    Networks of libraries are left as they are, so that they compute as everywhere else.
    """
    native = catalogue.trainable(architecture)
    return torch.channels_last if native else torch.contiguous_format


def feature_count(architecture: str) -> int:
    """Number of pooled features, which is the same for all stems and sizes of images."""
    kind = catalogue.find(architecture)
    stem = kind.stems[0]
    return catalogue.describe(architecture, stem, kind.smallest_image(stem)).features


def pick_device(device: str) -> torch.device:
    """`torch.device` for "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".

    Raises
    ------
    UserError
        If it is a CUDA device that torch does not find on this machine.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    picked = torch.device(device)
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if picked.type == "cuda" and (picked.index or 0) >= found:
        raise UserError(
            f"the device is {device}, but torch finds {found or 'no'} CUDA"
            f" device{'' if found == 1 else 's'} on this machine: set config key `compute.device`"
            " to auto, or run the job on a machine that has it"
        )
    return picked


def exact_arithmetic() -> None:
    """Full fp32 on CUDA, and the same bits each time.

    By default cuDNN rounds the factors of convolutions to TF32 on devices that have it, which the
    published runs did not, and which would round the late, small changes of an RDM away.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def to_cpu(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Detached contiguous copy of a state dict in main memory."""
    return {
        name: tensor.detach().to("cpu", memory_format=torch.contiguous_format, copy=True)
        for name, tensor in state.items()
    }
