"""The 92 published images are read as they are, with the pair counts of the paper's categories.

The truths are the file's own blocks (Kriegeskorte et al. 2008), counted by hand, and Pillow.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from trajectories.errors import UserError
from trajectories.planning import checks
from trajectories.rdms import categories
from trajectories.stimuli import pictures as stimulus_images
from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli import table as stimulus_table
from trajectories.study.config import resolve

PUBLISHED = (
    Path(__file__).parents[3]
    / "shared/data/kriegeskorte92/Kriegeskorte_Neuron2008_supplementalData.mat"
)
needs_file = pytest.mark.skipif(
    not PUBLISHED.is_file(), reason="the published file is not beside the checkout"
)


def small_file(path: Path, changes: dict[str, object] | None = None) -> Path:
    """A file of the published form with four images of its own."""
    rng = np.random.default_rng(0)
    items = np.empty(4, dtype=object)
    for index, kind in enumerate(("human face", "human face", "nonhuman face", "artificial")):
        items[index] = {
            "category": kind,
            "human": int(kind.startswith("human")),
            "face": int("face" in kind),
            "animal": int("face" in kind),
            "natural": int("face" in kind),
            "image": rng.integers(0, 256, (9, 9, 3), dtype=np.uint8),
        }
    content = {
        "stimuli_92objs": items,
        "categoryLabels": np.array(["animate", "rand24"], dtype=object),
        "categoryVectors": np.array([[1, 0], [1, 1], [1, 0], [0, 1]], dtype=np.uint8),
    }
    savemat(path, {**content, **(changes or {})})
    return path


@needs_file
def test_the_92_images_come_in_the_published_blocks() -> None:
    table = stimulus_table.read_table(PUBLISHED)
    assert len(table.stimulus) == len(set(table.stimulus)) == 92
    blocks = {
        "human_bodypart": slice(0, 12),
        "human_face": slice(12, 24),
        "nonhuman_bodypart": slice(24, 36),
        "nonhuman_face": slice(36, 48),
        "natural_inanimate": slice(48, 71),
        "artificial_inanimate": slice(71, 92),
    }
    for kind, block in blocks.items():
        names = table.stimulus[block]
        assert names == tuple(f"{kind}_{number:02d}" for number in range(1, len(names) + 1))
    whole = np.arange(92)
    assert table.flags["human"].tolist() == (whole < 24).tolist()
    assert table.flags["animal"].tolist() == (whole < 48).tolist()
    assert table.flags["natural"].tolist() == (whole < 71).tolist()
    face = ((whole >= 12) & (whole < 24)) | ((whole >= 36) & (whole < 48))
    assert table.flags["face"].tolist() == face.tolist()
    assert table.flags["body"].tolist() == ((whole < 48) & ~face).tolist()
    assert not {"rand24", "rand48", "other48"} & table.flags.keys()


@needs_file
@pytest.mark.parametrize(
    ("definition", "within", "between"),
    [
        ({"within": "face"}, 276, 1632),
        ({"within": "animal"}, 1128, 2112),
        ({"within": "animal & ~human"}, 276, 24 * 68),
        ({"within": "face & human"}, 66, 12 * 80),
        ({"within": "face", "between": "body"}, 276, 24 * 24),
        ({"within": "human", "between": "animal & ~human"}, 276, 24 * 24),
    ],
)
def test_pairs_of_the_92_images(definition, within, between) -> None:
    flags = stimulus_table.read_table(PUBLISHED).flags
    [category] = categories.select({"some": definition}, flags)
    assert category.within.sum() == within
    assert category.between.sum() == between


@needs_file
def test_pictures_are_whole_on_grey() -> None:
    pictures = published_stimuli.read_pictures(PUBLISHED)
    assert all(picture.shape == (175, 175, 3) for picture in pictures.values())
    corners = np.array([picture[0, 0] for picture in pictures.values()])
    assert (np.abs(corners.astype(int) - 128) <= 1).mean() > 0.9
    name = "human_face_01"
    [shown] = stimulus_images.load_images([name], str(PUBLISHED), 224)
    expected = Image.fromarray(pictures[name]).resize((224, 224), Image.Resampling.BILINEAR)
    assert np.array_equal(shown, np.asarray(expected))


def test_a_file_of_this_form_is_read(tmp_path) -> None:
    path = small_file(tmp_path / "small.mat")
    table = stimulus_table.read_table(path)
    assert table.stimulus == ("human_face_01", "human_face_02", "nonhuman_face_01", "artificial_01")
    assert table.flags["animate"].tolist() == [True, True, True, False]
    assert stimulus_images.load_images(table.files, str(path), 5).shape == (4, 5, 5, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"stimuli_92objs": np.arange(4)},
        {"categoryVectors": np.ones((3, 2), dtype=np.uint8)},
        {"categoryVectors": np.ones((4, 3), dtype=np.uint8)},
    ],
)
def test_another_mat_file_is_refused_by_name(tmp_path, changes) -> None:
    path = small_file(tmp_path / "other.mat", changes)
    with pytest.raises(UserError, match=r"other\.mat is not a complete copy of Kriegeskorte"):
        stimulus_table.read_table(path)


def test_pictures_of_another_kind_are_refused(tmp_path) -> None:
    path = tmp_path / "floats.mat"
    items = np.empty(3, dtype=object)
    for index in range(3):
        items[index] = {
            **dict.fromkeys(("human", "face", "animal", "natural"), 1),
            "category": "face",
            "image": np.ones((4, 4, 3)),
        }
    small_file(path, {"stimuli_92objs": items, "categoryVectors": np.ones((3, 2), np.uint8)})
    with pytest.raises(UserError, match=r"floats\.mat .*float64"):
        published_stimuli.read_pictures(path)


def test_a_cut_or_missing_file_is_refused_by_name(tmp_path) -> None:
    whole = small_file(tmp_path / "whole.mat").read_bytes()
    (tmp_path / "cut.mat").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut\.mat is not a complete copy"):
        stimulus_table.read_table(tmp_path / "cut.mat")
    with pytest.raises(UserError, match=r"no stimulus file .*none\.mat: correct stimuli\.table"):
        stimulus_table.read_table(tmp_path / "none.mat")


def config(table: str, folder: str | None) -> dict[str, object]:
    stimuli = {"table": table} | ({} if folder is None else {"folder": folder})
    images = {"source": "openmoji", "count": 64}
    return resolve({"experiment": "x", "seeds": [1], "images": images, "stimuli": stimuli})


def test_the_folder_of_test_images_is_named_or_in_the_file() -> None:
    assert checks.stimulus_folder(config("data/a.mat", None)) == "data/a.mat"
    assert checks.stimulus_folder(config("a.csv", "images")) == "images"
    with pytest.raises(UserError, match=r"stimuli\.folder` is images, .* delete the key"):
        checks.stimulus_folder(config("data/a.mat", "images"))
    with pytest.raises(UserError, match=r"stimuli\.folder` is missing: name the folder"):
        checks.stimulus_folder(config("a.csv", None))
