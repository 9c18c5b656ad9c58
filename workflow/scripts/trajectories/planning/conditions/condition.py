"""A condition of a config: its settings, its network and layers, and where the user gave them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trajectories.networks import catalogue
from trajectories.networks.description import Network
from trajectories.networks.libraries.described import DescribedNetwork
from trajectories.networks.preprocessing import Preprocessing
from trajectories.networks.readout import Readout
from trajectories.planning.conditions import layers
from trajectories.study import branches
from trajectories.study.config import (
    Config,
    condition_settings,
    images_of,
    imported,
    merged,
)
from trajectories.study.recipe import Recipe


@dataclass(frozen=True)
class Condition:
    """A condition's settings, and the names by which the user gave them."""

    config: Config
    name: str
    network: dict[str, Any]
    training: dict[str, Any]

    @classmethod
    def of(cls, config: Config, name: str) -> "Condition":
        """A condition of a resolved config."""
        return cls(config, name, **merged(config, name))

    def key(self, path: str) -> str:
        """Where the user sets `path`, such as "training.queue": here, or for all conditions."""
        changes: Any = self.config["conditions"][self.name]
        for step in path.split("."):
            if not isinstance(changes, dict) or step not in changes:
                return path
            changes = changes[step]
        return f"conditions.{self.name}.{path}"

    @property
    def architecture(self) -> str:
        """Name of the network."""
        return str(self.network["architecture"])

    @property
    def trained(self) -> bool:
        """Whether the networks are trained here."""
        return imported(self.config, self.name) is None

    @property
    def first_epoch(self) -> int:
        """Epochs trained before its own: those of the trunk, of a branch."""
        return int((self.config["conditions"][self.name]["from"] or {"epoch": 0})["epoch"])

    def describe(self) -> Network:
        """Modules and sizes of the network."""
        image_size = self.config["image_size"]
        changes = self.network["preprocessing"]
        size = catalogue.input_size(self.architecture, image_size, changes)
        return catalogue.describe(self.architecture, self.network["stem"], size)

    def preprocessing(self) -> Preprocessing:
        """How test images become the network's input."""
        network = self.describe()
        described = (
            network.preprocessing
            if isinstance(network, DescribedNetwork)
            else vars(Preprocessing(self.config["image_size"])) | {"resize": "whole"}
        )
        return Preprocessing.of(described, self.network["preprocessing"])

    def module(self, layer: str) -> str:
        """The module of the network that a layer is."""
        return layers.module(self.config, self.name, self.architecture, layer)

    def readout(self) -> Readout:
        """What is kept of the outputs of layers."""
        activations = self.config["activations"]
        return Readout(activations["tokens"], activations["maps"], self.describe().tokens)

    def units(self, layer: str) -> int:
        """Number of activations that are kept of a layer for one image."""
        module = self.module(layer)
        count = 1
        for side in self.readout().shape(module, self.describe().modules[module].shape):
            count *= side
        return count

    @property
    def images(self) -> dict[str, Any]:
        """The training images, of a condition that is trained."""
        return images_of(self.config, self.name) or {}

    def recipe(self) -> Recipe:
        """The recipe, of a condition that is trained."""
        return Recipe.from_mapping(condition_settings(self.config, self.name))


def conditions(config: Config) -> Iterator[Condition]:
    """The conditions of a config, trunks before their branches, which have their settings."""
    for name in branches.ordered(config["conditions"]):
        yield Condition.of(config, name)
