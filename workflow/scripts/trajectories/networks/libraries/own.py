"""Networks of the user's own: `module:function`, a function that builds one.

The module is looked for in the working directory, in the folders of `FOLDERS`, and then wherever
Python finds modules. It is the user's code, and is run.
"""

import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectories.errors import UserError
from trajectories.networks.libraries.library import Built, Library, in_one_line
from trajectories.networks.preprocessing import IMAGENET_MEAN, IMAGENET_SD
from trajectories.storage import imports

if TYPE_CHECKING:
    pass

FOLDERS = "TRAJECTORIES_NETWORKS"
"""Environment variable: further folders to look in, such as that of the config."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_SIZE = 224  # px


def folders() -> list[Path]:
    """Where modules are looked for before Python looks."""
    return [Path.cwd(), *map(Path, filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)))]


def files(architecture: str) -> list[Path]:
    """The file of the module, if it is in one of the folders, and those there that it imports."""
    places = architecture.partition(":")[0].split(".")
    for folder in folders():
        place = folder.joinpath(*places)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return imports.files(folder, str(file.relative_to(folder)))
    return []


def build(architecture: str, size: int | None) -> Built:
    """Call the user's function; it is given `image_size` if it takes that."""
    from torch import nn

    module, _, name = architecture.partition(":")
    with _found_first():
        function = _function(module, name)
        takes_size = "image_size" in inspect.signature(function).parameters
        try:
            network = function(image_size=size) if takes_size and size else function()
        except Exception as error:
            raise UserError(
                f"{module}:{name}, which `network.architecture` names, failed"
                f" ({in_one_line(error)}): correct it"
            ) from error
    if not isinstance(network, nn.Module):
        raise UserError(
            f"{module}:{name}, which `network.architecture` names, gives"
            f" {type(network).__name__}, not a torch.nn.Module: return the network"
        )
    preprocessing = {
        "size": size or _SIZE,
        "resize": "whole",
        "interpolation": "bilinear",
        "mean": IMAGENET_MEAN,
        "sd": IMAGENET_SD,
    }
    return Built(network, (), preprocessing)


@contextmanager
def _found_first() -> Iterator[None]:
    """Let the user's modules be found before others of the same name."""
    before = list(sys.path)
    sys.path[:0] = map(str, folders())
    try:
        yield
    finally:
        sys.path[:] = before


def _function(module: str, name: str) -> Any:
    try:
        function = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0] and error.name != module:
            raise UserError(
                f"the module {module}, which `network.architecture` names, imports {error.name},"
                " which is not installed: install it in the environment of the workflow"
            ) from error
        raise UserError(
            f"there is no module {module}, which `network.architecture` names: put"
            f" {module.split('.')[0]}.py beside the config"
        ) from error
    except Exception as error:
        raise UserError(
            f"the module {module}, which `network.architecture` names, cannot be imported"
            f" ({in_one_line(error)}): correct it"
        ) from error
    if not callable(function):
        raise UserError(
            f"the module {module}, which `network.architecture` names, has no function {name}:"
            f" write one that returns the network"
        )
    return function


LIBRARY = Library(
    title="a function of your own",
    packages=("torch", "torchvision"),
    has=lambda architecture: _NAME.fullmatch(architecture) is not None,
    files=files,
    build=build,
)
