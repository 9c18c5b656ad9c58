"""No code in a file is ever run, and no file claims more memory than it has bytes for."""

import ast
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import savemat
from scipy.sparse import csc_array

from trajectories.errors import UserError
from trajectories.images.sources import torchvision as torchvision_folders
from trajectories.networks import checkpoints, imported_weights
from trajectories.networks.files.matching import Expected
from trajectories.stimuli import mat_sizes
from trajectories.stimuli import published as published_stimuli

HOME = Path(__file__).parents[2]
SOURCES = sorted(
    path for part in ("workflow", "benchmarks") for path in HOME.glob(f"{part}/**/*.py")
)
PLACE: dict[str, Any] = {"seed": 1, "recipe_digest": "abc"}


# What the sources call


def calls() -> list[tuple[str, str, set[str]]]:
    """File, name and keywords of every call in the sources."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                keywords = {f"{word.arg}={ast.unparse(word.value)}" for word in node.keywords}
                found.append((path.name, ast.unparse(node.func), keywords))
    return found


def test_the_sources_are_found() -> None:
    assert {"checkpoints.py", "launcher.py", "step.py"} <= {path.name for path in SOURCES}
    assert ("checkpoints.py", "torch.load") in {call[:2] for call in calls()}


def test_torch_loads_weights_only() -> None:
    loads = [keywords for _, name, keywords in calls() if name in ("torch.load", "torch.jit.load")]
    assert len(loads) >= 2
    assert all("weights_only=True" in keywords for keywords in loads)


def test_nothing_runs_what_it_reads() -> None:
    forbidden = re.compile(
        r"(eval|exec|compile|__import__|(c?[Pp]ickle|dill|joblib|shelve|marshal)\.(loads?|open)"
        r"|pickle\.Unpickler|pd\.read_pickle|os\.(system|popen)|yaml\.unsafe_load|shutil\.unpack_archive"
        r"|tarfile\.open|.*\.extractall|torch\.hub\.\w+)"
    )
    assert [(file, name) for file, name, _ in calls() if forbidden.fullmatch(name)] == []


def test_no_shell_no_pickled_arrays_no_yaml_objects() -> None:
    for file, name, keywords in calls():
        assert "shell=True" not in keywords, file
        assert "allow_pickle=True" not in keywords, file
        if name == "yaml.load":  # with the C loader where there is one
            assert keywords == {"Loader=loader"}
            assert file == "schema.py"
    source = (HOME / "workflow/scripts/trajectories/study/schema.py").read_text(encoding="utf-8")
    assert 'loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)' in source


# Files that would run


class Payload:
    """Unpickling this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def read_imported(path: Path) -> object:
    expected = Expected.of("resnet10_narrow", "small")
    return imported_weights.read(path, expected)


READERS: dict[str, Callable[[Path], object]] = {
    "checkpoint": lambda path: checkpoints.load_checkpoint(path, epoch=1.0, **PLACE),
    "state": lambda path: checkpoints.load_state(path, **PLACE),
    "imported": read_imported,
    "cifar": lambda path: torchvision_folders.read("cifar100", path.parent.parent),
    "mat": published_stimuli.read_flags,
}


def refused(kind: str, path: Path) -> str:
    with pytest.raises(UserError) as caught:
        READERS[kind](path)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("packed", [False, True])
def test_code_in_a_file_is_not_run(tmp_path, kind: str, protocol: int, packed: bool) -> None:
    path = tmp_path / "cifar-100-python" / ("meta.mat" if kind == "mat" else "meta")
    made = tmp_path / "made-by-payload"
    path.parent.mkdir()
    content = {"epoch": 1.0, **PLACE, "backbone": Payload(made), "history": Payload(made)}
    if packed:
        torch.save(content, path, pickle_protocol=protocol)
    else:
        path.write_bytes(pickle.dumps(content, protocol))
    refused(kind, path)
    assert not made.exists()
    pickle.loads(pickle.dumps(Payload(made)))
    assert made.exists()  # it would have run


# Files that claim more than they hold


