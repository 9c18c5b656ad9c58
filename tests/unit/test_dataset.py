"""A data set tells where it comes from, and no damaged one is ever trained on unnoticed."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from trajectories.errors import UserError
from trajectories.images import dataset

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/pack_images.py"
ATTRIBUTES = {"source": "noise", "licence": "CC0", "settings": {"seed": 0, "count": 40}}


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 10, 10, 3), dtype=np.uint8)
    return images, np.repeat(np.arange(20, dtype=np.int32), 2)


@pytest.fixture
def written(tmp_path, arrays) -> Path:
    path = tmp_path / "new" / "dataset.h5"
    dataset.write(path, *arrays, [f"kind {number}" for number in range(20)], ATTRIBUTES)
    return path


def flip_bit(path: Path, pattern: bytes) -> None:
    """Flip one bit of the one place in the file that holds `pattern`."""
    content = bytearray(path.read_bytes())
    assert content.count(pattern) == 1
    content[content.index(pattern) + len(pattern) // 2] ^= 1
    path.write_bytes(content)


def test_what_is_written_is_read(written, arrays) -> None:
    images, label = dataset.load(written)
    np.testing.assert_array_equal(images, arrays[0])
    np.testing.assert_array_equal(label, arrays[1])
    assert (images.dtype, label.dtype) == (np.uint8, np.int32)
    np.testing.assert_array_equal(dataset.read_images(written), arrays[0])
    dataset.verify(written)


def test_a_few_images_are_read_from_disk(written, arrays) -> None:
    with dataset.open_images(written) as images:
        assert len(images) == 40
        np.testing.assert_array_equal(images[[3, 17]], arrays[0][[3, 17]])


def test_the_file_describes_itself(written) -> None:
    with h5py.File(written) as file:
        assert file.attrs["source"] == "noise"
        assert file.attrs["licence"] == "CC0"
        assert json.loads(file.attrs["settings"]) == {"seed": 0, "count": 40}
        assert file["images"].attrs["axes"].startswith("image, row, column")
        assert file["label_name"].asstr()[7] == "kind 7"


def test_chunks_are_of_whole_images(tmp_path) -> None:
    path = tmp_path / "dataset.h5"
    images = np.zeros((300, 64, 64, 3), dtype=np.uint8)
    dataset.write(path, images, np.zeros(300, dtype=np.int32), ["black"], {})
    with h5py.File(path) as file:
        rows, *rest = file["images"].chunks
    assert rest == [64, 64, 3]
    assert 1 < rows < 300


def test_equal_sets_are_equal_files(tmp_path, arrays) -> None:
    paths = [tmp_path / "a.h5", tmp_path / "b.h5"]
    for path in paths:
        dataset.write(path, *arrays, ["kind"] * 20, ATTRIBUTES)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("read", [dataset.load, dataset.verify])
def test_a_flipped_bit_in_a_pixel_is_found(written, arrays, read) -> None:
    flip_bit(written, arrays[0][5].tobytes())
    with pytest.raises(UserError, match="'images' does not match its checksum"):
        read(written)


@pytest.mark.parametrize("read", [dataset.load, dataset.verify])
def test_a_flipped_bit_in_a_label_is_found(written, arrays, read) -> None:
    flip_bit(written, arrays[1].tobytes())
    with pytest.raises(UserError, match="'label' does not match its checksum"):
        read(written)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_named(written, share: float) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"dataset\.h5.*make it again"):
        dataset.load(written)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"absent\.h5"):
        dataset.load(tmp_path / "absent.h5")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no 'images'"),
        ({"images": np.zeros((2, 4, 4, 3), np.uint8)}, "no 'label'"),
        ({"images": np.zeros((2, 4, 4, 3)), "label": np.zeros(2)}, "not a set of training images"),
        ({"images": np.zeros((2, 48), np.uint8), "label": np.zeros(2)}, "not a set of training"),
        ({"images": np.zeros((2, 4, 4, 3), np.uint8), "label": np.zeros(3)}, r"2 images but .*3,"),
    ],
)
def test_an_hdf5_file_of_another_kind_is_refused(tmp_path, content, message: str) -> None:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        for name, array in content.items():
            file[name] = array
    with pytest.raises(UserError, match=message), dataset.open_images(path):
        pass


def test_a_failed_write_leaves_the_former_file(written, arrays) -> None:
    before = written.read_bytes()
    with pytest.raises(TypeError):
        dataset.write(written, *arrays, ["kind"], {"settings": object()})
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == ["dataset.h5"]


def pack(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False
    )


def test_the_script_packs_glyphs_and_states_their_licence(tmp_path) -> None:
    path = tmp_path / "dataset.h5"
    table = tmp_path / "table.csv"
    table.write_text("stimulus,file,face\na,1F436.svg,1\nb,1F44D.svg,0\nc,1F528.svg,0\n")
    done = pack("--count", "6", "--size", "16", "--exclude-table", table, "--output", path)
    assert done.returncode == 0, done.stderr
    images, label = dataset.load(path)
    assert images.shape == (6, 16, 16, 3)
    assert label[::2].tolist() == label[1::2].tolist()
    with h5py.File(path) as file:
        assert file.attrs["licence"] == "CC BY-SA 4.0"
        assert "OpenMoji" in file.attrs["attribution"]
        assert json.loads(file.attrs["settings"])["excluded"] == [
            "1F436.svg",
            "1F44D.svg",
            "1F528.svg",
        ]
        names = set(file["label_name"].asstr()[:])
    assert {"1F415", "1F436", "1F44D"} & names == {"1F415"}


def test_the_script_ends_with_one_sentence_and_writes_nothing(tmp_path) -> None:
    path = tmp_path / "dataset.h5"
    done = pack("--count", "1", "--size", "16", "--output", path)
    assert done.returncode == 1
    assert "images.count is 1" in done.stderr
    assert "Traceback" not in done.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--storage", "jpeg"), "needs pictures in a folder: openmoji has none"),
        (("--source", "folder", "--size", "16"), "--source folder needs --path"),
        (("--source", "cifar10", "--path", "."), "needs --size"),
    ],
)
def test_the_script_refuses_flags_that_do_not_fit(tmp_path, arguments, message: str) -> None:
    path = tmp_path / "dataset.h5"
    done = pack(*arguments, "--count", "4", "--output", path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not path.exists()
