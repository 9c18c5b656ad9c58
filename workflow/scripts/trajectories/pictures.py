"""Pictures for training, decoded as torchvision's `ImageFolder` does, with a reason if broken."""

import io
import warnings
from pathlib import Path

from PIL import Image

MOST_PIXELS = 250_000_000
"""Larger pictures are refused: a small file can claim any size (a decompression bomb)."""


class BrokenPictureError(Exception):
    """A picture that cannot be decoded; the message says why."""


def decode(source: Path | bytes) -> Image.Image:
    """Decode a picture as 8-bit RGB, whatever its kind: greyscale, CMYK, palette, transparent.

    As `ImageFolder`, it neither turns a picture by its EXIF mark nor blends what is transparent.

    Raises
    ------
    BrokenPictureError
        If it cannot be decoded: no picture, cut short, damaged, empty or far too large.
    """
    try:
        with warnings.catch_warnings():
            # Of a broken EXIF block, or of a size that `MOST_PIXELS` allows.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValueError(f"it claims {picture.width} × {picture.height} pixels")
                return picture.convert("RGB")
    except Exception as error:
        # Pillow's readers raise errors of many kinds on a damaged file.
        raise BrokenPictureError(str(error) or type(error).__name__) from error


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
