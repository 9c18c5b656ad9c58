"""AlexNet of torchvision (Krizhevsky 2014): convolutions with biases, no batch normalisation."""

from typing import TYPE_CHECKING

from trajectories.networks.description import INPUT, Network
from trajectories.networks.kinds.kind import Kind
from trajectories.networks.libraries import without_compiler

if TYPE_CHECKING:
    from torch import nn

# Convolutions: place in `features`, channels, kernel, stride, padding, and whether pooling follows.
_CONVOLUTIONS = (
    (0, 64, 11, 4, 2, True),
    (3, 192, 5, 1, 2, True),
    (6, 384, 3, 1, 1, False),
    (8, 256, 3, 1, 1, False),
    (10, 256, 3, 1, 1, True),
)
_POOLED = 6  # px: side of the output of `avgpool`, whatever the image
_SMALLEST = 63  # px: leaves one pixel behind the last max pooling


def describe(architecture: str, stem: str, image_size: int) -> Network:
    """Describe AlexNet for square images of this side in px, at least 63."""
    network = Network.of_images(image_size)
    last = INPUT
    for place, channels, kernel, stride, padding, pooled in _CONVOLUTIONS:
        last = network.convolution(
            f"features.{place}", last, channels, kernel, stride, padding, bias=True
        )
        last = network.add(f"features.{place + 1}", last)
        if pooled:
            last = network.pool(f"features.{place + 2}", last, kernel=3, stride=2)
    last = network.add("features", last)
    channels = network.modules[last].shape[0]
    network.add("avgpool", last, shape=(channels, _POOLED, _POOLED))
    return network


def build(architecture: str, stem: str) -> "nn.Module":
    """Build an untrained AlexNet that ends in the mean of `avgpool` over its positions.

    The classifier, with its dropout, is left out. Weights are drawn as torchvision draws those of
    ResNets and VGGs, by He's rule with biases of 0: with its own for AlexNet, biases outweigh the
    responses to an image, so that all images begin with nearly the same embedding.
    """
    import torch
    from torch import nn

    with torch.device("meta"):  # nor are the 59 million weights of the classifier drawn
        network: nn.Module = without_compiler.models().alexnet()
    # The network gives its classifier what is flat already.
    network.classifier = nn.Sequential(
        nn.Unflatten(1, (-1, _POOLED**2)), nn.AdaptiveAvgPool1d(1), nn.Flatten()
    )
    network.to_empty(device=torch.get_default_device())
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return network


KIND = Kind(
    architectures=("alexnet",),
    stems=("imagenet",),
    classifier="classifier",
    smallest_image=lambda stem: _SMALLEST,
    describe=describe,
    build=build,
)
