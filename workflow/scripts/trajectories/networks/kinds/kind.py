"""What a kind of network is: what each file beside this one declares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trajectories.networks.description import Network

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Kind:
    """Networks that are described and built in the same way.

    Attributes
    ----------
    architectures : tuple of str
        Names as in the config key `network.architecture`.
    stems : tuple of str
        Values of `network.stem` that they have.
    classifier : str
        Name of the module behind the backbone in a whole network, whose weights are left out.
    smallest_image : callable
        Stem → smallest side of an image, in px, of which all layers have an output.
    describe : callable
        Architecture, stem and image size in px → description. Without torch.
    build : callable
        Architecture and stem → untrained backbone, images (n, 3, height, width) → pooled features
        (n, features), with torch's layers and the names of the description. Weights are drawn from
        torch's global generator.
    """

    architectures: tuple[str, ...]
    stems: tuple[str, ...]
    classifier: str
    smallest_image: Callable[[str], int]
    describe: Callable[[str, str, int], Network]
    build: "Callable[[str, str], nn.Module]"
