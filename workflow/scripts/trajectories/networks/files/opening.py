"""What is in a file of weights, whoever wrote it, without running anything of it.

Training code keeps more than weights in a file: options (`argparse.Namespace`, OmegaConf), numpy's
scalars, callbacks. Objects of such classes are not made. A `Skipped` stands in their place, and
only what torch itself counts as safe is loaded.
"""

import json
import pickle
import pickletools
import re
import warnings
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

import safetensors
import torch
from safetensors.torch import load_file

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.networks.checkpoints import DAMAGE, verify_archive, verify_sizes
from trajectories.storage import torch_text

METADATA = "__metadata__"
"""Key of the texts that a safetensors file holds beside its tensors."""

_BEGIN = 100  # bytes
_PICKLES = 5  # in a file of torch before 1.6: number, version, system, content, names of storages
_MOST_HEADER = 100_000_000  # bytes, as safetensors itself allows
_LIKE_A_DICT = re.compile(r"Can only SETITEMS? .*got <class '(.+)'>")
_LIKE_A_LIST = re.compile(r"Can only (?:append|extend) .*got <class '(.+)'>")


class Skipped:
    """In the place of an object of an unknown class, of which nothing is kept."""

    def __new__(cls, *args: object, **options: object) -> "Skipped":  # noqa: D102
        return super().__new__(cls)

    def __init__(self, *args: object, **options: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...


class _Mapping(Skipped):
    """A class derived from dict: its items are kept, in a plain one."""

    def __new__(cls, *args: object, **options: object) -> Any:
        return OrderedDict()


class _List(Skipped):
    """A class derived from list."""

    def __new__(cls, *args: object, **options: object) -> Any:
        return []


def opened(path: Path) -> Any:
    """Content of a file that `torch.save` or safetensors wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    object
        Nested mappings and lists of tensors and plain values, with `Skipped` in the place of
        everything else. Of safetensors, a mapping of tensors, with its texts under `METADATA`.

    Raises
    ------
    UserError
        If the file is missing, damaged, of another kind, or calls what the operating system offers.
    """
    try:
        with reading(path):
            if is_safetensors(path):
                return _safetensors(path)
            if zipfile.is_zipfile(path):
                verify_archive(path)
            content = _torch(path)
            verify_sizes(content)
            return content
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: put it back, or start the workflow again") from error
    except (*DAMAGE, safetensors.SafetensorError) as error:
        _explain(path, error)


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors: the length of a header, and JSON."""
    with path.open("rb") as file:
        length, begin = int.from_bytes(file.read(8), "little"), file.read(1)
    return begin == b"{" and length <= _MOST_HEADER


def metadata(path: Path) -> dict[str, str]:
    """Texts that a safetensors file holds beside its tensors."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return dict(header.get(METADATA) or {})


def skipped(content: Any) -> list[str]:
    """Classes of the objects in a file that were not loaded, as "argparse.Namespace"."""
    if isinstance(content, Skipped):
        return [type(content).__name__]
    values = content.values() if isinstance(content, Mapping) else content
    if not isinstance(content, Mapping | list | tuple):
        return []
    return list(dict.fromkeys(name for value in values for name in skipped(value)))


def _safetensors(path: Path) -> dict[str, Any]:
    return {**load_file(path), METADATA: metadata(path)}


def _torch(path: Path) -> Any:
    classes: dict[str, type[Skipped]] = dict.fromkeys(_globals(path), Skipped)
    if "collections.defaultdict" in classes:
        classes["collections.defaultdict"] = _Mapping
    while True:
        # Those that torch knows are its own nevertheless.
        stand_ins: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
            (type(name, (kind,), {}), name) for name, kind in classes.items()
        ]
        try:
            with torch.serialization.safe_globals(stand_ins), warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # about the protocol of pickle
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            for pattern, kind in ((_LIKE_A_DICT, _Mapping), (_LIKE_A_LIST, _List)):
                found = pattern.search(str(error))
                name = found[1].removeprefix(f"{__name__}.") if found else ""
                if classes.get(name) is Skipped:
                    classes[name] = kind
                    break
            else:
                raise


def _is_program(path: Path) -> bool:
    """Whether torch.jit.save wrote a file, by an entry that no other has."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(entry.endswith("/constants.pkl") for entry in archive.namelist())


def _globals(path: Path) -> list[str]:
    """Classes and functions that a file of torch names, as "argparse.Namespace"."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = torch_text.content_of(archive)
            if name is None:
                return []
            with archive.open(name) as file:
                return _globals_in(file)
    with path.open("rb") as file:
        return [name for _ in range(_PICKLES) for name in _globals_in(file)]


def _globals_in(file: IO[bytes]) -> list[str]:
    found: dict[str, None] = {}
    argument: Any
    for operation, argument, _ in pickletools.genops(file):
        if operation.name == "GLOBAL":
            module, _, name = argument.partition(" ")
            found[f"{module}.{name}"] = None
            # Pickle goes on writing Python 2's names of modules, some of which torch translates.
            module, name = NAME_MAPPING.get((module, name), (module, name))
            found[f"{IMPORT_MAPPING.get(module, module)}.{name}"] = None
    return list(found)


def _explain(path: Path, error: Exception) -> NoReturn:
    words = str(error)
    stranger = re.search(r"GLOBAL (\w[\w.]*\w)", words)
    if isinstance(error, pickle.UnpicklingError) and (stranger or "call reduce" in words):
        what = stranger[1] if stranger else "objects made by functions of others"
        raise UserError(
            f"{path} contains {what} besides its weights, which is not loaded, as it could"
            ' run code: save the state dict alone, by torch.save({"state_dict":'
            " model.state_dict()}, …)"
        ) from error
    if "Unsupported operand" in words:
        raise UserError(
            f"{path} was saved with another protocol of pickle than torch's own, which is not read:"
            " save it again, by torch.save(…) without `pickle_protocol`"
        ) from error
    if _is_program(path):
        raise UserError(
            f"{path} is a TorchScript program, which is not run: save the weights alone, by"
            " torch.save(torch.jit.load(…).state_dict(), …)"
        ) from error
    raise UserError(
        f"{path} is damaged, or not a file of weights written by torch.save or safetensors"
        f"{_looks_like(path)}"
    ) from error


def _looks_like(path: Path) -> str:
    """What a file that is no checkpoint is instead, where its beginning tells, and the mend."""
    try:
        with path.open("rb") as file:
            begin = file.read(_BEGIN).lstrip()
        names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    except (OSError, zipfile.BadZipFile):
        begin, names = b" ", []
    if not begin:
        return ", but empty: copy it again, or leave it out"
    if begin.startswith(b"version https://git-lfs"):
        return ", but what Git LFS leaves in its place: run `git lfs pull` where it is from"
    if begin[:1] == b"<":
        return ", but a web page: download the file that it leads to"
    if names and not any(name.endswith("data.pkl") for name in names):
        return f", but an archive of {', '.join(names[:3])}: unpack it, and name what is inside"
    return ": copy it again, or leave it out"
