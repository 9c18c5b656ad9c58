"""Pictures decoded, for training and for test, with a reason if broken.

One reader with one set of guards: whatever a file is, no program is started, no memory is taken for
what it only claims, and nothing is waited for.
"""

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.failures import MachineError, no_memory

MOST_PIXELS = 150_000_000
"""Larger pictures are refused: a small file can claim any size (a decompression bomb)."""

MOST_BYTES = 2**30
"""Larger files are refused."""

QUALITY = 95
"""Quality of pictures that are encoded again as JPEG."""

# Whatever a file is called, Pillow tries only these: among the others are some, such as EPS, that
# are read by starting a program.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# How Pillow names samples of 12 or 16 bits as they lie in a file, of grey and of colours.
_DEEP = r"I;1[26]|(LA|RGB[AXa]?|CMYK);16"
_DARK = 64  # of 255: the most that 14 bits reach in samples of 16


class BrokenPictureError(Exception):
    """A picture that cannot be decoded; the message says why."""


class UnknownFormatError(BrokenPictureError):
    """A file of none of the formats that are read."""


def file_content(path: Path) -> bytes:
    """The content of a picture file, still encoded.

    Raises
    ------
    BrokenPictureError
        If it cannot be read, is no regular file, or is too large.
    """
    try:
        return given_files.content(path, MOST_BYTES)
    except MachineError:
        raise
    except UserError as error:
        told = str(error).removeprefix(f"{path} ").partition(":")[0]
        raise BrokenPictureError(f"it {told}") from error


def decode(source: Path | bytes) -> Image.Image:
    """Decode a picture as 8-bit RGB, whatever its kind: greyscale, CMYK, palette, transparent.

    As torchvision's `ImageFolder`, it neither turns a picture by its EXIF mark nor blends what is
    transparent. Unlike it, greyscale of 16 bits is scaled to 8 and not cut off at 255.

    Parameters
    ----------
    source : Path, or the content of a file

    Raises
    ------
    BrokenPictureError
        If it cannot be decoded: not a picture, truncated, damaged, empty or far too large.
    """
    return _read(source, lambda picture: picture.convert("RGB"))


def as_jpeg(content: bytes, shorter: int | None) -> tuple[bytes, int, int]:
    """A picture as RGB JPEG, with its shorter side reduced to `shorter` px where it is larger.

    An RGB JPEG that need not be reduced keeps its own bytes.

    Parameters
    ----------
    content : bytes
        Of a file of any kind that `decode` takes.
    shorter : int or None
        None keeps the size.

    Returns
    -------
    jpeg : bytes
    height, width : int
        Of the JPEG, px.

    Raises
    ------
    BrokenPictureError
        If it cannot be decoded, or is too long for a JPEG.
    """
    is_jpeg = False

    def rgb(picture: Image.Image) -> Image.Image:
        nonlocal is_jpeg
        is_jpeg = (picture.format, picture.mode) == ("JPEG", "RGB")
        return picture.convert("RGB")

    picture = _read(content, rgb)
    result = picture if shorter is None else reduced(picture, shorter)
    if is_jpeg and result is picture:
        return content, picture.height, picture.width
    encoded = io.BytesIO()
    try:
        result.save(encoded, "JPEG", quality=QUALITY)
    except Exception as error:
        raise BrokenPictureError(f"it cannot be written as JPEG ({error})") from error
    return encoded.getvalue(), result.height, result.width


def reduced(picture: Image.Image, shorter: int) -> Image.Image:
    """The picture with its shorter side reduced to `shorter` px; a smaller one as it is."""
    scale = shorter / min(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def square(picture: Image.Image, side: int) -> Image.Image:
    """The centre of the picture, brought to `side` × `side` px."""
    edge = min(picture.size)
    left, top = ((whole - edge) // 2 for whole in picture.size)
    box = (left, top, left + edge, top + edge)
    if picture.size == (side, side):
        return picture
    return picture.resize((side, side), Image.Resampling.BILINEAR, box=box)


def as_shown(source: Path | bytes, backdrop: int) -> Image.Image:
    """A picture as a viewer shows it, as 8-bit RGB: upright, and opaque on a grey backdrop.

    Unlike a viewer that manages colours, it takes all values as sRGB: neither an ICC profile nor
    the gamma of a PNG changes them.

    Parameters
    ----------
    source : Path, or the content of a file
    backdrop : int
        Level of grey, 0 to 255.

    Raises
    ------
    BrokenPictureError
        As `decode`.
    """
    return _read(source, lambda picture: on_grey(picture, backdrop), upright=True)


def on_grey(picture: Image.Image, backdrop: int) -> Image.Image:
    """A picture of any mode as RGB; where it is transparent, the backdrop shows."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    canvas = Image.new("RGBA", picture.size, (backdrop, backdrop, backdrop, 255))
    return Image.alpha_composite(canvas, picture.convert("RGBA")).convert("RGB")


def _read(
    source: Path | bytes, use: Callable[[Image.Image], Image.Image], upright: bool = False
) -> Image.Image:
    """What `use` makes of a picture, whose samples have 8 bits."""
    try:
        encoded = source if isinstance(source, bytes) else file_content(source)
        with warnings.catch_warnings():
            # Of a broken EXIF block, or of a size that `MOST_PIXELS` allows.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(encoded), formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValueError(f"it claims {picture.width} × {picture.height} pixels")
                return use(_eight_bits(picture, upright))
    except (BrokenPictureError, MachineError):
        raise
    except UnidentifiedImageError as error:
        raise UnknownFormatError("it is not a picture of a known format") from error
    except Exception as error:
        # Pillow's readers raise errors of many kinds on a damaged file.
        if lack := no_memory(error):
            raise lack from error
        raise BrokenPictureError(str(error) or type(error).__name__) from error


def _eight_bits(picture: ImageFile, upright: bool) -> Image.Image:
    """The picture with samples of 8 bits; those of 16 are scaled, where they use that range.

    Values of a camera or scanner of 12 bits often lie in samples of 16 as they are. How many bits
    they have is not written, and as they stand they are nearly black.
    """
    stored = " ".join(str(tile.args) for tile in picture.tile)
    deep = re.search(_DEEP, stored) or (picture.format == "PPM" and "65535" in stored)
    if picture.format == "TIFF" and picture.mode.startswith("I;16") and _zero_is_white(picture):
        raise ValueError("its zero is white, which is not read of 16 bits")
    picture.load()
    if picture.mode in ("I", "F"):
        raise ValueError(f"its pixels ({picture.mode}) have no known range")
    shown: Image.Image = ImageOps.exif_transpose(picture) if upright else picture
    if shown.mode.startswith("I;16"):
        shown = _scaled(shown)
    bands = zip(shown.getbands(), np.reshape(shown.getextrema(), (-1, 2)), strict=True)
    if deep and max(high for band, (_, high) in bands if band != "A") <= _DARK:
        raise ValueError(
            "its samples have 16 bits but use no more than the lowest 14, so their range is not"
            " known"
        )
    return shown


def _scaled(picture: Image.Image) -> Image.Image:
    """Greyscale of 16 bits as 8."""
    samples = np.asarray(picture)
    scaled = Image.fromarray((samples // 257).astype(np.uint8))
    if "transparency" in picture.info:  # the level that is transparent
        opaque = samples != picture.info["transparency"]
        scaled.putalpha(Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8)))
    return scaled


def _zero_is_white(picture: ImageFile) -> bool:
    return bool(getattr(picture, "tag_v2", {}).get(262) == 0)  # PhotometricInterpretation
