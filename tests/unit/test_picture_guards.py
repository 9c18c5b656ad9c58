"""Pictures are read alone, without waiting or running anything, and as a viewer shows them."""

import base64
import io
import os
import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from picture_cases import bomb, encoded, photograph
from PIL import Image
from scipy.io import savemat

from trajectories.errors import UserError
from trajectories.images import pictures, svg
from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import published as published_stimuli

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 8 8">'
)
RED = encoded(Image.new("RGB", (8, 8), (255, 0, 0)), "PNG")


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


# Drawings


def embedded(content: bytes, kind: str = "image/png") -> str:
    return f'<image href="data:{kind};base64,{base64.b64encode(content).decode()}" '


def drawing(tmp_path: Path, body: str, before: str = "") -> Path:
    path = tmp_path / "x.svg"
    path.write_text(before + HEAD + body + "</svg>")
    return path


@pytest.mark.parametrize(
    "body",
    [
        '<image href="{file}" width="8" height="8"/>',
        '<image xlink:href="red.png" width="8" height="8"/>',
        '<image xlink:href="file://{file}" width="8" height="8"/>',
        '<image href="https://example.org/red.png" width="8" height="8"/>',
        '<image href="&#47;{file}" width="8" height="8"/>',
        '<filter id="f"><feImage href="{file}"/></filter><rect filter="url(#f)"/>',
        '<defs><pattern id="p"><image href="{file}"/></pattern></defs>',
        '<use href="other.svg#part"/>',
        '<rect width="8" height="8" fill="url(other.svg#paint)"/>',
        '<rect width="8" height="8" style="fill: url( &quot;other.svg#paint&quot; )"/>',
        "<style>@import 'other.css';</style>",
        "<style>rect {{ fill: url(other.svg#paint) }}</style>",
    ],
)
def test_a_drawing_draws_no_other_file(tmp_path, monkeypatch, body: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    path = drawing(tmp_path, body.format(file=tmp_path / "red.png"))
    assert "other files are not drawn" in refused_for_test(path)


def test_a_drawing_draws_no_other_file_by_an_entity(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(RED)
    before = f'<!DOCTYPE svg [<!ENTITY file "{tmp_path / "red.png"}">]>'
    path = drawing(tmp_path, '<image href="&file;" width="8" height="8"/>', before)
    assert "other files are not drawn" in refused_for_test(path)


def test_an_entity_of_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("<rect width='8' height='8' fill='red'/>")
    before = f'<!DOCTYPE svg [<!ENTITY file SYSTEM "{tmp_path / "secret"}">]>'
    refused_for_test(drawing(tmp_path, "&file;", before))


@pytest.mark.parametrize("what", ['<text y="8">A</text>', "<g><text><tspan>A</tspan></text></g>"])
def test_a_drawing_with_text_is_refused(tmp_path, what: str) -> None:
    assert "contains text" in refused_for_test(drawing(tmp_path, what))
    drawn = drawing(tmp_path, '<text> </text><rect width="8" height="8"/>')
    assert svg.draw(drawn, 8)[..., 3].all()


def test_what_illustrator_hides_from_others_is_passed_over(tmp_path: Path) -> None:
    foreign = '<foreignObject {} width="1" height="1"/><rect width="8" height="8"/>'
    assert "foreign object" in refused_for_test(drawing(tmp_path, foreign.format("")))
    extension = 'requiredExtensions="http://ns.adobe.com/AdobeIllustrator/10.0/"'
    assert svg.draw(drawing(tmp_path, foreign.format(extension)), 8)[..., 3].all()


def test_a_picture_inside_a_drawing_is_drawn_or_refused_as_by_itself(tmp_path: Path) -> None:
    size = 'width="8" height="8"/>'
    [image] = stimulus_images.load_images(
        [drawing(tmp_path, embedded(RED) + size).name], str(tmp_path), 8
    )
    assert (image == (255, 0, 0)).all()
    plain = HEAD + '<rect width="8" height="8"/></svg>'
    for content, kind in (
        (bomb(), "image/png"),
        (RED[:-30], "image/png"),
        (plain.encode(), "image/svg+xml"),
    ):
        path = drawing(tmp_path, embedded(content, kind) + size)
        assert "contains a picture that cannot be drawn" in refused_for_test(path)


@pytest.mark.parametrize("reference", ["use", "pattern", "class", "kind"])
def test_a_drawing_that_repeats_itself_is_refused_at_once(tmp_path, reference: str) -> None:
    parts = ['<rect id="p0" width="8" height="8"/>']
    for level in range(1, 30):
        inner = f'<use href="#p{level - 1}"/>' * 2
        if reference == "pattern":
            inner = f'<rect width="8" height="8" fill="url(#p{level - 1})"/>' * 2
        if reference in ("class", "kind"):
            tag = "rect" if reference == "class" else ["rect", "circle"][level % 2]
            selector = f".c{level}" if reference == "class" else f"#r{level}, .none"
            marked = f'class="c{level}"' if reference == "class" else f'id="r{level}"'
            inner = f"<{tag} {marked}/>" * 2
            parts.append(f"<style>{selector} {{fill: url(#p{level - 1})}}</style>")
        kind = "g" if reference == "use" else "pattern"
        parts.append(f'<{kind} id="p{level}">{inner}</{kind}>')
    started = time.monotonic()
    assert "100000 elements" in refused_for_test(drawing(tmp_path, "".join(parts)))
    marker = '<marker id="m"><rect width="1" height="1"/></marker>'
    many = marker + f'<path marker-mid="url(#m)" d="M0 0 {"L1 1 " * 100_000}"/>'
    assert "100000 elements" in refused_for_test(drawing(tmp_path, many))
    noise = '<filter id="f"><feTurbulence numOctaves="99999"/></filter>'
    assert "100000 elements" in refused_for_test(drawing(tmp_path, noise + "<g filter='url(#f)'/>"))
    assert time.monotonic() - started < 10


# Test images that show nothing


def flat(shade: int) -> Image.Image:
    noise = np.random.default_rng(shade).integers(shade, shade + 8, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def test_images_of_one_colour_are_told_of_whatever_decodes_them(tmp_path: Path) -> None:
    photograph().save(tmp_path / "good.png")
    flat(0).save(tmp_path / "black.png")
    flat(247).save(tmp_path / "white.jpg")
    (tmp_path / "empty.svg").write_text(HEAD + "</svg>")
    (tmp_path / "drawn.svg").write_text(HEAD + '<rect width="4" height="4"/></svg>')
    fine = np.indices((64, 64)).sum(axis=0) % 2 * 255  # a checkerboard that resizing makes grey
    Image.fromarray(fine.astype(np.uint8)).save(tmp_path / "fine.png")
    files = ["good.png", "black.png", "white.jpg", "empty.svg", "drawn.svg", "fine.png"]
    [warning] = stimulus_images.odd_images(
        files, stimulus_images.load_images(files, str(tmp_path), 8)
    )
    assert warning.startswith("4 of 6 test images are of one colour, or nearly so (black.png,")
    assert "white.jpg, empty.svg, fine.png)" in warning


def test_pictures_of_a_mat_file_are_looked_at_too(tmp_path, monkeypatch) -> None:
    shades = {"a": np.zeros((9, 9, 3), np.uint8), "b": np.asarray(photograph())}
    monkeypatch.setattr(published_stimuli, "read_pictures", lambda path: shades)
    savemat(tmp_path / "x.mat", {})
    images = stimulus_images.load_images(["a", "b"], str(tmp_path / "x.mat"), 8)
    assert "1 of 2 test images are of one colour" in stimulus_images.odd_images("ab", images)[0]


def test_images_that_show_the_same_are_told_of() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    assert stimulus_images.odd_images("abcd", images) == []
    images[3] = images[1]
    [warning] = stimulus_images.odd_images("abcd", images)
    assert "1 of 4 test images show the same as another (d as b)" in warning


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
