"""Pictures for training, decoded as torchvision's `ImageFolder` does, with a reason if broken."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 150_000_000
"""Larger pictures are refused: a small file can claim any size (a decompression bomb)."""

QUALITY = 95
"""Quality of pictures that are encoded again as JPEG."""

# Whatever a file is called, Pillow tries only these: among the others are some, such as EPS, that
# are read by starting a program.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


class BrokenPictureError(Exception):
    """A picture that cannot be decoded; the message says why."""


def decode(source: Path | bytes) -> Image.Image:
    """Decode a picture as 8-bit RGB, whatever its kind: greyscale, CMYK, palette, transparent.

    As `ImageFolder`, it neither turns a picture by its EXIF mark nor blends what is transparent.
    Unlike it, greyscale of 16 bits is scaled to 8 and not cut off at 255.

    Parameters
    ----------
    source : Path, or the content of a file

    Raises
    ------
    BrokenPictureError
        If it cannot be decoded: not a picture, truncated, damaged, empty or far too large.
    """
    return _decode(source)[0]


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
    picture, is_jpeg = _decode(content)
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


def _decode(source: Path | bytes) -> tuple[Image.Image, bool]:
    """The picture, and whether its file is an RGB JPEG."""
    try:
        with warnings.catch_warnings():
            # Of a broken EXIF block, or of a size that `MOST_PIXELS` allows.
            warnings.simplefilter("ignore")
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            with Image.open(file, formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValueError(f"it claims {picture.width} × {picture.height} pixels")
                return _rgb(picture), (picture.format, picture.mode) == ("JPEG", "RGB")
    except UnidentifiedImageError as error:
        raise BrokenPictureError("it is not a picture of a known format") from error
    except Exception as error:
        # Pillow's readers raise errors of many kinds on a damaged file.
        raise BrokenPictureError(str(error) or type(error).__name__) from error


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        grey = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
        return grey.convert("RGB")
    if picture.mode in ("I", "F"):
        raise ValueError(f"its pixels ({picture.mode}) have no known range")
    return picture.convert("RGB")
