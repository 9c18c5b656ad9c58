"""Residual networks of torchvision (He et al. 2016, Table 1), with stems for small images."""

from typing import TYPE_CHECKING

from trajectories.networks.description import INPUT, Network
from trajectories.networks.kinds.kind import Kind
from trajectories.networks.libraries import without_compiler

if TYPE_CHECKING:
    from torch import nn

# Kind of block, blocks in each stage, width of the first stage; each next one is twice as wide.
_ARCHITECTURES = {
    "resnet10_narrow": ("basic", (1, 1, 1, 1), 32),
    "resnet18": ("basic", (2, 2, 2, 2), 64),
    "resnet34": ("basic", (3, 4, 6, 3), 64),
    "resnet50": ("bottleneck", (3, 4, 6, 3), 64),
    "resnet101": ("bottleneck", (3, 4, 23, 3), 64),
    "resnet152": ("bottleneck", (3, 8, 36, 3), 64),
}

# Convolutions of a block: kernel, whether it takes the block's stride, width as a multiple.
_BLOCKS = {
    "basic": ((3, True, 1), (3, False, 1)),
    "bottleneck": ((1, False, 1), (3, True, 1), (1, False, 4)),
}

# Pixels of the image per pixel of the last stage, along one side.
_TOTAL_STRIDE = {"imagenet": 32, "stride2": 16, "small": 8}

# Kernel and stride of the first convolution, in px.
_FIRST = {"imagenet": (7, 2), "stride2": (3, 2), "small": (3, 1)}


def describe(architecture: str, stem: str, image_size: int) -> Network:
    """Describe a ResNet; parameters as of `build`, with the side of the image in px."""
    block, depths, width = _ARCHITECTURES[architecture]
    kernel, stride = _FIRST[stem]
    network = Network.of_images(image_size)
    last = network.convolution("conv1", INPUT, 64, kernel, stride, kernel // 2)
    last = network.batchnorm("bn1", last)
    last = network.add("relu", last)
    if stem == "imagenet":
        last = network.pool("maxpool", last, kernel=3, stride=2, padding=1)
    else:
        last = network.add("maxpool", last)
    for stage, depth in enumerate(depths):
        for index in range(depth):
            stride = 2 if stage > 0 and index == 0 else 1
            name = f"layer{stage + 1}.{index}"
            last = _block(network, name, block, last, width * 2**stage, stride)
        last = network.add(f"layer{stage + 1}", last)
    network.add("avgpool", last, shape=(network.modules[last].shape[0], 1, 1))
    return network


def _block(network: Network, name: str, block: str, entry: str, width: int, stride: int) -> str:
    """Add a residual block to `network`; gives its name."""
    last = shortcut = entry
    for number, (kernel, strided, multiple) in enumerate(_BLOCKS[block], start=1):
        step, channels = stride if strided else 1, width * multiple
        convolution = f"{name}.conv{number}"
        last = network.convolution(convolution, last, channels, kernel, step, kernel // 2)
        last = network.batchnorm(f"{name}.bn{number}", last)
    channels = network.modules[last].shape[0]
    if network.modules[last].shape != network.modules[entry].shape:
        shortcut = network.convolution(f"{name}.downsample.0", entry, channels, 1, stride, 0)
        shortcut = network.batchnorm(f"{name}.downsample.1", shortcut)
        shortcut = network.add(f"{name}.downsample", shortcut)
    last = network.add(f"{name}.relu", last, shortcut, repeated=True)
    return network.add(name, last)


def build(architecture: str, stem: str) -> "nn.Module":
    """Build an untrained ResNet that ends in its pooled features.

    Parameters
    ----------
    architecture : str
        A torchvision name: "resnet18", …, "resnet152"; or "resnet10_narrow", of which the four
        stages have one block and half their usual width: it trains several times as fast on a CPU
        as ResNet-18.
    stem : {"imagenet", "stride2", "small"}
        "small" replaces the 7 × 7 stride-2 convolution and the max pooling by one 3 × 3
        convolution of stride 1, as is usual for images of 32 px (Chen et al. 2020, SimCLR,
        appendix B.9). "stride2" replaces them by one 3 × 3 convolution of stride 2: all later
        feature maps have a quarter of the pixels, and a step takes about a quarter of the time.
    """
    from torch import nn

    narrow = architecture == "resnet10_narrow"
    network: nn.Module = _narrow() if narrow else without_compiler.models().get_model(architecture)
    if stem != "imagenet":
        kernel, stride = _FIRST[stem]
        network.conv1 = nn.Conv2d(3, 64, kernel, stride, padding=kernel // 2, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
        network.maxpool = nn.Identity()
    network.fc = nn.Identity()
    return network


def _narrow() -> "nn.Module":
    from torch import nn

    without_compiler.models()
    from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

    class NarrowResNet(ResNet):  # type: ignore[misc]
        """A torchvision ResNet whose four stages have half their usual width."""

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

    return NarrowResNet(BasicBlock, [1, 1, 1, 1])


KIND = Kind(
    architectures=tuple(_ARCHITECTURES),
    stems=("imagenet", "stride2", "small"),
    classifier="fc",
    smallest_image=_TOTAL_STRIDE.__getitem__,
    describe=describe,
    build=build,
)
