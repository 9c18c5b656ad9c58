"""Checkpoints for analysis and states for resuming, on disk.

A checkpoint is slim: the backbone of the query encoder and where it comes from. A state is all
that training needs to resume to the last bit: all modules of its objective, such as both encoders
and the queue of MoCo, momentum buffers, history.
Both are torch files of tensors and plain values, so that they load with `weights_only=True`.
"""

import math
import pickle
import platform
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.storage import image_record
from trajectories.storage.files import atomic
from trajectories.storage.image_record import Content
from trajectories.study.epochs import checkpoint_name as checkpoint_name

# What reading a file that is cut short or altered may raise.
DAMAGE = (
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
)
_STATE = ("epoch", "step", "model", "momentum", "history")


class DamagedError(UserError):
    """A file that is missing or cannot be read, and what to do about it."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(f"{fault}: {mend}")
        self.fault = fault


def provenance() -> dict[str, str]:
    """Versions of what computed a file."""
    packages = {name: version(name) for name in ("torch", "torchvision", "numpy")}
    return {"python": platform.python_version(), **packages}


def save_checkpoint(
    path: Path,
    backbone: Mapping[str, Tensor],
    *,
    epoch: float,
    step: int | None,
    seed: int,
    recipe_digest: str,
    training_images: Content = None,
) -> None:
    """Write a slim checkpoint.

    Parameters
    ----------
    backbone : mapping of str to Tensor
        State dict of the query encoder's backbone, named as in torchvision.
    epoch : float
        Epochs of training so far.
    step : int or None
        Optimiser steps so far; None where that is not known, as of imported weights.
    training_images : str, optional
        Content of the images that it was trained on (`storage.image_record`).
    """
    content = {
        "backbone": dict(backbone),
        "epoch": float(epoch),
        "step": step,
        "seed": seed,
        "recipe_digest": recipe_digest,
        "versions": provenance(),
    }
    if training_images is not None:
        content[image_record.TRAINING] = training_images
    _save(path, content)


def load_checkpoint(
    path: Path, *, epoch: float, seed: int, recipe_digest: str, training_images: Content = None
) -> dict[str, Tensor]:
    """State dict of the backbone in the checkpoint at `path`.

    Raises
    ------
    UserError
        If the file is missing or damaged, or is from another epoch, seed or recipe, or was trained
        on other images than those given, where it says on which.
    """
    expected = {"seed": seed, "recipe_digest": recipe_digest}
    content = _load(path, "checkpoint", expected, ("epoch", "backbone"))
    if content["epoch"] != epoch:
        raise UserError(
            f"checkpoint {path} is from epoch {content['epoch']}, not {epoch}:"
            " delete its folder and start the workflow again"
        )
    _require_images(content, f"checkpoint {path}", training_images)
    backbone: dict[str, Tensor] = content["backbone"]
    return backbone


def described(path: Path) -> dict[str, Any]:
    """What a checkpoint records about itself: epoch, step, seed, recipe digest, versions.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    content = _load(path, "checkpoint", {}, ("epoch", "step", "seed", "recipe_digest", "versions"))
    del content["backbone"]
    return content


def largest_difference(one: Path, other: Path) -> float:
    """The largest difference between weights of two checkpoints; infinite if not comparable.

    Raises
    ------
    UserError
        If a file is missing or damaged.
    """
    first, second = (_load(path, "checkpoint", {}, ("backbone",)) for path in (one, other))
    mine, theirs = first["backbone"], second["backbone"]
    if {name: t.shape for name, t in mine.items()} != {name: t.shape for name, t in theirs.items()}:
        return math.inf
    apart = [(mine[name].double() - theirs[name].double()).abs().max().item() for name in mine]
    return max((math.inf if math.isnan(each) else each for each in apart), default=0.0)


def save_state(path: Path, content: Mapping[str, Any]) -> None:
    """Write a training state."""
    _save(path, content)


def load_state(
    path: Path,
    *,
    seed: int,
    recipe_digest: str,
    needed: Iterable[str] = (),
    training_images: Content = None,
) -> dict[str, Any]:
    """Read a training state, refusing one of another seed or recipe, or of other images.

    Parameters
    ----------
    needed : iterable of str
        What it must hold beside what every state holds.
    training_images : str, optional
        Content of the images that training goes on with.

    Raises
    ------
    UserError
        If the file is missing or damaged, belongs to another seed or recipe, or was trained on
        other images, where it says on which.
    """
    expected = {"seed": seed, "recipe_digest": recipe_digest}
    content = _load(path, "training state", expected, (*_STATE, *needed))
    _require_images(content, f"training state {path}", training_images)
    return content


