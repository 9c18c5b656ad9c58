"""Checkpoints for analysis and states for resuming, on disk.

A checkpoint is slim: the backbone of the query encoder and where it comes from. A state is all
that training needs to go on to the last bit: both encoders, queue, momentum buffers, history.
Both are torch files of tensors and plain values, so that they load with `weights_only=True`.
"""

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
from trajectories.files import atomic

_DAMAGE = (
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
_STATE = ("epoch", "step", "model", "pointer", "momentum", "history")


class DamagedError(UserError):
    """A file that is missing or cannot be read, and what to do about it."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(f"{fault}: {mend}")
        self.fault = fault


def checkpoint_name(epoch: float) -> str:
    """File name of the checkpoint at `epoch`; names sort by time ("epoch-0003.000.pt")."""
    return f"epoch-{epoch:08.3f}.pt"


def provenance() -> dict[str, str]:
    """Versions of what computed a file."""
    packages = {name: version(name) for name in ("torch", "torchvision", "numpy")}
    return {"python": platform.python_version(), **packages}


def save_checkpoint(
    path: Path,
    backbone: Mapping[str, Tensor],
    *,
    epoch: float,
    step: int,
    seed: int,
    recipe_digest: str,
) -> None:
    """Write a slim checkpoint.

    Parameters
    ----------
    backbone : mapping of str to Tensor
        State dict of the query encoder's backbone, named as in torchvision.
    epoch : float
        Epochs of training so far.
    step : int
        Optimiser steps so far.
    """
    content = {
        "backbone": dict(backbone),
        "epoch": float(epoch),
        "step": step,
        "seed": seed,
        "recipe_digest": recipe_digest,
        "versions": provenance(),
    }
    _save(path, content)


def load_checkpoint(
    path: Path, *, epoch: float, seed: int, recipe_digest: str
) -> dict[str, Tensor]:
    """State dict of the backbone in the checkpoint at `path`.

    Raises
    ------
    UserError
        If the file is missing or damaged, or is from another epoch, seed or recipe.
    """
    expected = {"seed": seed, "recipe_digest": recipe_digest}
    content = _load(path, "checkpoint", expected, ("epoch", "backbone"))
    if content["epoch"] != epoch:
        raise UserError(
            f"checkpoint {path} is from epoch {content['epoch']}, not {epoch}:"
            " delete its folder and train the segment again"
        )
    backbone: dict[str, Tensor] = content["backbone"]
    return backbone


def save_state(path: Path, content: Mapping[str, Any]) -> None:
    """Write a training state."""
    _save(path, content)


def load_state(path: Path, *, seed: int, recipe_digest: str) -> dict[str, Any]:
    """Read a training state, refusing one of another seed or recipe.

    Raises
    ------
    UserError
        If the file is missing or damaged, or belongs to another seed or recipe.
    """
    expected = {"seed": seed, "recipe_digest": recipe_digest}
    return _load(path, "training state", expected, _STATE)


def require_checkpoints(folder: Path, epochs: Iterable[float]) -> list[Path]:
    """Paths of the checkpoints at `epochs`, all of which must be in `folder`.

    Raises
    ------
    UserError
        If any is missing; the message names them all.
    """
    paths = [folder / checkpoint_name(epoch) for epoch in epochs]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise DamagedError(
            f"{folder} lacks {', '.join(missing)}",
            "delete the folder and start the workflow again, which trains this segment anew",
        )
    return paths


def _save(path: Path, content: Mapping[str, Any]) -> None:
    # Through an open file: torch writes the name of a path into the file, and that of a temporary
    # file is another each time, so equal content would not be equal bytes.
    with atomic(path) as temporary, temporary.open("wb") as file:
        torch.save(dict(content), file)


def _load(
    path: Path, kind: str, expected: Mapping[str, object], needed: Iterable[str]
) -> dict[str, Any]:
    try:
        # torch does not compare the checksums that it writes.
        with zipfile.ZipFile(path) as archive:
            if broken := archive.testzip():
                raise zipfile.BadZipFile(broken)
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        found = {key: content[key] for key in (*expected, *needed)}
    except FileNotFoundError as error:
        raise DamagedError(f"{kind} {path} is missing", "start the workflow to make it") from error
    except _DAMAGE as error:
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
