"""Which weights of a file are those of a network: where they lie, and by what prefix."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.backbone import build_backbone
from trajectories.networks.files import families, states
from trajectories.networks.libraries import own

_BLOCK = "of the condition's `checkpoints`"


@dataclass(frozen=True)
class Expected:
    """What a file must hold for a network.

    Attributes
    ----------
    architecture : str
    heads : tuple of str
        The modules of a whole network that are left out: its classifier.
    weights : dict of str to Tensor
        Names, shapes and number formats of the backbone's weights, as a state dict.
    modules : tuple of str
        Its modules, in the order in which `nn.Sequential(*network.children())` numbers them.
    names_in_files : mapping of str to str
        Parts of the network's names, and what files have in their place.
    """

    architecture: str
    heads: tuple[str, ...]
    weights: dict[str, Tensor]
    modules: tuple[str, ...] = ()
    names_in_files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, architecture: str, stem: str, size: int | None = None) -> Self:
        """What a file must hold for this network, built for images of this size.

        Raises
        ------
        UserError
            If `names_in_files` of a network of the user's own is no mapping of texts.
        """
        in_files: Mapping[str, str] = {}
        if catalogue.trainable(architecture):
            network = build_backbone(architecture, stem)
            heads: tuple[str, ...] = (catalogue.find(architecture).classifier,)
        else:
            built = catalogue.library(architecture).build(architecture, size)
            network, heads = built.network, built.heads
            in_files = _names_in_files(network, architecture)
        modules = tuple(name for name, _ in network.named_children())
        return cls(architecture, heads, network.state_dict(), modules, in_files)

    @property
    def landmarks(self) -> list[str]:
        """Names by which a network is found in a file: the weights of its first convolutions.

        Of networks that have fewer than two, their first weights that are no vectors; of one that
        has none of these, its first weights.
        """
        convolutions = [name for name, weight in self.weights.items() if weight.ndim == 4]
        if len(convolutions) > 1:
            return convolutions[:2]
        matrices = [name for name, weight in self.weights.items() if weight.ndim > 1]
        return (matrices or list(self.weights))[:2]

    @property
    def of_the_users(self) -> bool:
        """Whether a function of the user's builds the network."""
        name = self.architecture
        return not catalogue.trainable(name) and catalogue.library(name) is own.LIBRARY

    @property
    def marks(self) -> list[str]:
        """The landmarks as files name them."""
        return [self.in_file(name) for name in self.landmarks]

    @property
    def origin(self) -> str:
        """The network as its library calls it."""
        named = ":" in self.architecture
        return self.architecture if named else f"torchvision's {self.architecture}"

    def in_file(self, name: str) -> str:
        """The name of a weight of the network in files."""
        for part, there in self.names_in_files.items():
            name = name.replace(part, there)
        return name

    def numbered(self, name: str) -> str:
        """A name as nn.Sequential numbers it: "4.0.conv1.weight" for "layer1.0.conv1.weight"."""
        module, dot, rest = name.partition(".")
        known = dot and module in self.modules
        return f"{self.modules.index(module)}.{rest}" if known else name


@dataclass(frozen=True)
class Match:
    """Where the weights of a network lie in a file.

    Attributes
    ----------
    key : str
        Path of the state dict inside the file; "" for the file itself.
    prefix : str
        What stands before the names, such as "module.encoder_q.".
    numbered : bool
        Whether modules are numbered, as by nn.Sequential, instead of named.
    """

    key: str
    prefix: str
    numbered: bool = False


