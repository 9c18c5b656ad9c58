"""Layouts of files that are known by their names, and what to write in the config to read them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

# Modules beside a network, by the names that published code gives them: heads, decoders, queues.
_BESIDE = """
classifier fc head heads linear linear_probe online_classifier momentum_classifier
projector projection_head momentum_projector predictor prediction_head prototypes
dino_head ibot_head
decoder_blocks decoder_embed decoder_norm decoder_pos_embed decoder_pred mask_token
queue queue_ptr n_averaged
"""
BESIDE = frozenset(_BESIDE.split())

# Widths of the usual vision transformers.
_SIZES = {192: "tiny", 384: "small", 768: "base", 1024: "large", 1280: "huge"}

_OWN = (
    "write a function that builds the network, as in docs/checkpoints.md, and name it by"
    " `network.architecture: <module>:<function>`"
)


@dataclass(frozen=True)
class Family:
    """A layout.

    Attributes
    ----------
    title : str
        Whose names they are, as in "they are named as in …".
    tells : tuple of str
        Ends of names, all of which such a file has.
    advice : str
        What to write in the config.
    """

    title: str
    tells: tuple[str, ...]
    advice: str


FAMILIES = (
    Family(
        "OpenCLIP's own vision transformer",
        ("visual.transformer.resblocks.0.ln_1.weight",),
        f"{_OWN} (here open_clip.create_model(…).visual)",
    ),
    Family(
        "OpenCLIP's own ResNet, which has another stem and attention instead of pooling",
        ("visual.attnpool.q_proj.weight",),
        f"{_OWN} (here open_clip.create_model(…).visual)",
    ),
    Family(
        "Hugging Face's transformers",
        ("embeddings.patch_embeddings.projection.weight",),
        f"{_OWN} (here transformers.AutoModel.from_config(…))",
    ),
    Family(
        "Hugging Face's transformers",
        ("embedder.embedder.convolution.weight",),
        f"{_OWN} (here transformers.AutoModel.from_config(…))",
    ),
    Family(
        "timm's vision transformers, which DINO, MAE and MoCo v3 use",
        ("patch_embed.proj.weight", "blocks.0.attn.qkv.weight"),
        "set `network.architecture` to timm:vit_{size}_patch{patch}_224, or another of timm",
    ),
    Family(
        "timm's ConvNeXt",
        ("stages.0.blocks.0.conv_dw.weight",),
        "set `network.architecture` to timm:convnext_tiny, or another of timm",
    ),
    Family(
        "timm's Swin",
        ("layers.0.blocks.0.attn.relative_position_bias_table",),
        "set `network.architecture` to timm:swin_tiny_patch4_window7_224, or another of timm",
    ),
    Family(
        "torchvision's vision transformers",
        ("encoder.layers.encoder_layer_0.ln_1.weight",),
        "set `network.architecture` to vit_b_16, or another of torchvision",
    ),
    Family(
        "torchvision's ResNets",
        ("layer1.0.conv1.weight",),
        "set `network.architecture` to resnet50, or another ResNet",
    ),
    Family(
        "a ResNet whose modules are numbered by nn.Sequential, as lightly's",
        ("0.weight", "4.0.conv1.weight"),
        "set `network.architecture` to resnet50, or another ResNet",
    ),
)


def recognised(state: Mapping[str, Any]) -> Family | None:
    """The layout of a state dict, with what it says of the size in the advice."""
    for family in FAMILIES:
        if all(_ending(state, tell) for tell in family.tells):
            patch = state.get(_ending(state, "patch_embed.proj.weight"))
            words = {"size": "base", "patch": "16"}
            if isinstance(patch, Tensor) and patch.ndim == 4:
                words = {
                    "size": _SIZES.get(patch.shape[0], "base"),
                    "patch": str(patch.shape[-1]),
                }
            advice = family.advice.format_map(words)
            return Family(family.title, family.tells, advice)
    return None


def _ending(names: Collection[str], end: str) -> str:
    """The first name that is `end`, behind any prefix; "" if there is none."""
    return next((name for name in names if name == end or name.endswith(f".{end}")), "")
