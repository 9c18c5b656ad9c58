"""Small networks of one's own that misbehave as layers can, for tests; no tests."""

from pathlib import Path

import torch
from torch import Tensor, nn

# A module that a user might put beside the config.
OWN = """
import torch
from torch import nn
from torchvision.models import ConvNeXt, VisionTransformer
from torchvision.models.convnext import CNBlockConfig


def vit(image_size=32):
    network = VisionTransformer(
        image_size=image_size, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    )
    network.heads = nn.Identity()
    # Torchvision begins with zeros, which tell no images apart.
    nn.init.normal_(network.encoder.pos_embedding, std=0.02)
    return network


def convnext():
    blocks = [CNBlockConfig(12, 16, 1), CNBlockConfig(16, None, 1)]
    network = ConvNeXt(blocks, layer_scale=1.0)
    network.classifier = nn.Identity()
    return network


def no_network():
    return 3


def broken():
    raise ValueError("no such width")
"""


class Odd(nn.Module):
    """A network with a layer of each kind that cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = nn.AvgPool2d(1)
        self.first = nn.Conv2d(3, 4, 4, stride=4)
        self.again = nn.ReLU()
        self.pair = Pair()
        self.unused = nn.Linear(4, 4)
        self.tokens_first = TokensFirst()
        self.last = nn.Linear(4, 5)

    def forward(self, images: Tensor) -> Tensor:
        found = self.again(self.first(self.normalise(images)))
        found, _ = self.pair(self.again(found))
        found = self.tokens_first(found.flatten(2)).mean(dim=0)
        last: Tensor = self.last(found)
        return last


class Pair(nn.Module):
    """Gives two tensors."""

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return images, images.mean(dim=1)


class TokensFirst(nn.Module):
    """Gives tokens, images, channels."""

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.permute(2, 0, 1)


def odd() -> nn.Module:
    """The network with odd layers, always the same."""
    torch.manual_seed(1)
    return Odd()


def write_own(folder: Path) -> Path:
    """Write the module `mine.py`."""
    path = folder / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    return path
