"""The recipe of a condition: everything that determines trained weights, apart from the seed.

A setting that a recipe does not state is at its default, which stands in the schema and, as jobs
that train have no reader of YAML, once more here; a test compares the two.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from trajectories.errors import UserError
from trajectories.failures import reading


def recipe_digest(recipe: Mapping[str, Any]) -> str:
    """SHA-256 of a recipe, the same for the same settings in any order."""
    canonical = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Origin:
    """What a branch goes on from.

    Attributes
    ----------
    recipe : str
        Digest of the recipe of the trunk.
    epoch : int
        Epochs that it trained.
    origin : Origin or None
        What the trunk went on from itself.
    other_images : bool
        Whether the trunk learnt from other images.
    """

    recipe: str
    epoch: int
    origin: "Origin | None"
    other_images: bool = False

    @classmethod
    def of(cls, recipe: Mapping[str, Any]) -> "Origin | None":
        """The origin in a recipe, or in an origin; None where there is none."""
        found = recipe.get("from")
        if found is None:
            return None
        return cls(found["recipe"], found["epoch"], cls.of(found), "images" in found)


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe:
    """The part of a recipe that says which network it is, whoever trained it.

    Names and units as in `config/README.md`.
    """

    image_size: int
    architecture: str
    stem: str
    embedding: int
    preprocessing: Mapping[str, Any] | None = None
    digest: str
    origin: Origin | None

    def digest_at(self, epoch: float) -> str:
        """Digest of the recipe that a checkpoint, or a state, at this epoch is of."""
        digest, origin = self.digest, self.origin
        while origin is not None and epoch <= origin.epoch:
            digest, origin = origin.recipe, origin.origin
        return digest

    def other_images_at(self, epoch: float) -> bool:
        """Whether a checkpoint, or a state, at this epoch was trained on other images than now."""
        origin = self.origin
        while origin is not None and epoch <= origin.epoch:
            if origin.other_images:
                return True
            origin = origin.origin
        return False

    @classmethod
    def from_mapping(cls, recipe: Mapping[str, Any]) -> Self:
        """Recipe from the mapping that `config.condition_settings` gives."""
        return cls(
            image_size=recipe["image_size"],
            digest=recipe_digest(recipe),
            origin=Origin.of(recipe),
            **recipe["network"],
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a `recipe.json`.

        Raises
        ------
        UserError
            If the file is missing, damaged, or lacks a setting.
        """
        try:
            with reading(path):
                return cls.from_mapping(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise UserError(f"there is no file {path}: start the workflow to make it") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path} is not a complete recipe ({error}): delete it and start the workflow again"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Recipe(NetworkRecipe):
    """The recipe as the training code reads it; names and units as in `config/README.md`."""

    objective: str = "moco"
    schedule_epochs: int
    extra_checkpoints: tuple[float, ...]
    batch_size: int
    bn_groups: int
    # Not all objectives have these.
    queue: int = 65536
    key_momentum: float = 0.999
    temperature: float = 0.2
    learning_rate: float
    sgd_momentum: float
    weight_decay: float
    precision: str
    probe_images: int
    augmentation: Mapping[str, Any]
    fixed_seeds: Mapping[str, int | None]
    diet: Mapping[str, Any] | None = None

    @classmethod
    def from_mapping(cls, recipe: Mapping[str, Any]) -> Self:
        """Recipe from the mapping that `config.condition_settings` gives."""
        training = dict(recipe["training"])
        training["extra_checkpoints"] = tuple(training["extra_checkpoints"])
        return cls(
            image_size=recipe["image_size"],
            digest=recipe_digest(recipe),
            origin=Origin.of(recipe),
            **recipe["network"],
            **training,
        )
