"""The networks: torchvision ResNets, with a stem for small images."""

from collections.abc import Mapping

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from trajectories.errors import UserError
from trajectories.networks import layers


class NarrowResNet(ResNet):  # type: ignore[misc]
    """A torchvision ResNet whose four stages have half their usual width.

    With one block a stage it trains several times as fast on a CPU as ResNet-18.
    """

    def _make_layer(
        self,
        block: type[BasicBlock | Bottleneck],
        planes: int,
        blocks: int,
        stride: int = 1,
        dilate: bool = False,
    ) -> nn.Sequential:
        stage: nn.Sequential = super()._make_layer(block, planes // 2, blocks, stride, dilate)
        return stage


def build_backbone(architecture: str, stem: str) -> nn.Module:
    """Untrained torchvision ResNet that ends in its pooled features.

    Parameters
    ----------
    architecture : str
        A torchvision name: "resnet18", …, "resnet152"; or "resnet10_narrow".
    stem : {"imagenet", "small"}
        "small" replaces the 7 × 7 stride-2 convolution and the max pooling by one 3 × 3
        convolution of stride 1, as is usual for images of 32 px (Chen et al. 2020, SimCLR,
        appendix B.9).

    Returns
    -------
    nn.Module
        (n, 3, height, width) → (n, features). Weights are drawn from torch's global generator.
    """
    network: nn.Module
    if architecture == "resnet10_narrow":
        network = NarrowResNet(BasicBlock, [1, 1, 1, 1])
    else:
        network = torchvision.models.get_model(architecture, weights=None)
    if stem == "small":
        network.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
        network.maxpool = nn.Identity()
    network.fc = nn.Identity()
    layers.refine(network)
    return network


def feature_count(architecture: str) -> int:
    """Number of pooled features (the width of the last stage)."""
    return {"resnet10_narrow": 256, "resnet18": 512, "resnet34": 512}.get(architecture, 2048)


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
            " to auto, or run the job where the device is"
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