def match(
    found: Mapping[str, Mapping[str, Any]],
    expected: Expected,
    path: Path,
    *,
    key: str | None = None,
    prefix: str | None = None,
) -> Match:
    """The one place of the network in a file.

    Parameters
    ----------
    found : mapping of str to mapping
        From `states.states`.
    expected : Expected
    path : Path
        The file, for messages.
    key : str, optional
        Path inside the file at which, or below which, the state dict lies.
    prefix : str, optional

    Raises
    ------
    UserError
        If there is no such network, or more than one: which one is asked for, never guessed. Of a
        query encoder beside a key encoder, the query encoder is meant.
    """
    inside = list(found) if key is None else states.within(found, key)
    if not inside:
        there = " or ".join(f'"{each}"' for each in found if each)
        choice = f"to {there}" if there else "to null, as it is one itself"
        raise UserError(
            f"{path} has no weights under {key}: set `key` {_BLOCK} {choice}"
            if found
            else f"{path} has no weights at all: name files of trained networks"
        )
    matches = [each for place in inside for each in matches_in(found[place], expected, place)]
    if prefix is not None:
        prefix = states.plain(prefix)
        chosen = [each for each in matches if each.prefix == prefix]
        if not chosen:
            others = {each.prefix: None for each in matches}
            raise UserError(
                f"{path} has no `{prefix}{expected.marks[0]}`: set `prefix` {_BLOCK} to"
                f" {_alternatives(others)}"
            )
        matches = chosen
    elif any("encoder_q." in each.prefix for each in matches):
        matches = [each for each in matches if "encoder_k." not in each.prefix]
    if not matches:
        raise UserError(_nothing({place: found[place] for place in inside}, expected, path))
    if len(matches) > 1:
        raise UserError(_several(matches, path))
    return matches[0]


def matches_in(names: Collection[str], expected: Expected, key: str = "") -> list[Match]:
    """The places of networks of a kind in one state dict, by its names."""
    found = []
    for numbered in (False, True):
        marks = [expected.numbered(mark) for mark in expected.landmarks]
        if numbered and marks == expected.landmarks:
            continue
        marks = marks if numbered else expected.marks
        for name in names:
            prefix = name.removesuffix(marks[0])
            whole = name.endswith(marks[0]) and (prefix == "" or prefix.endswith("."))
            if whole and all(f"{prefix}{mark}" in names for mark in marks):
                found.append(Match(key, prefix, numbered))
    return found


def _names_in_files(network: Any, architecture: str) -> Mapping[str, str]:
    """What a network says of its names in files, by an attribute."""
    found = getattr(network, "names_in_files", None) or {}
    texts = isinstance(found, Mapping) and all(
        isinstance(text, str) for pair in found.items() for text in pair
    )
    if not texts:
        raise UserError(
            f"`names_in_files` of the network {architecture} is {found!r}: write a dict of parts of"
            ' its names and what files have instead, such as {"layers.": "encoder.layer."}'
        )
    return dict(found)


def _several(matches: list[Match], path: Path) -> str:
    keys = list(dict.fromkeys(each.key for each in matches))
    if len(keys) > 1 and "" not in keys:
        choice = " or ".join(f'"{key}"' for key in keys)
        return f"{path} contains {len(matches)} networks: set `key` {_BLOCK} to {choice}"
    found = dict.fromkeys(each.prefix for each in matches)
    return (
        f"{path} contains {len(matches)} networks: set `prefix` {_BLOCK} to {_alternatives(found)}"
    )


def _nothing(found: Mapping[str, Mapping[str, Any]], expected: Expected, path: Path) -> str:
    """That there is no such network, what there is, and what to write to read that."""
    largest = max(found.values(), key=len)
    some = ", ".join(list(largest)[:3])
    wanted = ", ".join(f"`{name}`" for name in expected.marks)
    family = families.recognised(largest)
    mend = (
        f"these are names of {family.title}: {family.advice}"
        if family
        else "set `network.architecture` to the network that they are of, or rename them when"
        " saving them"
    )
    return f"{path} has no weights named as in {expected.origin} ({wanted}), but {some}: {mend}"


def _alternatives(prefixes: Collection[str]) -> str:
    return " or ".join(f'"{prefix}"' for prefix in prefixes) or "null"
