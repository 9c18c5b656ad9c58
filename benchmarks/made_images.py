"""Images to train with, made for benchmarks: random, but as smooth as photographs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PACK = Path(__file__).parents[1] / "workflow" / "scripts" / "pack_images.py"
HEIGHT, WIDTH = 375, 500


def small(count: int, side: int) -> NDArray[np.uint8]:
    """Squares, (count, side, side, 3)."""
    rng = np.random.default_rng(0)
    return np.stack([np.asarray(smooth(rng, 8, 8, side, side)) for _ in range(count)])


def write_photographs(folder: Path, count: int) -> None:
    """JPEG files of 500 × 375 px in a class folder, as large as those of ImageNet."""
    rng = np.random.default_rng(0)
    (folder / "class").mkdir()
    for number in range(count):
        picture = np.asarray(smooth(rng, 12, 16, HEIGHT, WIDTH))
        # Grain, so that files are as large as those of photographs: some 100 kB.
        grainy = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(folder / "class" / f"{number:04d}.jpg", quality=90)


def pack(folder: Path, count: int) -> Path:
    """The file that the workflow makes of such photographs."""
    packed = folder / "dataset.h5"
    subprocess.run(
        [
            *[sys.executable, f"{PACK}", "--source", "folder", "--path", f"{folder}"],
            *["--storage", "jpeg", "--count", f"{count}", "--seed", "0"],
            *["--output", f"{packed}", "--log", f"{folder}/packing.log"],
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return packed


def smooth(
    rng: np.random.Generator, rows: int, columns: int, height: int, width: int
) -> Image.Image:
    """A few random colours, and all shades between them."""
    coarse = rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
