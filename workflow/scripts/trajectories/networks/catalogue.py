"""The kinds of networks that there are, without torch: each an entry here and a file in `kinds`."""

from functools import cache

from trajectories.errors import UserError
from trajectories.networks.description import Network
from trajectories.networks.kinds import alexnet, resnet
from trajectories.networks.kinds.kind import Kind

KINDS: tuple[Kind, ...] = (resnet.KIND, alexnet.KIND)

ARCHITECTURES = tuple(name for kind in KINDS for name in kind.architectures)
"""Names of all networks."""


def find(architecture: str) -> Kind:
    """The kind of a network.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    for kind in KINDS:
        if architecture in kind.architectures:
            return kind
    raise UserError(f"there is no network {architecture}: choose among {', '.join(ARCHITECTURES)}")


@cache
def describe(architecture: str, stem: str, image_size: int) -> Network:
    """Describe a network.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`.
    stem : str
        One of the stems of its kind.
    image_size : int
        Side of the square input in px, at least `smallest_image(stem)` of its kind.

    Raises
    ------
    UserError
        If there is no such network.
    """
    kind = find(architecture)
    require_stem(kind, architecture, stem)
    return kind.describe(architecture, stem, image_size)


def require_stem(kind: Kind, architecture: str, stem: str, key: str = "network.stem") -> None:
    """Refuse a stem that a network has not.

    Raises
    ------
    UserError
        Naming the key of the config.
    """
    if stem not in kind.stems:
        raise UserError(
            f"config key `{key}` is {stem}, which {architecture} does not have: write"
            f" {' or '.join(kind.stems)}"
        )
