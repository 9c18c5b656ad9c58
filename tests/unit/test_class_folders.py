"""A tree of class folders is read as torchvision's ImageFolder reads it, and nothing else is."""

import os
from pathlib import Path

import pytest
from picture_cases import JPEG, write_tree
from torchvision.datasets import ImageFolder
from torchvision.datasets.folder import IMG_EXTENSIONS

from trajectories.errors import UserError
from trajectories.images.sources import folder as class_folders
from trajectories.images.sources.source import shown

NESTED = (
    "tench/b.jpg",
    "tench/a/c.JPEG",
    "tench/a.png",
    "tench/notes.txt",
    "Hen/x.jpg",
    "Hen/10.jpg",
    "Hen/9.jpg",
    "hen/deep/er/y.webp",
    "hen/z.tiff",
    "empty/readme.md",
)


def test_files_and_labels_are_those_of_image_folder(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", dict.fromkeys(NESTED, JPEG))
    write_tree(root, {"loose.jpg": JPEG})
    write_tree(tmp_path / "elsewhere", {"l.jpg": JPEG})
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    found = class_folders.list_pictures(root)
    theirs = ImageFolder(str(root), allow_empty=True)
    assert [str(root / file) for file in found.files] == [path for path, _ in theirs.samples]
    assert found.label.tolist() == theirs.targets
    assert list(found.label_names) == theirs.classes
    assert "linked/l.jpg" in found.files


def test_suffixes_are_those_of_image_folder() -> None:
    assert set(class_folders.SUFFIXES) == set(IMG_EXTENSIONS)


def test_hidden_files_are_no_pictures(tmp_path: Path) -> None:
    names = ("a/x.jpg", "a/._x.jpg", ".cache/y.jpg")
    found = class_folders.list_pictures(write_tree(tmp_path, dict.fromkeys(names, JPEG)))
    assert found.files == ("a/x.jpg",)
    assert found.label_names == ("a",)


@pytest.mark.parametrize("files", [(), ("loose.jpg",), ("a/notes.txt", "b/c/d.md")])
def test_a_folder_without_pictures_in_folders(tmp_path: Path, files: tuple[str, ...]) -> None:
    write_tree(tmp_path, dict.fromkeys(files, JPEG))
    with pytest.raises(UserError, match=r"no folders with pictures.*images\.path"):
        class_folders.list_pictures(tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*nowhere: correct images\.path"):
        class_folders.list_pictures(tmp_path / "nowhere")


def test_names_that_are_no_utf8_can_be_shown() -> None:
    assert shown("a/Äpfel.jpg") == "a/Äpfel.jpg"
    assert shown(os.fsdecode(b"a/\xff.jpg")) == r"a/\xff.jpg"
