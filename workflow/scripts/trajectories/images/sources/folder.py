"""Training images as a tree of folders, one for each class (torchvision's `ImageFolder`)."""

import dataclasses
import logging
import os
from collections import deque
from pathlib import Path

import numpy as np

from trajectories.errors import UserError
from trajectories.images.sources.source import (
    Advance,
    PictureFiles,
    Request,
    Source,
    Squares,
    decoded_by_pillow,
    named,
    shown,
)

# As torchvision.datasets.folder.IMG_EXTENSIONS.
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


log = logging.getLogger("trajectories")

# Folders in which macOS's archives, Synology's disk stations and Windows keep copies.
_OF_PROGRAMS = ("__macosx", "@eadir", "$recycle.bin")


def list_pictures(root: Path) -> PictureFiles:
    """Find the pictures of a tree in the order of `ImageFolder`: by class, folder, and name.

    None is opened. Labels are the class folders. Pictures may lie at any depth below their class.
    Hidden files and folders, those in which other programs keep copies, and files that are no
    pictures by their name are passed over. Links are followed, but what several lead to is listed
    once, under the first of its names; the log says so.

    Raises
    ------
    UserError
        If there is no such folder, a folder cannot be read, or there is none with pictures in it.
    """
    names = class_names(root)
    tree = _Tree(root)
    for name in names:
        tree.add(root / name, name, f"{tree.root}/{name}")
    tree.list()
    place = {name: index for index, name in enumerate(names)}
    # As ImageFolder: by class, then by the whole path of the folder, then by name.
    folders = sorted(tree.folders.items(), key=lambda item: (place[item[0].split("/")[0]], item[0]))
    files = [f"{folder}/{name}" for folder, found in folders for name in found]
    if not files:
        raise UserError(_without_pictures(root))
    tree.tell()
    label = np.array([place[file.split("/")[0]] for file in files], dtype=np.int32)
    return PictureFiles(root, tuple(files), label, tuple(names))


class _Tree:
    """A tree whose folders and files are listed once, by whatever links they can be reached.

    Attributes
    ----------
    folders : dict of str to list of str
        Names of the pictures in each folder, sorted, by the path of the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.folders: dict[str, list[str]] = {}
        self.waiting: deque[tuple[Path, str, str]] = deque()
        self.waiting_links: deque[tuple[Path, str, str]] = deque()
        self.entered: set[str] = set()  # real paths of folders
        self.numbered: dict[int, str] = {}  # paths of files by their number (inode)
        self.links: list[tuple[str, str]] = []
        self.again: list[str] = []
        self.lost: list[str] = []

    def add(self, folder: Path, place: str, real: str) -> None:
        """Add a folder to those that are to be listed; `real` is its path if it is no link."""
        (self.waiting_links if folder.is_symlink() else self.waiting).append((folder, place, real))

    def list(self) -> None:
        """List all folders, then what only links lead to, each once."""
        while self.waiting or self.waiting_links:
            direct = bool(self.waiting)
            folder, place, real = (self.waiting or self.waiting_links).popleft()
            real = real if direct else os.path.realpath(folder)
            # What contains the tree leads into it again.
            above = not direct and f"{self.root}/".startswith(f"{real.rstrip('/')}/")
            if real in self.entered or above:
                self.again.append(place)
            else:
                self.entered.add(real)
                self._list(folder, place, real)
        self._add_linked_files()
        for names in self.folders.values():
            names.sort()

    def _add_linked_files(self) -> None:
        if not self.links:
            return
        known = {
            f"{os.path.realpath(Path(self.root) / folder)}/{name}"
            for folder, names in self.folders.items()
            for name in names
        }
        for place, name in self.links:
            real = os.path.realpath(Path(self.root) / place / name)
            if real in known:
                self.again.append(f"{place}/{name}")
            else:
                known.add(real)
                self.folders[place].append(name)

    def _list(self, folder: Path, place: str, real: str) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise UserError(
                f"{folder} cannot be read ({error.strerror}): get permission to read it, or move it"
                " out of the folder of images.path"
            ) from error
        pictures = self.folders[place] = []
        for entry in entries:
            if _passed_over(entry.name):
                continue
            picture = entry.name.lower().endswith(SUFFIXES)
            if _is_folder(entry):
                self.add(Path(entry.path), f"{place}/{entry.name}", f"{real}/{entry.name}")
            elif picture and entry.is_symlink():
                self.links.append((place, entry.name))
            elif picture and self._is_hard_link(entry):
                self.again.append(f"{place}/{entry.name}")
            elif picture:
                pictures.append(entry.name)
            elif not os.path.exists(entry.path):
                self.lost.append(f"{place}/{entry.name}")

    def _is_hard_link(self, entry: "os.DirEntry[str]") -> bool:
        """Whether a file has been listed under another name."""
        # Some file systems give numbers that mean nothing, so equal ones are looked at closely.
        other = self.numbered.setdefault(entry.inode(), entry.path)
        return other != entry.path and os.path.samefile(other, entry.path)

    def tell(self) -> None:
        """Log what was passed over."""
        for places, what in (
            (self.again, "links to what is listed under another name"),
            (self.lost, "links to what is missing"),
        ):
            if places:
                log.warning("passed over %d %s, such as %s", len(places), what, shown(places[0]))


def class_names(root: Path) -> list[str]:
    """Names of the class folders of a tree, sorted.

    Raises
    ------
    UserError
        If there is no such folder, or it has no folders.
    """
    if not root.is_dir():
        raise UserError(f"There is no folder {root}: correct images.path in the config.")
    entries = [entry for entry in os.scandir(root) if not _passed_over(entry.name)]
    names = sorted(entry.name for entry in entries if _is_folder(entry))
    for entry in entries:
        if not os.path.exists(entry.path) and not entry.name.lower().endswith(SUFFIXES):
            raise UserError(
                f"{entry.path} is a link to a folder that is missing: put the folder back, or"
                " delete the link"
            )
    if not names:
        raise UserError(_without_pictures(root))
    return names


def squares(request: Request, advance: Advance) -> Squares:
    """Choose pictures and bring them to squares: shorter side reduced, centre kept.

    Raises
    ------
    UserError
        If there are fewer whole pictures than are wanted.
    """
    from trajectories.images import pixel_packing

    return pixel_packing.from_files(list_pictures(named(request.path)), request, advance)


def held_out(request: Request, advance: Advance) -> Squares:
    """Choose pictures of a tree that is not learnt from, all if more are wanted than there are.

    Raises
    ------
    UserError
        As `squares`; a few broken pictures are too many where all are wanted.
    """
    from trajectories.images import pixel_packing

    files = list_pictures(named(request.path))
    wanted = dataclasses.replace(request, count=min(request.count, len(files.files)))
    return pixel_packing.from_files(files, wanted, advance)


def _without_pictures(root: Path) -> str:
    return (
        f"{root} has no folders with pictures in them: images.path in the config must name the"
        " folder that contains a folder for each class."
    )


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    # An entry raises an error where a link leads to itself.
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_PROGRAMS


def _classes(request: Request) -> int | None:
    root = request.path
    if root is None or not root.is_dir():
        return None
    return sum(any(os.scandir(root / name)) for name in class_names(root))


def _check(root: Path) -> None:
    class_names(root)


SOURCES = {
    "folder": Source(
        folder="the folder that contains a folder of pictures for each class",
        check=_check,
        squares=squares,
        origin=lambda path: decoded_by_pillow("folder", path),
        pictures=list_pictures,
        classes=_classes,
        held_out=held_out,
        held_out_folder=True,
    )
}
