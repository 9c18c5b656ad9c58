"""What an image source is: what each file in this folder declares."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError

Advance = Callable[[], object]
"""Called after each image, to show progress."""


@dataclass(frozen=True)
class Request:
    """Which training images are wanted.

    Attributes
    ----------
    path : Path or None
        Value of `images.path`.
    count : int
    side : int
        Of the squares, px.
    seed : int
        Of all random choices.
    excluded : tuple of str
        Files of the test images, where the source must keep clear of them.
    """

    path: Path | None
    count: int
    side: int
    seed: int
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Squares:
    """Training images as pixels.

    Attributes
    ----------
    images : uint8 array of shape (n_images, side, side, 3)
    label : int32 array of shape (n_images,)
        Index into `label_names`; -1 without a label.
    label_names : tuple of str
    left_out : dict of str to str, or None
        Names of broken images, with the reason; None where no image can be broken.
    """

    images: NDArray[np.uint8]
    label: NDArray[np.int32]
    label_names: tuple[str, ...]
    left_out: dict[str, str] | None = None


@dataclass(frozen=True)
class PictureFiles:
    """Picture files with labels, none of them opened.

    Attributes
    ----------
    root : Path
    files : tuple of n_images strings
        Paths relative to `root`, with `/`.
    label : int32 array of shape (n_images,)
        Index into `label_names`.
    label_names : tuple of str
    """

    root: Path
    files: tuple[str, ...]
    label: NDArray[np.int32]
    label_names: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where training images come from.

    Attributes
    ----------
    folder : str or None
        What `images.path` names, in words; None where a package ships the images.
    check : callable
        Refuses a value of `images.path` in one sentence, before any job: without opening
        pictures, of which there may be millions. Not called without a folder.
    squares : callable
        Gives the images that are wanted as pixels.
    origin : callable
        `images.path` → where the images come from, to be written beside them: source, versions of
        what decoded or drew them, and licence and attribution where they are known.
    pictures : callable, optional
        `images.path` → picture files, which can be packed as JPEG (`images.storage: jpeg`).
    excludes_stimuli : bool
        Whether test images may be of the same set, so that they must be left out.
    classes : callable, optional
        How many classes the images that are wanted are of, at most, without opening pictures; None
        where that cannot be known here. Not given where images may have no class.
    held_out : callable, optional
        Gives images of the same classes that are never among `squares`; `path` of the request is
        where they are. At most as many as are wanted. Not given where there are none.
    held_out_folder : bool
        Whether `path` of that request must be a folder of its own.
    caveat : str, optional
        What networks that learn from it cannot show, for the report.
    """

    folder: str | None
    check: Callable[[Path], None]
    squares: Callable[[Request, Advance], Squares]
    origin: Callable[[Path | None], Mapping[str, object]]
    pictures: Callable[[Path], PictureFiles] | None = None
    excludes_stimuli: bool = False
    classes: Callable[[Request], int | None] | None = None
    held_out: Callable[[Request, Advance], Squares] | None = None
    held_out_folder: bool = False
    caveat: str | None = None


def named(path: Path | None) -> Path:
    """The folder of a source that has one.

    Raises
    ------
    UserError
        If none is named.
    """
    if path is None:
        raise UserError("config key `images.path` is missing: name the folder of the images")
    return path


def decoded_by_pillow(name: str, path: Path | None) -> dict[str, object]:
    """The origin of pictures that Pillow decodes."""
    import PIL
    from PIL import features

    return {
        "source": f"{name} ({path})",
        "versions": {
            "pillow": PIL.__version__,
            "libjpeg_turbo": features.version("libjpeg_turbo"),
        },
    }


def shown(file: str) -> str:
    """The name of a file as text that can be written, with codes for bytes that are not UTF-8."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")