def _require_images(content: Mapping[str, Any], what: str, training_images: Content) -> None:
    image_record.require(
        content,
        image_record.TRAINING,
        training_images,
        what,
        "put back the dataset.h5 that it was trained on, or move the folder of this network"
        " instance away to train it on these",
    )


def history_in(path: Path) -> list[dict[str, Any]]:
    """Rows of all epochs up to a training state, whose tensors are not read.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        rows: list[dict[str, Any]] = [dict(row) for row in content["history"]]
    except DAMAGE as error:
        raise DamagedError(
            f"training state {path} is missing, or damaged and cannot be read",
            "put it back, or delete it and start the workflow again",
        ) from error
    return rows


def require_checkpoints(folder: Path, epochs: Iterable[float]) -> list[Path]:
    """Paths of the checkpoints at `epochs`, all of which must be in `folder`.

    Raises
    ------
    UserError
        If any is missing; the message names them all.
    """
    if not folder.is_dir():
        raise DamagedError(f"there is no folder {folder}", "start the workflow to make it")
    paths = [folder / checkpoint_name(epoch) for epoch in epochs]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise DamagedError(
            f"{folder} lacks {', '.join(missing)}",
            "delete the folder and start the workflow again, which makes this segment again",
        )
    return paths


def find_checkpoints(folders: Iterable[Path], epochs: Iterable[float]) -> list[Path]:
    """Paths of the checkpoints at `epochs`, whichever of the segments' folders each is in.

    Raises
    ------
    UserError
        If any is missing; the message names them all.
    """
    folders = list(folders)
    known = {path.name: path for folder in folders for path in folder.glob("*.pt")}
    names = [checkpoint_name(epoch) for epoch in epochs]
    if missing := [name for name in names if name not in known]:
        raise UserError(
            f"{', '.join(map(str, folders))} lack {', '.join(missing)}: delete the folder of this"
            " segment and start the workflow again, which makes it again"
        )
    return [known[name] for name in names]


def _save(path: Path, content: Mapping[str, Any]) -> None:
    # Through an open file: torch writes the name of a path into the file, and that of a temporary
    # file is another each time, so equal content would not be equal bytes.
    with atomic(path) as temporary, temporary.open("wb") as file:
        torch.save(dict(content), file)


def verify_archive(path: Path) -> None:
    """Refuse an archive of torch that is damaged, or that claims to hold more than it does.

    torch compresses nothing, and does not compare the checksums that it writes.

    Raises
    ------
    zipfile.BadZipFile
    """
    with zipfile.ZipFile(path) as archive:
        if sum(item.file_size for item in archive.infolist()) > path.stat().st_size:
            raise zipfile.BadZipFile("it unpacks to more than its size")
        if broken := archive.testzip():
            raise zipfile.BadZipFile(broken)


def verify_sizes(content: object) -> None:
    """Refuse tensors that claim more elements than they store: a copy would fill the memory.

    Raises
    ------
    ValueError
    """
    if isinstance(content, Mapping):
        for value in content.values():
            verify_sizes(value)
    elif isinstance(content, list | tuple):
        for value in content:
            verify_sizes(value)
    elif (
        isinstance(content, Tensor)
        and content.layout == torch.strided
        and content.nbytes > content.untyped_storage().nbytes()
    ):
        raise ValueError("a tensor claims more elements than it stores")


def _load(
    path: Path, kind: str, expected: Mapping[str, object], needed: Iterable[str]
) -> dict[str, Any]:
    try:
        with reading(path):
            verify_archive(path)
            content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            verify_sizes(content)
            found = {key: content[key] for key in (*expected, *needed)}
    except FileNotFoundError as error:
        raise DamagedError(f"{kind} {path} is missing", "start the workflow to make it") from error
    except DAMAGE as error:
        raise DamagedError(
            f"{kind} {path} is damaged and cannot be read",
            "delete it and start the workflow again",
        ) from error
    for key, value in expected.items():
        if found[key] != value:
            name = key.replace("_", " ")
            raise UserError(
                f"{kind} {path} belongs to {name} {found[key]}, not {value}:"
                " move it away, or go back to the configuration it was made with"
            )
    return content
