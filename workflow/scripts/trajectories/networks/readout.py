"""What is kept of a layer's output: all of it, or some of its tokens or positions.

Shapes are worked out without torch, and outputs cut with it, by the same rules.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from trajectories.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from trajectories.networks.description import Shape

TOKENS = ("all", "cls", "mean", "patches", "cls+mean")
MAPS = ("all", "mean", "centre")


@dataclass(frozen=True)
class Tokens:
    """The tokens of a network, as the network itself says.

    Attributes
    ----------
    prefix : int or None
        Tokens before those of the patches: class token and registers. None where the network does
        not say.
    class_token : bool
        Whether the first of them is a class token.
    patches : int or None
        Patches of an image. None where the network does not say.
    """

    prefix: int | None = None
    class_token: bool = False
    patches: int | None = None

    @classmethod
    def of(cls, network: Any) -> Self:
        """What a network says: by the attributes of timm's networks, or of torchvision's ViT.

        These are `num_prefix_tokens`, `cls_token` and `patch_embed.num_patches` or `num_patches`;
        `class_token`, `image_size` and `patch_size`.
        """
        prefix = getattr(network, "num_prefix_tokens", None)
        patches = getattr(getattr(network, "patch_embed", network), "num_patches", None)
        own = getattr(network, "class_token", None)
        side, patch = (getattr(network, name, None) for name in ("image_size", "patch_size"))
        if prefix is None and own is not None and isinstance(side, int) and isinstance(patch, int):
            return cls(1, True, (side // patch) ** 2)
        has_class = getattr(network, "cls_token", None) is not None
        return cls(prefix, prefix is not None and prefix > 0 and has_class, patches)


@dataclass(frozen=True)
class Readout:
    """What is kept of outputs.

    Attributes
    ----------
    tokens : str
        Of `TOKENS`, for outputs of shape (n, tokens, channels).
    maps : str
        Of `MAPS`, for feature maps (n, channels, side, side) or (n, side, side, channels).
    of : Tokens
        Tokens of the network.
    """

    tokens: str = "all"
    maps: str = "all"
    of: Tokens = Tokens()

    def within(self, of: Tokens) -> Self:
        """The same of a network with these tokens."""
        return replace(self, of=of)

    def shape(self, layer: str, shape: "Shape") -> "Shape":
        """Shape of what is kept of an output of this shape, for one image.

        Raises
        ------
        UserError
            If the output has no such tokens, or not these axes.
        """
        if len(shape) == 2 and self.tokens != "all":
            first = self._prefix(layer, shape[0])
            kept = {
                "cls": (shape[1],),
                "mean": (shape[1],),
                "patches": (shape[0] - first, shape[1]),
                "cls+mean": (2 * shape[1],),
            }
            return kept[self.tokens]
        if len(shape) == 3 and self.maps != "all":
            return (shape[_channel_axis(layer, shape)],)
        return shape

    def __call__(self, layer: str, output: "Tensor") -> "Tensor":
        """What is kept of an output (n, …).

        Raises
        ------
        UserError
            As `shape`.
        """
        shape = tuple(output.shape[1:])
        if len(shape) == 2 and self.tokens != "all":
            first = self._prefix(layer, shape[0])
            patches = output[:, first:]
            if self.tokens == "patches":
                return patches
            if self.tokens == "cls":
                return output[:, 0]
            mean = patches.mean(dim=1)
            if self.tokens == "mean":
                return mean
            return _beside(output[:, 0], mean)
        if len(shape) == 3 and self.maps != "all":
            channels_last = output.movedim(1 + _channel_axis(layer, shape), -1)
            if self.maps == "mean":
                return channels_last.mean(dim=(1, 2))
            side = channels_last.shape[1]
            return channels_last[:, side // 2, side // 2]
        return output

    def _prefix(self, layer: str, tokens: int) -> int:
        """Number of tokens before the patches in the output of a layer."""
        prefix, patches = self.of.prefix, self.of.patches
        key = f"config key `activations.tokens` is {self.tokens}"
        if prefix is None or patches is None:
            raise UserError(
                f"{key}, but the network of the layer {layer} does not say how many of its tokens"
                " precede those of the patches: write all, or give the network the attributes"
                " `num_prefix_tokens` and `num_patches`"
            )
        here = {prefix + patches: prefix, patches: 0}.get(tokens)
        if here is None:
            raise UserError(
                f"{key}, but the {tokens} tokens of the layer {layer} are not {prefix} and those of"
                f" {patches} patches: write all, or choose another layer"
            )
        if "cls" in self.tokens and not (self.of.class_token and here):
            raise UserError(
                f"{key}, but the layer {layer} has no class token: write mean, patches or all, or"
                " choose another layer"
            )
        return here


def _beside(one: "Tensor", other: "Tensor") -> "Tensor":
    import torch

    return torch.cat([one, other], dim=1)


def _channel_axis(layer: str, shape: "Shape") -> int:
    """The axis of the channels: the images are square, and so are their maps.

    Raises
    ------
    UserError
        If two axes of the same length do not tell.
    """
    first, middle, last = shape
    if middle == last != first:
        return 0
    if first == middle != last:
        return 2
    fault = (
        "which does not tell channels from positions"
        if first == middle
        else "which is no square map"
    )
    raise UserError(
        f"config key `activations.maps` is not all, but the output of the layer {layer} has the"
        f" shape {first} × {middle} × {last}, which {fault}: write all, or choose another layer"
    )
