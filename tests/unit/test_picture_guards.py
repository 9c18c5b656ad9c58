"""Pictures are read alone, without waiting or running anything, and as a viewer shows them."""

import io
import os
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from picture_cases import bomb, encoded, photograph, refused_for_test, refused_for_training
from PIL import Image

from trajectories.images import pictures
from trajectories.stimuli import pictures as stimulus_images

# What a file could do


@pytest.mark.parametrize("name", ["x.png", "x.eps", "x.jpg", "x"])
def test_postscript_is_not_run_for_a_test_image(tmp_path, monkeypatch, name: str) -> None:
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_: pytest.fail("it was run"))
    path = tmp_path / name
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    assert "of an unknown kind" in refused_for_test(path)
    assert "not a picture of a known format" in refused_for_training(path)


def claiming(width: int, height: int) -> bytes:
    content = bytearray(bomb())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize("size", [(13_000, 13_000), (150_000_001, 1), (1, 2**31 - 1)])
def test_a_huge_picture_is_refused_by_its_header(tmp_path, monkeypatch, size) -> None:
    from PIL.PngImagePlugin import PngImageFile

    monkeypatch.setattr(PngImageFile, "load", lambda *_: pytest.fail("it was decoded"))
    path = tmp_path / "x.png"
    path.write_bytes(claiming(*size))
    assert "pixels" in refused_for_test(path)
    assert "pixels" in refused_for_training(path)


def test_nothing_but_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "lost.png").symlink_to("nowhere")
    (tmp_path / "folder.png").mkdir()
    done: list[str] = []

    def read() -> None:
        done.extend(refused_for_training(tmp_path / name) for name in names)

    names = ("pipe.png", "zero.png", "lost.png", "folder.png")
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()  # it would wait for ever
    assert done == [
        "it is no regular file, but a device or a pipe",
        "it is no regular file, but a device or a pipe",
        "it is a link to a file that is missing",
        "it is a folder",
    ]
    for name in names:
        refused_for_test(tmp_path / name)


def test_a_file_of_terabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    with path.open("wb") as file:
        file.truncate(10**12)  # it has no content, and takes no room
    assert "it has more than 1073741824 bytes" in refused_for_training(path)
    assert "it has more than 1073741824 bytes" in refused_for_test(path)


# Bits


def deep_png(samples: np.ndarray) -> bytes:
    """A PNG of 16 bits, of any number of channels, which Pillow itself cannot write."""
    height, width, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def deep_ppm(samples: np.ndarray) -> bytes:
    height, width, _ = samples.shape
    return b"P6\n%d %d\n65535\n" % (width, height) + samples.astype(">u2").tobytes()


def deep_tiff(samples: np.ndarray, white: int = 1) -> bytes:
    """Without compression, as scanners and microscopes write it; `white` 0: zero is white."""
    height, width, channels = samples.shape
    data = samples.astype("<u2").tobytes()
    bits = struct.pack("<3H", 16, 16, 16)
    photometric = 2 if channels == 3 else white
    entries = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, channels, 16 if channels == 1 else 8),
        (259, 3, 1, 1), (262, 3, 1, photometric), (273, 4, 1, 14), (277, 3, 1, channels),
        (278, 3, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    start = 14 + len(data)
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<I", start) + bits
    return head + data + struct.pack("<H", len(entries)) + table + b"\0\0\0\0"


DEEP = {
    "grey.png": (1, deep_png),
    "grey and opacity.png": (2, deep_png),
    "colours.png": (3, deep_png),
    "colours and opacity.png": (4, deep_png),
    "colours.ppm": (3, deep_ppm),
    "grey.tif": (1, deep_tiff),
    "colours.tif": (3, deep_tiff),
}


def ramp(channels: int, highest: int) -> np.ndarray:
    levels = np.linspace(0, highest, 64).reshape(8, 8, 1).repeat(channels, axis=2)
    if channels in (2, 4):
        levels[:, :, -1] = 65535
    return levels.astype(np.uint16)


@pytest.mark.parametrize("kind", DEEP)
def test_sixteen_bits_are_read_in_their_range(tmp_path, kind: str) -> None:
    channels, write = DEEP[kind]
    path = tmp_path / kind
    path.write_bytes(write(ramp(channels, 65535)))
    expected = np.linspace(0, 255, 64).reshape(8, 8, 1)
    loaded = stimulus_images.load_images([kind], str(tmp_path), 8)[0].astype(float)
    assert np.abs(loaded - expected).max() <= 1
    assert np.abs(np.asarray(pictures.decode(path), dtype=float) - expected).max() <= 1


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_fewer_bits_in_samples_of_sixteen_are_refused(tmp_path, kind: str, bits: int) -> None:
    channels, write = DEEP[kind]
    path = tmp_path / kind
    path.write_bytes(write(ramp(channels, 2**bits - 1)))
    assert "with 8 bits per channel" in refused_for_test(path)
    assert "its samples have 16 bits but use no more" in refused_for_training(path)


def test_a_dark_picture_of_eight_bits_is_read(tmp_path: Path) -> None:
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(tmp_path / "x.png")
    assert stimulus_images.load_images(["x.png"], str(tmp_path), 4).max() == 15


def test_zero_as_white_is_refused_where_it_would_be_inverted(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(deep_tiff(ramp(1, 65535), white=0))
    assert "zero is white" in refused_for_test(path)
    assert "zero is white" in refused_for_training(path)


def test_sixteen_bits_are_turned_upright_and_laid_on_grey(tmp_path: Path) -> None:
    samples = np.full((8, 8), 65535, dtype=np.uint16)
    samples[:4] = 257 * 10
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(samples).save(tmp_path / "x.png", exif=exif, transparency=257 * 10)
    loaded = stimulus_images.load_images(["x.png"], str(tmp_path), 8)[0]
    assert (loaded[:4] == 255).all()
    assert (loaded[4:] == stimulus_images.GREY).all()


def test_gamma_profiles_and_frames_change_nothing() -> None:
    picture = photograph()
    plain = np.asarray(pictures.as_shown(encoded(picture, "PNG"), 128))
    gamma = bytearray(encoded(picture, "PNG"))
    chunk = b"gAMA" + struct.pack(">I", 100_000)
    gamma[33:33] = struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert Image.open(io.BytesIO(gamma)).info["gamma"] == 1.0
    np.testing.assert_array_equal(np.asarray(pictures.as_shown(bytes(gamma), 128)), plain)
    frames = encoded(picture, "PNG", save_all=True, append_images=[photograph(seed=1)])
    assert Image.open(io.BytesIO(frames)).n_frames == 2
    np.testing.assert_array_equal(np.asarray(pictures.as_shown(frames, 128)), plain)
