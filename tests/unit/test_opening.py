"""Promise: a file's tensors and plain values are read, and nothing in it is run.

What a file would do is told by a file that does it: each hostile object makes a folder when it is
unpickled, as is shown by unpickling it.
"""

import argparse
import builtins
import collections
import functools
import os
import pathlib
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from trajectories.errors import UserError
from trajectories.networks.files import opening
from trajectories.networks.files.opening import Skipped

WEIGHTS = {"conv.weight": torch.arange(24.0).view(2, 3, 2, 2)}


class Options(dict[str, Any]):
    """As EasyDict, or mmcv's ConfigDict: a class of someone else's."""


class Steps(list[int]):
    """A class derived from list."""


class Hostile:
    """An object whose unpickling calls what it is told to."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def made_by(kind: str, folder: Path) -> object:
    """Objects that make a folder when they are unpickled."""
    code = f"__import__('os').mkdir({str(folder)!r})"
    return {
        "os": Hostile(os.mkdir, str(folder)),
        "eval": Hostile(builtins.eval, code),
        "exec": Hostile(builtins.exec, code),
        "subprocess": Hostile(subprocess.check_call, ["mkdir", str(folder)]),
        "path": Hostile(pathlib.Path.mkdir, folder),
        "partial": Hostile(functools.partial(os.mkdir, str(folder))),
        "nested": Hostile(print, Hostile(builtins.eval, code)),
    }[kind]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("kind", ["os", "eval", "exec", "subprocess", "path", "partial", "nested"])
def test_a_hostile_file_runs_nothing(tmp_path, kind: str, legacy: bool) -> None:
    path, made = tmp_path / "hostile.pt", tmp_path / "made"
    content = {"model": WEIGHTS, "args": made_by(kind, made)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    if kind in ("os", "partial", "path"):  # what torch refuses even to stand in for
        assert "besides its weights, which is not loaded, as it could run code" in refusal(path)
    else:
        found = opening.opened(path)
        assert torch.equal(found["model"]["conv.weight"], WEIGHTS["conv.weight"])
        assert isinstance(found["args"], Skipped)
    assert not made.exists()
    torch.load(path, weights_only=False)
    assert made.exists()  # it would have run


@pytest.mark.parametrize("legacy", [False, True])
def test_what_training_code_keeps_beside_weights_is_passed_over(tmp_path, legacy: bool) -> None:
    path = tmp_path / "checkpoint.pth"
    options = Options(lr=0.1, tags=["a"])
    options.nested = Options(depth=3)  # type: ignore[attr-defined]
    content = {
        "epoch": 7,
        "args": argparse.Namespace(output=pathlib.Path("runs"), lr=0.1),
        "best": np.float64(71.3),
        "curve": np.arange(5.0),
        "options": options,
        "steps": Steps([1, 2]),
        "counts": collections.defaultdict(list, {"a": [1]}),
        "queue": collections.deque([1, 2]),
        "kinds": {int, str},
        "optimizer": torch.optim.AdamW([nn.Parameter(torch.ones(2))]).state_dict(),
        "model": WEIGHTS,
    }
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    found = opening.opened(path)
    assert found["epoch"] == 7
    assert torch.equal(found["model"]["conv.weight"], WEIGHTS["conv.weight"])
    assert found["options"]["tags"] == ["a"]
    assert found["steps"] == [1, 2]
    assert opening.skipped(found)[:1] == ["argparse.Namespace"]


def test_a_whole_model_is_not_made(tmp_path) -> None:
    path = tmp_path / "model.pt"
    torch.save(nn.Linear(2, 2), path)
    found = opening.opened(path)
    assert isinstance(found, Skipped)
    assert type(found).__name__ == "torch.nn.modules.linear.Linear"


def test_safetensors_are_read_with_their_texts(tmp_path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(WEIGHTS, path, {"epoch": "3"})
    found = opening.opened(path)
    assert torch.equal(found["conv.weight"], WEIGHTS["conv.weight"])
    assert found[opening.METADATA] == {"epoch": "3"}
    assert opening.is_safetensors(path)


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        opening.opened(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize("part", [slice(0, -8), slice(0, 30), slice(8, None)])
def test_safetensors_that_are_cut_short(tmp_path, part: slice) -> None:
    path = tmp_path / "model.safetensors"
    save_file(WEIGHTS, path)
    path.write_bytes(path.read_bytes()[part])
    assert "is damaged" in refusal(path)


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_torchscript_program_is_not_run(tmp_path) -> None:
    path = tmp_path / "model.pt"
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), path)
    assert "TorchScript" in refusal(path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_another_protocol_is_named(tmp_path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"args": argparse.Namespace(lr=0.1)}, path, pickle_protocol=4)
    assert "protocol" in refusal(path)


def test_a_pickle_that_torch_did_not_write(tmp_path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"weights": np.ones(3)}, 2))
    assert "is damaged, or not a file of weights" in refusal(path)
