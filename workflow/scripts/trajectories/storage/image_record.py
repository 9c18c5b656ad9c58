"""What tells one file of images from another: its content and its settings, without its pixels.

The content is that of checksums which `images/` and `stimuli/` write beside each array, and compare
whenever they read it. So files of earlier versions have one as well, and none of any size is read
here for it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.storage import hdf5

TRAINING = "training_images"
TEST = "test_images"
"""Keys under which states, checkpoints, activations and RDMs record the content of images."""

Content = str | None
"""SHA-256 of all that images are; None where a file of a former version does not say."""


def content(path: Path) -> Content:
    """What is in a file of training or test images.

    Raises
    ------
    UserError
        If the file is missing or cannot be read.
    """
    with hdf5.opened(path) as file:
        return content_of(file)


def content_of(file: Any) -> Content:
    """The same, of an open file; of test images in other preprocessing, of those of the study."""
    if TEST in file.attrs:
        return str(file.attrs[TEST])
    parts = {
        name: str(item.attrs["sha256"]) for name, item in file.items() if "sha256" in item.attrs
    }
    if not parts:
        return None
    if "stimulus" in file:
        names = json.dumps(hdf5.strings(file["stimulus"]))
        parts["stimulus"] = hashlib.sha256(names.encode()).hexdigest()
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def recorded(path: Path) -> dict[str, Any]:
    """What images a file of activations, or one made from such, says that it was made from.

    Raises
    ------
    UserError
        If the file is missing or cannot be read.
    """
    with hdf5.opened(path) as file:
        return {kind: str(file.attrs[kind]) for kind in (TRAINING, TEST) if kind in file.attrs}


def settings(path: Path) -> dict[str, Any]:
    """The settings by which a file of images was packed, as far as it states them.

    Raises
    ------
    UserError
        If the file is missing or cannot be read.
    """
    with hdf5.opened(path) as file:
        try:
            found = json.loads(file.attrs.get("settings", "{}"))
        except (TypeError, ValueError):
            found = {}
    return found if isinstance(found, dict) else {}


def same(found: Content, wanted: Content) -> bool:
    """Whether both may be the same images: what is not known is no difference."""
    return found is None or wanted is None or found == wanted


def require(recorded: Mapping[str, Any], kind: str, here: Content, what: str, mend: str) -> None:
    """Refuse what was made from other images than those at hand.

    Parameters
    ----------
    recorded : mapping
        What a file says about itself.
    kind : {"training_images", "test_images"}
    here : str or None
        Content of the images at hand.
    what, mend : str
        What was made from them, and the remedy, for the message.

    Raises
    ------
    UserError
        If both are known and differ.
    """
    if not same(recorded.get(kind), here):
        raise UserError(
            f"{what} was made from other {kind.replace('_', ' ')} than those at hand (content"
            f" {str(recorded[kind])[:12]} there, {str(here)[:12]} here): {mend}"
        )


def require_one(recorded: Sequence[Mapping[str, Any]], kind: str, paths: Sequence[Path]) -> None:
    """Refuse files that are to be compared, but were made from different images.

    Parameters
    ----------
    recorded : sequence of mapping
        What each file says about itself.
    kind : {"training_images", "test_images"}
    paths : sequence of Path

    Raises
    ------
    UserError
        If two of them are known to differ.
    """
    known = [(each[kind], path) for each, path in zip(recorded, paths, strict=True) if kind in each]
    for content, path in known:
        if content != known[0][0]:
            raise UserError(
                f"{path} was made from other {kind.replace('_', ' ')} than {known[0][1]}, though"
                " they have the same names: extract all of them again with --forcerun extract"
            )
