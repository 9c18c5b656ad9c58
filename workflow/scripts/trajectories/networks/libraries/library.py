"""What a library of networks is: what each file beside this one declares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_LONGEST = 200  # characters


@dataclass(frozen=True)
class Built:
    """A network that a library has built.

    Attributes
    ----------
    network : nn.Module
        Untrained, without its last layer; images (n, 3, size, size) are what it takes.
    heads : tuple of str
        Names of the modules of the whole network that are left out.
    preprocessing : mapping
        What the library says of the images that the network takes: `size` in px; `resize`, in px,
        of the shorter side before the central square of `size` is cut, or "whole" for a picture
        that is squeezed to the square; `interpolation`; `mean` and `sd` of each channel.
    """

    network: "nn.Module"
    heads: tuple[str, ...]
    preprocessing: Mapping[str, Any]


def in_one_line(error: Exception) -> str:
    """Kind and words of an error of other code, which may be long."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:_LONGEST]}" if words else type(error).__name__


@dataclass(frozen=True)
class Library:
    """Networks that are named and built in the same way.

    Attributes
    ----------
    title : str
        Where they come from, for messages.
    packages : tuple of str
        Packages whose versions decide what a network is.
    has : callable
        Architecture, as in the config → whether it is named as those of this library. No torch.
    files : callable
        Architecture → files of the user's that define it. Without torch.
    build : callable
        Architecture and size of images in px (None for the network's own) → `Built`. Weights are
        drawn from torch's global generator. Raises UserError if there is no such network.
    """

    title: str
    packages: tuple[str, ...]
    has: Callable[[str], bool]
    files: Callable[[str], list[Any]]
    build: Callable[[str, int | None], Built]
