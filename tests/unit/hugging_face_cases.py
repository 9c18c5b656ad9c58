"""Hugging Face's vision transformer: the real one where it is installed, else a stand-in; no tests.

The stand-in has the names of transformers 5, at a small size, and computes something simple.
"""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

# As transformers 4 and 5 write them, behind `vit.` if the network has a classifier.
IN_FILES = (
    "embeddings.cls_token",
    "embeddings.position_embeddings",
    "embeddings.patch_embeddings.projection.weight",
    "encoder.layer.0.attention.attention.query.weight",
    "encoder.layer.1.attention.attention.value.bias",
    "encoder.layer.0.attention.output.dense.weight",
    "encoder.layer.1.intermediate.dense.weight",
    "encoder.layer.0.output.dense.bias",
    "encoder.layer.0.layernorm_before.weight",
    "layernorm.weight",
)


class ViTConfig(SimpleNamespace):
    """Sizes; those that are not given are small."""

    def __init__(self, image_size: int) -> None:
        super().__init__(image_size=image_size, patch_size=16, hidden_size=8, layers=2)


class Block(nn.Module):
    """One layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        parts = {f"{name}_proj": nn.Linear(width, width) for name in "qkvo"}
        self.attention, self.mlp = nn.ModuleDict(parts), nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, width), nn.Linear(width, width)
        self.layernorm_before = nn.LayerNorm(width)
        self.layernorm_after = nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """All weights take part."""
        found = self.layernorm_before(tokens)
        for part in self.attention.values():
            found = part(found)
        fed: Tensor = self.mlp.fc2(self.mlp.fc1(self.layernorm_after(tokens + found)))
        return tokens + found + fed


class ViTModel(nn.Module):
    """The network."""

    def __init__(self, config: ViTConfig, add_pooling_layer: bool = True) -> None:
        super().__init__()
        assert not add_pooling_layer
        self.config, width, side = config, config.hidden_size, config.patch_size
        self.embeddings: Any = nn.Module()
        self.embeddings.cls_token = nn.Parameter(torch.randn(1, 1, width))
        places = 1 + (config.image_size // side) ** 2
        self.embeddings.position_embeddings = nn.Parameter(torch.randn(1, places, width))
        self.embeddings.patch_embeddings = nn.Module()
        self.embeddings.patch_embeddings.projection = nn.Conv2d(3, width, side, side)
        self.layers = nn.Sequential(*(Block(width) for _ in range(config.layers)))
        self.layernorm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Any:
        """As transformers: no tensor, but an object that holds one."""
        patches = self.embeddings.patch_embeddings.projection(images).flatten(2).mT
        first = self.embeddings.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, patches], dim=1) + self.embeddings.position_embeddings
        return SimpleNamespace(last_hidden_state=self.layernorm(self.layers(tokens)))


def stand_in(patch: pytest.MonkeyPatch) -> None:
    """Let `import transformers` find the stand-in, unless it is installed."""
    try:
        import transformers  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        module: Any = ModuleType("transformers")
        module.ViTConfig, module.ViTModel = ViTConfig, ViTModel
        patch.setitem(sys.modules, "transformers", module)
