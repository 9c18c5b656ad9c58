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


def test_folders_are_in_the_order_of_image_folder(tmp_path: Path) -> None:
    names = ("a/x.jpg", "a/b/x.jpg", "a/b-c/x.jpg", "a/b.d/y.jpg", "a/B/1.jpg", "a/b/c/z.jpg")
    others = ("a-b/x.jpg", "a.c/x.jpg", "a/z.jpg", "A/x.jpg")
    root = write_tree(tmp_path, dict.fromkeys(names + others, JPEG))
    found = class_folders.list_pictures(root)
    theirs = ImageFolder(str(root))
    assert [str(root / file) for file in found.files] == [path for path, _ in theirs.samples]
    assert found.label.tolist() == theirs.targets


@pytest.mark.parametrize(
    "copies",
    [".ipynb_checkpoints", ".git/objects", "__MACOSX", "__macosx", "@eaDir/x.jpg", "$RECYCLE.BIN"],
)
def test_copies_of_other_programs_are_not_learnt_from(tmp_path: Path, copies: str) -> None:
    names = ("a/x.jpg", "a/b/y.jpg", f"a/{copies}/x.jpg", f"{copies}/x.jpg", f"{copies}/a/x.jpg")
    found = class_folders.list_pictures(write_tree(tmp_path, dict.fromkeys(names, JPEG)))
    assert found.files == ("a/x.jpg", "a/b/y.jpg")
    assert not [name for name in found.label_names if copies.startswith(name)]


@pytest.mark.parametrize("target", ["..", ".", "../..", "../../..", "../b", "/", "../a", "loop"])
def test_links_that_lead_back_list_nothing_again(tmp_path: Path, caplog, target: str) -> None:
    names = ("a/x.jpg", "a/deep/z.jpg", "b/y.jpg")
    root = write_tree(tmp_path / "up/tree", dict.fromkeys(names, JPEG))
    write_tree(root, {"loose.jpg": JPEG})
    (root / "a/loop").symlink_to(target)
    assert class_folders.list_pictures(root).files == names
    if target != "loop":
        assert "passed over 1 links to what is listed under another name" in caplog.text
        assert "a/loop" in caplog.text


def test_what_several_links_lead_to_is_listed_once(tmp_path: Path, caplog) -> None:
    outside = write_tree(tmp_path / "outside", {"1.jpg": JPEG, "in/2.jpg": JPEG})
    root = write_tree(tmp_path / "tree", dict.fromkeys(("a/x.jpg", "b/y.jpg"), JPEG))
    (root / "a/first").symlink_to(outside)
    (root / "b/second").symlink_to(outside)
    (root / "b/inner").symlink_to(outside / "in")
    (root / "b/x.jpg").symlink_to(root / "a/x.jpg")
    (root / "b/one.jpg").symlink_to(outside / "1.jpg")
    (outside / "back").symlink_to(root)
    (tmp_path / "single.jpg").write_bytes(JPEG)
    (root / "a/single.jpg").symlink_to(tmp_path / "single.jpg")
    (root / "b/single.jpg").symlink_to(tmp_path / "single.jpg")
    found = class_folders.list_pictures(root)
    assert found.files == (
        "a/single.jpg", "a/x.jpg", "a/first/1.jpg", "a/first/in/2.jpg", "b/y.jpg",
    )  # fmt: skip
    assert found.label.tolist() == [0, 0, 0, 0, 1]
    assert "passed over 6 links" in caplog.text


def test_hard_links_are_listed_once(tmp_path: Path, caplog, monkeypatch) -> None:
    root = write_tree(tmp_path, dict.fromkeys(("a/x.jpg", "a/z.jpg", "b/y.jpg"), JPEG))
    os.link(root / "a/x.jpg", root / "a/w.jpg")
    os.link(root / "a/x.jpg", root / "b/x.jpg")
    found = class_folders.list_pictures(root)
    assert found.files == ("a/w.jpg", "a/z.jpg", "b/y.jpg")
    assert "passed over 2 links" in caplog.text

    class Entry:  # of a file system that gives all files one number
        def __init__(self, entry: "os.DirEntry[str]") -> None:
            self.name, self.path = entry.name, entry.path
            self.is_dir, self.is_symlink, self.inode = entry.is_dir, entry.is_symlink, lambda: 0

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: map(Entry, scandir(path)))
    assert {"a/z.jpg", "b/y.jpg"} <= set(class_folders.list_pictures(root).files)


def test_a_tree_of_any_depth_is_listed(tmp_path: Path) -> None:
    depth = 1200  # more than Python calls functions within each other
    (tmp_path / "a").mkdir()
    for level in range(1, depth + 1):
        os.mkdir(f"{tmp_path}/a{'/d' * level}")
    Path(f"{tmp_path}/a{'/d' * depth}/x.jpg").write_bytes(JPEG)
    assert class_folders.list_pictures(tmp_path).files == (f"a/{'d/' * depth}x.jpg",)
    # pytest removes old folders by functions within each other.
    os.remove(f"{tmp_path}/a{'/d' * depth}/x.jpg")
    for level in range(depth, 0, -1):
        os.rmdir(f"{tmp_path}/a{'/d' * level}")


def test_broken_links_are_told_of_or_refused(tmp_path: Path, caplog) -> None:
    root = write_tree(tmp_path, {"a/x.jpg": JPEG})
    (root / "a/gone.jpg").symlink_to("nowhere.jpg")
    (root / "a/folder").symlink_to("nowhere")
    found = class_folders.list_pictures(root)
    assert found.files == ("a/gone.jpg", "a/x.jpg")  # a picture that will be left out with a reason
    assert "passed over 1 links to what is missing, such as a/folder" in caplog.text
    (root / "b").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"/b is a link to a folder that is missing"):
        class_folders.class_names(root)


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch) -> None:
    root = write_tree(tmp_path, {"a/x.jpg": JPEG, "a/closed/y.jpg": JPEG})
    scandir = os.scandir

    def closed(path: object) -> object:  # as chmod would do, but for root
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(UserError, match=r"a/closed cannot be read \(Permission denied\)"):
        class_folders.list_pictures(root)


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
