"""A file of JPEG tells what it holds, and no damaged image or index is ever used unnoticed."""

import io
import json
import pickle
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from picture_cases import encoded, photograph
from PIL import Image

from trajectories.errors import UserError
from trajectories.images import jpeg_dataset
from trajectories.images.jpeg_dataset import JpegIndex, JpegReader

SIZES = [(60, 44), (33, 50), (20, 20), (70, 41)]
IMAGES = [encoded(photograph(*size, seed=n)) for n, size in enumerate(SIZES)]
FILES = [f"tench/{n}.JPEG" for n in range(len(SIZES))]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "dataset.h5"
    width, height = np.array(SIZES).T
    index = JpegIndex(
        offset=np.cumsum([0, *map(len, IMAGES)]),
        height=height.astype(np.int32),
        width=width.astype(np.int32),
        label=np.array([0, 0, 1, 1], dtype=np.int32),
        crc32=np.array(list(map(zlib.crc32, IMAGES)), dtype=np.uint32),
    )
    attributes = {"source": "noise", "settings": {"count": 4}}
    left_out = {"hen/x.JPEG": "cut short"}
    jpeg_dataset.write(path, index, iter(IMAGES), ["tench", "hen"], FILES, left_out, attributes)
    return path


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_it_can_be_read_with_h5py_alone(written: Path) -> None:
    with h5py.File(written) as file:
        assert file.attrs["source"] == "noise"
        assert json.loads(file.attrs["settings"]) == {"count": 4}
        assert "jpeg[offset[i]:offset[i + 1]]" in file["jpeg"].attrs["description"]
        assert file["jpeg"].chunks is None
        for number, image in enumerate(IMAGES):
            first, end = file["offset"][number : number + 2]
            stored = file["jpeg"][first:end].tobytes()
            assert stored == image
            assert zlib.crc32(stored) == file["crc32"][number]
            size = (file["width"][number], file["height"][number])
            assert Image.open(io.BytesIO(stored)).size == size == SIZES[number]
        assert file["file"].asstr()[:].tolist() == FILES
        assert file["label_name"].asstr()[file["label"][2]] == "hen"
        assert file["left_out/file"].asstr()[:].tolist() == ["hen/x.JPEG"]
        assert file["left_out/reason"].asstr()[:].tolist() == ["cut short"]


def test_images_are_read_by_number(written: Path) -> None:
    reader = JpegReader(written, jpeg_dataset.read_index(written))
    assert [reader.read(number) for number in (3, 0, 2, 1)] == [IMAGES[n] for n in (3, 0, 2, 1)]
    copy = pickle.loads(pickle.dumps(reader))  # as for a worker that is no fork
    assert copy.read(2) == IMAGES[2]
    theirs = Image.open(io.BytesIO(IMAGES[3])).convert("RGB")
    np.testing.assert_array_equal(np.asarray(reader.decode(3)), np.asarray(theirs))
    jpeg_dataset.verify(written)


def test_a_flipped_bit_names_file_and_image(written: Path) -> None:
    index = jpeg_dataset.read_index(written)
    for number in range(4):
        place = index.start + int(index.offset[number : number + 2].mean())
        flip(written, place)
        reader = JpegReader(written, index)
        assert reader.read((number + 1) % 4) == IMAGES[(number + 1) % 4]
        message = rf"dataset\.h5 is damaged: image {number} \(tench/{number}\.JPEG\)"
        for read in (lambda: reader.read(number), lambda: jpeg_dataset.verify(written)):  # noqa: B023
            with pytest.raises(UserError, match=message):
                read()
        flip(written, place)


@pytest.mark.parametrize("name", ["offset", "height", "width", "label", "crc32"])
def test_a_flipped_bit_in_the_index_is_found(written: Path, name: str) -> None:
    with h5py.File(written) as file:
        place = file[name].id.get_offset()
    flip(written, place)
    with pytest.raises(UserError, match=f"'{name}' does not match its checksum"):
        jpeg_dataset.read_index(written)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_named(written: Path, share: float) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"dataset\.h5.*make it again"):
        jpeg_dataset.read_index(written)


def test_a_file_cut_while_it_is_read_is_no_crash(written: Path) -> None:
    reader = JpegReader(written, jpeg_dataset.read_index(written))
    reader.read(0)
    content = written.read_bytes()
    with written.open("r+b") as file:
        file.truncate(reader.index.start + 10)
    with pytest.raises(UserError, match=r"dataset\.h5"):
        reader.read(3)
    written.write_bytes(content)
    assert reader.read(3) == IMAGES[3]


def test_an_index_that_does_not_fit_is_refused(written: Path) -> None:
    with h5py.File(written, "r+") as file:
        del file["jpeg"]
        file["jpeg"] = np.zeros(10, dtype=np.uint8)
    with pytest.raises(UserError, match="its index does not match"):
        jpeg_dataset.read_index(written)


def test_more_left_out_than_an_attribute_holds(tmp_path: Path) -> None:
    left_out = {f"class/photo-{number}.jpg": "cut short" for number in range(5000)}
    index = JpegIndex(
        offset=np.array([0, 4]),
        **dict.fromkeys(("height", "width", "label", "crc32"), np.zeros(1, dtype=np.int32)),
    )
    path = tmp_path / "dataset.h5"
    jpeg_dataset.write(path, index, iter([b"jpeg"]), ["a"], ["b"], left_out, {})
    with h5py.File(path) as file:
        assert len(file["left_out/file"]) == 5000
