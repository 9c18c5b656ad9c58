"""All test images in one picture, and pictures inside a page."""

import base64
import io
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS = 16
PIXELS = 800_000  # of all test images together
SMOOTH = Image.Resampling.LANCZOS


def drawn(images: NDArray[np.uint8]) -> bytes:
    """All test images in rows of 16, as a PNG.

    Parameters
    ----------
    images : uint8 array of shape (n_images, size, size, 3)
    """
    n, size = images.shape[:2]
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    sheet = np.full((rows * columns, size, size, 3), 128, np.uint8)
    sheet[:n] = images
    pixels = sheet.reshape(rows, columns, size, size, 3).swapaxes(1, 2)
    file = io.BytesIO()
    Image.fromarray(pixels.reshape(rows * size, columns * size, 3)).save(file, "png")
    return file.getvalue()


def smaller(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images, reduced where all of them together have more pixels than `PIXELS`."""
    n, size = images.shape[:2]
    side = max(1, isqrt(PIXELS // n))
    if size <= side:
        return images
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((side, side), SMOOTH)) for image in images]
    )


def described(images: NDArray[np.uint8]) -> dict[str, Any]:
    """The sheet as a data URL, with its layout and a clause on its size, for the template.

    Parameters
    ----------
    images : uint8 array of shape (n_images, size, size, 3)
    """
    shown = smaller(images)
    size, side = images.shape[1], shown.shape[1]
    return {
        "image": inline(drawn(shown)),
        "side": side,
        "columns": min(len(images), COLUMNS),
        "size": "at the size at which the networks see them"
        if side == size
        else f"at {side} × {side} pixels; the networks see them at {size} × {size}",
    }


def inline(png: bytes) -> str:
    """A data URL."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
