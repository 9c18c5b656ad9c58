"""The networks that there are, without torch.

Those of `KINDS` are described without it, and can be trained here: each an entry here and a file in
`kinds`. Those of `LIBRARIES` are described by torch, and read from checkpoints.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from trajectories.errors import UserError
from trajectories.networks.description import Network
from trajectories.networks.kinds import alexnet, resnet
from trajectories.networks.kinds.kind import Kind
from trajectories.networks.libraries import described, own, timm, torchvision
from trajectories.networks.libraries.library import Library

KINDS: tuple[Kind, ...] = (resnet.KIND, alexnet.KIND)

ARCHITECTURES = tuple(name for kind in KINDS for name in kind.architectures)
"""Names of the networks that can be trained here."""

# What is named by a prefix comes first.
LIBRARIES: tuple[Library, ...] = (torchvision.LIBRARY, timm.LIBRARY, own.LIBRARY)


def find(architecture: str) -> Kind:
    """The kind of a network that can be trained here.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    for kind in KINDS:
        if architecture in kind.architectures:
            return kind
    raise UserError(f"there is no network {architecture}: choose among {', '.join(ARCHITECTURES)}")


def library(architecture: str) -> Library:
    """Where a network comes from that is not of `KINDS`.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    for each in LIBRARIES:
        if each.has(architecture):
            return each
    names = [*ARCHITECTURES, *torchvision.NAMES]
    close = difflib.get_close_matches(architecture, names, 3)
    hint = f"did you mean {' or '.join(close)}? Other" if close else "other"
    raise UserError(
        f"there is no network {architecture}: {hint} names are those of torchvision"
        f" ({', '.join(ARCHITECTURES)}, vgg16, vit_b_16, …), `timm:<name>` and"
        " `<module>:<function>`"
    )


def trainable(architecture: str) -> bool:
    """Whether it is a network of `KINDS`."""
    return architecture in ARCHITECTURES


def input_size(
    architecture: str, image_size: int, preprocessing: Mapping[str, Any] | None
) -> int | None:
    """Side in px of the images that a network is built for; None for that which its library says.

    Parameters
    ----------
    architecture : str
    image_size : int
        As in the config.
    preprocessing : mapping or None
        `network.preprocessing` as in the config.
    """
    # A recipe states only what is not null.
    size = (preprocessing or {}).get("size")
    if size is not None:
        return int(size)
    if trainable(architecture) or library(architecture) is own.LIBRARY:
        return image_size
    return None


@cache
def describe(architecture: str, stem: str, image_size: int | None) -> Network:
    """Describe a network.

    Parameters
    ----------
    architecture : str
    stem : str
        One of the stems of its kind; "imagenet" of a network of a library.
    image_size : int or None
        Side of the square input in px, from `input_size`; of a network of `KINDS` at least
        `smallest_image(stem)` of its kind.

    Raises
    ------
    UserError
        If there is no such network.
    """
    if not trainable(architecture):
        source = library(architecture)
        require_stem(None, architecture, stem)
        return described.describe(architecture, image_size, source)
    kind = find(architecture)
    require_stem(kind, architecture, stem)
    return kind.describe(architecture, stem, image_size or kind.smallest_image(stem))


def require_stem(
    kind: Kind | None, architecture: str, stem: str, key: str = "network.stem"
) -> None:
    """Refuse a stem that a network has not; those of libraries (`kind` None) have none but theirs.

    Raises
    ------
    UserError
        Naming the key of the config.
    """
    stems = ("imagenet",) if kind is None else kind.stems
    if stem not in stems:
        raise UserError(
            f"config key `{key}` is {stem}, which {architecture} does not have: write"
            f" {' or '.join(stems)}"
        )
