"""The networks without torch: modules, output shapes and sizes of torchvision ResNets.

What the workflow must know of a network before any job, in a process that need not have torch.
The layout is that of He et al. (2016), Table 1, as torchvision builds it.
"""

from dataclasses import dataclass, field
from math import prod

Shape = tuple[int, int, int]  # channels, height, width

# Kind of block, blocks in each stage, width of the first stage; each next one is twice as wide.
ARCHITECTURES = {
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
_TOTAL_STRIDE = {"imagenet": 32, "small": 8}

_FLOAT = 4  # bytes
_COUNTER = 8  # bytes: batch normalisation counts its batches in an int64


@dataclass
class Network:
    """A backbone, without the final fully connected layer.

    Attributes
    ----------
    shapes : dict
        Output shape of each module for one image, by the module's torchvision name. A module
        that a block calls several times (`relu`) has the shape of the last call.
    parameters : int
        Number of parameters.
    statistics : int
        Number of running means and variances of batch normalisation.
    counters : int
        Number of batch counters, one for each batch normalisation.
    multiply_adds : dict
        Multiply-adds of each convolution for one image; all else is small beside them.
    """

    shapes: dict[str, Shape] = field(default_factory=dict)
    parameters: int = 0
    statistics: int = 0
    counters: int = 0
    multiply_adds: dict[str, int] = field(default_factory=dict)

    @property
    def features(self) -> int:
        """Number of pooled features."""
        return self.shapes["avgpool"][0]

    @property
    def checkpoint_bytes(self) -> int:
        """Size of the tensors of a checkpoint: the backbone's parameters and buffers."""
        return _FLOAT * (self.parameters + self.statistics) + _COUNTER * self.counters

    @property
    def forward_multiply_adds(self) -> int:
        """Multiply-adds of a forward pass of one image."""
        return sum(self.multiply_adds.values())

    @property
    def backward_multiply_adds(self) -> int:
        """Multiply-adds of a backward pass of one image.

        Two products for each of the forward pass, save that the first convolution needs no
        gradient of its input.
        """
        return 2 * self.forward_multiply_adds - next(iter(self.multiply_adds.values()))

    def units(self, layer: str) -> int:
        """Number of activations of a layer for one image."""
        return prod(self.shapes[layer])


def smallest_image(stem: str) -> int:
    """Smallest side of an image, in pixels, that gives the last stage a pixel of its own."""
    return _TOTAL_STRIDE[stem]


def describe(architecture: str, stem: str, image_size: int) -> Network:
    """Describe a torchvision ResNet.

    Parameters
    ----------
    architecture : {"resnet10_narrow", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}
    stem : {"imagenet", "small"}
        "small" is one 3 × 3 convolution of stride 1; its `maxpool` does nothing.
    image_size : int
        Side of the square input in pixels, at least `smallest_image(stem)`.

    Raises
    ------
    KeyError
        If the architecture or the stem is none of these.
    """
    block, depths, width = ARCHITECTURES[architecture]
    network = Network()
    shape: Shape = (3, image_size, image_size)
    kernel, stride = {"imagenet": (7, 2), "small": (3, 1)}[stem]
    shape = _convolution(network, "conv1", "bn1", shape, 64, kernel, stride)
    network.shapes["relu"] = shape
    if stem == "imagenet":
        shape = (64, _side(shape[1], 3, 2), _side(shape[2], 3, 2))
    network.shapes["maxpool"] = shape
    for stage, depth in enumerate(depths):
        for index in range(depth):
            stride = 2 if stage > 0 and index == 0 else 1
            name = f"layer{stage + 1}.{index}"
            shape = _block(network, name, block, shape, width * 2**stage, stride)
        network.shapes[f"layer{stage + 1}"] = shape
    network.shapes["avgpool"] = (shape[0], 1, 1)
    return network


def _block(network: Network, name: str, block: str, entry: Shape, width: int, stride: int) -> Shape:
    """Add a residual block to `network`; gives its output shape."""
    shape = entry
    for number, (kernel, strided, multiple) in enumerate(_BLOCKS[block], start=1):
        convolution, norm = f"{name}.conv{number}", f"{name}.bn{number}"
        step = stride if strided else 1
        shape = _convolution(network, convolution, norm, shape, width * multiple, kernel, step)
    if shape != entry:
        convolution, norm = f"{name}.downsample.0", f"{name}.downsample.1"
        _convolution(network, convolution, norm, entry, shape[0], 1, stride)
        network.shapes[f"{name}.downsample"] = shape
    network.shapes[f"{name}.relu"] = network.shapes[name] = shape
    return shape


def _convolution(
    network: Network, name: str, norm: str, entry: Shape, channels: int, kernel: int, stride: int
) -> Shape:
    """Add a convolution without bias and its batch normalisation; gives their output shape."""
    shape = (channels, _side(entry[1], kernel, stride), _side(entry[2], kernel, stride))
    network.shapes[name] = network.shapes[norm] = shape
    weights = channels * entry[0] * kernel**2
    taps = _taps(entry[1], shape[1], kernel) * _taps(entry[2], shape[2], kernel)
    network.multiply_adds[name] = channels * entry[0] * taps * shape[1] * shape[2]
    network.parameters += weights + 2 * channels
    network.statistics += 2 * channels
    network.counters += 1
    return shape


def _side(side: int, kernel: int, stride: int) -> int:
    """Output side of a convolution or pooling with a padding of half its kernel."""
    return (side + 2 * (kernel // 2) - kernel) // stride + 1


def _taps(side: int, output_side: int, kernel: int) -> int:
    """Values of a kernel, along one side, that meet more than padding: others are left out."""
    return min(side, kernel - kernel // 2) if output_side == 1 else kernel
