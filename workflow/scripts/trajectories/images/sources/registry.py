"""All sources of training images: each is a file in this folder and a word here."""

from collections.abc import Mapping
from typing import Any

from trajectories.errors import UserError
from trajectories.images.sources import folder, openmoji, torchvision
from trajectories.images.sources.source import Source

SOURCES: dict[str, Source] = {**openmoji.SOURCES, **folder.SOURCES, **torchvision.SOURCES}


def find(name: str) -> Source:
    """The source that `images.source` names.

    Raises
    ------
    UserError
        If there is none.
    """
    if name not in SOURCES:
        raise UserError(f"there is no source of images {name}: choose among {', '.join(SOURCES)}")
    return SOURCES[name]


def excludes_stimuli(images: Mapping[str, Any] | None) -> bool:
    """Whether the block `images` of a config names a source that must keep clear of test images."""
    return images is not None and find(images["source"]).excludes_stimuli
