"""Descriptions of networks that only torch can make: made once, and kept, for who has no torch.

Torch is imported in a process of its own, and only for a network whose description is not there.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.networks.description import INPUT, Module, Network
from trajectories.networks.libraries import own
from trajectories.networks.libraries.library import Library
from trajectories.networks.readout import Tokens
from trajectories.storage.files import atomic

_HERE = Path(__file__).parent
_TRACING = "trajectories.networks.libraries.tracing"
_SCRIPTS = _HERE.parents[2]


@dataclass
class DescribedNetwork(Network):
    """A network as torch described it.

    Attributes
    ----------
    content : mapping
        From `tracing.describe`.
    """

    content: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "DescribedNetwork":
        """The network of a description."""
        size = content["size"]
        modules = {INPUT: Module((3, size, size), ())}
        for name, layer in content["layers"].items():
            modules[name] = Module(tuple(layer["shape"] or ()), (), repeated=layer["calls"] > 1)
        return cls(modules, content)

    @property
    def preprocessing(self) -> dict[str, Any]:
        """What the network's library says of its images."""
        return dict(self.content["preprocessing"])

    @property
    def tokens(self) -> Tokens:
        """Tokens of the network."""
        return Tokens(*self.content["tokens"])

    @property
    def has_batchnorm(self) -> bool:
        """Whether any module is a batch normalisation."""
        return bool(self.content["batchnorm"])

    @property
    def checkpoint_bytes(self) -> int:
        """Size of the tensors of a checkpoint."""
        return int(self.content["checkpoint_bytes"])

    @cached_property
    def faults(self) -> dict[str, str]:
        """Why a module cannot be a layer, by its name: what the network does with it."""
        found = {}
        for name, layer in self.content["layers"].items():
            if layer["calls"] == 0:
                found[name] = "never calls it"
            elif layer["calls"] > 1:
                found[name] = "applies it several times"
            elif layer["kind"] != "Tensor":
                found[name] = f"gets a {layer['kind']}, not one tensor, from it"
            elif layer["shape"] is None:
                found[name] = "gets what has no axis of images from it"
            elif not layer["weights"]:
                found[name] = "uses no weights up to it, so that it never changes"
        return found

    def weights_up_to(self, layer: str) -> list[str]:
        """Names of the parameters that the output of a layer depends on."""
        names = self.content["weights"]
        return [names[index] for index in self.content["layers"][layer]["weights"]]


def describe(architecture: str, size: int | None, library: Library) -> DescribedNetwork:
    """Describe a network of a library.

    Parameters
    ----------
    architecture : str
    size : int or None
        Side of the square images in px; None for the network's own.
    library : Library
        Where it comes from.

    Raises
    ------
    UserError
        If there is no such network, or neither a description nor torch.
    """
    path = folder() / _name(architecture, size, library)
    stored = _read(path)
    # Of a package that is installed, a change would not be seen.
    lasting = library is not own.LIBRARY or bool(library.files(architecture))
    torch_is_here = find_spec("torch") is not None
    current = lasting and stored is not None and stored["versions"] == versions(library.packages)
    if stored is None or (torch_is_here and not current):
        if not torch_is_here:
            raise UserError(
                f"the network {architecture} can be described only where torch is installed, which"
                " it is not here: run `make layers` where it is, with the same home folder"
                f" (the description is kept in {folder()}), or install torch and torchvision here"
            )
        stored = _made(architecture, size)
        _keep(path, stored)
    return DescribedNetwork.of(stored)


def folder() -> Path:
    """Where descriptions are kept: they can be made again at any time."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "learning-trajectories" / "networks"


def _name(architecture: str, size: int | None, library: Library) -> str:
    """Name of the file, by all that the description depends on but for versions of packages."""
    digest = hashlib.sha256(f"{architecture} {size}".encode())
    code = [_HERE.parent / "readout.py", *sorted(_HERE.glob("*.py"))]
    for file in [*code, *library.files(architecture)]:
        digest.update(file.read_bytes())
    plain = re.sub(r"\W+", "-", architecture)[:80]
    return f"{plain}-{digest.hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content if "layers" in content else None
    except (OSError, ValueError):
        return None


def _keep(path: Path, content: Mapping[str, Any]) -> None:
    try:
        with atomic(path) as temporary:
            temporary.write_text(json.dumps(content), encoding="utf-8")
    except (OSError, UserError):
        pass  # it is made again next time


def _made(architecture: str, size: int | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="network-") as scratch:
        output = Path(scratch) / "description.json"
        # -P: modules of the working directory are not taken for those of Python.
        done = subprocess.run(
            [sys.executable, "-P", "-m", _TRACING, architecture, str(size or 0), str(output)],
            env={**os.environ, "PYTHONPATH": str(_SCRIPTS), "CUDA_VISIBLE_DEVICES": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        content = json.loads(output.read_text(encoding="utf-8")) if output.is_file() else {}
    if "error" in content:
        raise UserError(content["error"])
    if done.returncode or not content:
        last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"the network {architecture} cannot be described ({last}): correct it")
    return dict(content)


def versions(packages: tuple[str, ...]) -> dict[str, str | None]:
    """Versions of packages, None of those that are not there."""
    found: dict[str, str | None] = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