def save_bomb(path: Path, content: dict[str, Any]) -> None:
    """As torch saves, but compressed: 16 MB of zeros in some kilobytes."""
    torch.save({**content, "zeros": torch.zeros(4_000_000)}, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    assert path.stat().st_size < 100_000
    assert len(torch.load(path, weights_only=True)["zeros"]) == 4_000_000  # torch would take it


@pytest.mark.parametrize("kind", ["checkpoint", "state", "imported"])
def test_a_compressed_archive_is_refused(tmp_path, kind: str) -> None:
    path = tmp_path / "bomb.pt"
    save_bomb(path, {"epoch": 1.0, **PLACE, "backbone": {}})
    assert "bomb.pt is damaged" in refused(kind, path)


@pytest.mark.parametrize("kind", ["checkpoint", "state", "imported"])
def test_a_tensor_of_more_elements_than_it_stores_is_refused(tmp_path, kind: str) -> None:
    path = tmp_path / "bomb.pt"
    wide = torch.zeros(1).expand(10**12)
    torch.save({"epoch": 1.0, **PLACE, "backbone": {"conv1.weight": wide}}, path)
    assert "bomb.pt is damaged" in refused(kind, path)


def published(path: Path, **content: Any) -> Path:
    savemat(path, content, do_compression=True)
    return path


def test_a_mat_file_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch) -> None:
    path = published(tmp_path / "bomb.mat", stimuli_92objs=np.zeros(2**24, dtype=np.uint8))
    assert path.stat().st_size < 2**16
    mat_sizes.check(path, 2**25)
    with pytest.raises(ValueError, match=f"unpacks to more than {2**23} bytes"):
        mat_sizes.check(path, 2**23)
    monkeypatch.setattr(published_stimuli, "_MOST", 2**23)
    assert "bomb.mat is not a complete copy of Kriegeskorte" in refused("mat", path)


def test_a_large_mat_file_is_refused_unread(tmp_path) -> None:
    path = tmp_path / "large.mat"
    with path.open("wb") as file:
        file.truncate(10**12)  # it has no content, and takes no room
    assert "large.mat is not a complete copy of Krieg" in (message := refused("mat", path))
    assert f"it has more than {2**26} bytes" in message


def test_an_array_of_more_elements_than_its_bytes_is_refused(tmp_path) -> None:
    path = tmp_path / "claims.mat"
    savemat(path, {"stimuli_92objs": np.arange(7, dtype=np.uint8)})
    content = path.read_bytes()
    claimed = content.replace((7).to_bytes(4, "little"), (2**31 - 1).to_bytes(4, "little"), 1)
    assert claimed != content
    path.write_bytes(claimed)
    with pytest.raises(ValueError, match=r"claims an array of \d{10} elements in \d\d bytes"):
        mat_sizes.check(path, 2**26)
    assert "claims an array" in refused("mat", path)


def test_data_of_no_known_kind_is_refused_as_scipy_would_crash(tmp_path) -> None:
    path = tmp_path / "kind.mat"
    savemat(path, {"note": "RDMs"})
    content = path.read_bytes()
    small = bytes([16, 0, 4, 0]) + b"RDMs"  # text in UTF-8, of four bytes
    assert content.endswith(small)
    path.write_bytes(content.removesuffix(small) + bytes([16, 244]) + small[2:])
    with pytest.raises(ValueError, match="data of the unknown kind"):
        mat_sizes.check(path, 2**26)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_of_other_kinds_are_refused(tmp_path, compressed: bool) -> None:
    for value in (csc_array(np.eye(3)), {"inner": csc_array(np.eye(3))}):
        path = tmp_path / "other.mat"
        savemat(path, {"stimuli_92objs": value}, do_compression=compressed)
        with pytest.raises(ValueError, match="an object, a function or a sparse array"):
            mat_sizes.check(path, 2**26)


@pytest.mark.parametrize("compressed", [False, True])
def test_honest_mat_files_pass(tmp_path, compressed: bool) -> None:
    cells = np.empty(2, dtype=object)
    cells[:] = ["text", np.arange(3.0)]
    content = {
        "numbers": np.arange(1000.0),
        "small": np.arange(3, dtype=np.int8),
        "nothing": np.zeros((0, 5)),
        "flags": np.array([True, False]),
        "text": "ä" * 20,
        "cells": cells,
        "nested": {"a": {"b": {"c": 1.0}}},
        "complex": np.array([1 + 2j]),
    }
    path = tmp_path / "honest.mat"
    savemat(path, content, do_compression=compressed)
    mat_sizes.check(path, 2**20)
