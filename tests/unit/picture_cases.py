"""Trees of pictures of all kinds for the tests, some of them broken; no tests."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trajectories.errors import UserError
from trajectories.images import jpeg_dataset, pictures
from trajectories.images.jpeg_dataset import JpegIndex
from trajectories.stimuli import pictures as stimulus_images

Picture = Image.Image
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 8 8">'
)
"""How a drawing (SVG) of 8 × 8 begins."""


def photograph(width: int = 60, height: int = 44, seed: int = 0) -> Picture:
    """A smooth picture with some noise, so that JPEG of it is as of a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=float)
    noisy = smooth + rng.normal(0, 6, smooth.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def encoded(picture: Picture, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


RED = encoded(Image.new("RGB", (8, 8), (255, 0, 0)), "PNG")


def palette_with_transparency() -> bytes:
    picture = photograph().quantize(16)
    return encoded(picture, "PNG", transparency=3)


def turned() -> bytes:
    """A JPEG whose EXIF block asks to turn it by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(photograph(seed=9), exif=exif)


def bomb() -> bytes:
    """A PNG of a few bytes that claims 10 billion pixels."""
    content = bytearray(encoded(Image.new("RGB", (1, 1)), "PNG"))
    content[16:24] = struct.pack(">II", 100_000, 100_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


JPEG = encoded(photograph(), quality=90)

WHOLE: dict[str, bytes] = {
    "rgb.jpg": JPEG,
    "progressive.jpeg": encoded(photograph(seed=1), progressive=True),
    "grey.JPEG": encoded(photograph(seed=2).convert("L")),
    "cmyk.jpg": encoded(photograph(seed=3).convert("CMYK")),
    "palette.png": palette_with_transparency(),
    "transparent.png": encoded(photograph(seed=4).convert("RGBA"), "PNG"),
    "bilevel.png": encoded(photograph(seed=5).convert("1"), "PNG"),
    "column.jpg": encoded(photograph(1, 90)),
    "row.png": encoded(photograph(90, 1), "PNG"),
    "pixel.bmp": encoded(photograph(1, 1), "BMP"),
    "png.jpg": encoded(photograph(seed=6), "PNG"),
    "turned.jpg": turned(),
    "webp.webp": encoded(photograph(seed=7), "WEBP"),
    "deep.png": encoded(Image.fromarray(np.full((9, 9), 128 * 257, dtype=np.uint16)), "PNG"),
}

BROKEN: dict[str, bytes] = {
    "short.jpg": JPEG[: len(JPEG) // 2],
    "head.jpg": JPEG[:40],
    "short.png": encoded(photograph(), "PNG")[:-30],
    "empty.jpg": b"",
    "text.jpg": b"<html>404 Not Found</html>",
    "script.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "bomb.png": bomb(),
    "floats.tif": encoded(Image.fromarray(np.ones((9, 9), dtype=np.float32)), "TIFF"),
}


def write_tree(root: Path, files: dict[str, bytes]) -> Path:
    """Write files by their paths below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def photograph_tree(root: Path, count: int = 24, classes: int = 4) -> Path:
    """JPEG photographs of several sizes and shapes."""
    return write_tree(
        root,
        {
            f"class-{number % classes}/photo-{number:03d}.jpg": encoded(
                photograph(50 + number, 80 - number, seed=number)
            )
            for number in range(count)
        },
    )


def write_jpeg_dataset(path: Path, images: list[bytes], label: list[int]) -> Path:
    """A file of JPEG images; image i comes from photo-i.jpg."""
    pictures = [Image.open(io.BytesIO(image)) for image in images]
    index = JpegIndex(
        offset=np.cumsum([0, *map(len, images)]),
        height=np.array([picture.height for picture in pictures], dtype=np.int32),
        width=np.array([picture.width for picture in pictures], dtype=np.int32),
        label=np.array(label, dtype=np.int32),
        crc32=np.array([zlib.crc32(image) for image in images], dtype=np.uint32),
    )
    files = [f"photo-{number}.jpg" for number in range(len(images))]
    names = [f"kind {kind}" for kind in range(max(label) + 1)]
    jpeg_dataset.write(path, index, iter(images), names, files, {}, {"source": "photographs"})
    return path


def refused_for_test(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        stimulus_images.load_images([path.name], str(path.parent), 8)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def refused_for_training(path: Path) -> str:
    with pytest.raises(pictures.BrokenPictureError) as caught:
        pictures.decode(path)
    return str(caught.value)
