"""One writer and one reader for each kind of file that a study leaves; no tests.

`python file_kinds.py FOLDER [BYTES]` writes each into a folder that is full or read-only, or with a
limit to the size of files, as a script of the project does, and prints as JSON what came of it:
exit status and messages by kind. The writers are forks of one process, because imports take long.
"""

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import torch

from trajectories import cli
from trajectories.images import dataset
from trajectories.networks import checkpoints
from trajectories.networks.activations import ActivationWriter
from trajectories.rdms import segment_rdms, trajectory
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.stimuli import packing as stimuli
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import columns, files, history, tables

PLACE: dict[str, Any] = {"seed": 1, "recipe_digest": "abc"}
NAMES = tuple(f"stimulus {number}" for number in range(12))


@dataclass(frozen=True)
class Kind:
    """A kind of file: its usual name, how it is written, and how it is read."""

    name: str
    write: Callable[[Path], object]
    read: Callable[[Path], Any]


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def tensors() -> dict[str, torch.Tensor]:
    return {"weight": torch.from_numpy(numbers(60, 60)), "bias": torch.from_numpy(numbers(60))}


def state() -> dict[str, Any]:
    rows = [{"epoch": 0, "loss": None}, {"epoch": 1, "loss": 0.3}]
    progress = {"epoch": 1, "step": 4, "pointer": 8, "history": rows}
    return {**PLACE, **progress, "model": tensors(), "momentum": tensors()}


def write_activations(path: Path) -> None:
    with (
        files.atomic(path) as temporary,
        ActivationWriter(temporary, [0, 1], NAMES, {"layer": "layer1", "seed": 1}) as writer,
    ):
        for checkpoint in range(2):
            responses = numbers(12, 8, 10, 10, seed=checkpoint).astype(np.float32)
            writer.write(checkpoint, responses)


def segment() -> SegmentRDMs:
    epochs = np.arange(80, dtype=np.float64)
    return SegmentRDMs("layer1", numbers(80, 66), epochs, NAMES, {"seed": 1})


def whole_trajectory() -> trajectory.Trajectory:
    flags = {"face": np.arange(12) < 6, "animal": np.arange(12) < 3}
    return trajectory.merge([segment()], StimulusTable(NAMES, NAMES, flags), {"experiment": "e"})


def write_large_trajectory(path: Path) -> None:
    """As one that is too large for the memory."""
    limit, trajectory.IN_MEMORY_BYTES = trajectory.IN_MEMORY_BYTES, 0
    try:
        trajectory.write(path, whole_trajectory())
    finally:
        trajectory.IN_MEMORY_BYTES = limit


def stability() -> pd.DataFrame:
    values = numbers(900)
    rows = [("moco", 1, "layer1", epoch, epoch + 1, values[epoch]) for epoch in range(900)]
    return pd.DataFrame(rows, columns=columns.STABILITY)


def epochs_of_history() -> list[dict[str, float]]:
    return [dict.fromkeys(history.COLUMNS, epoch / 7) for epoch in range(200)]


KINDS = [
    Kind(
        "epoch-0001.000.pt",
        lambda path: checkpoints.save_checkpoint(path, tensors(), epoch=1.0, step=4, **PLACE),
        lambda path: checkpoints.load_checkpoint(path, epoch=1.0, **PLACE),
    ),
    Kind(
        "state.pt",
        lambda path: checkpoints.save_state(path, state()),
        lambda path: checkpoints.load_state(path, **PLACE),
    ),
    Kind(
        "dataset.h5",
        lambda path: dataset.write(path, pixels(24, 24, 24, 3), np.zeros(24, np.int32), ["a"], {}),
        dataset.load,
    ),
    Kind(
        "stimuli.h5",
        lambda path: stimuli.write(path, NAMES, pixels(12, 32, 32, 3), {}),
        stimuli.load,
    ),
    Kind("activations.h5", write_activations, segment_rdms.from_activations),
    Kind("rdms.h5", lambda path: segment_rdms.write(path, segment()), segment_rdms.read),
    Kind("trajectory.h5", lambda path: trajectory.write(path, whole_trajectory()), trajectory.read),
    Kind("large-trajectory.h5", write_large_trajectory, trajectory.read),
    Kind("stability.csv", lambda path: tables.write(path, stability()), tables.read),
    Kind(
        "history.csv",
        lambda path: history.write_history(path, epochs_of_history()),
        history.read_history,
    ),
]


def run(kind: Kind, folder: Path, limit: int | None) -> tuple[int, str]:
    """Exit status of a script that writes this kind, and what it says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 2)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        sys.argv = ["script.py"]
        try:
            cli.run(lambda _: kind.write(folder / kind.name), argparse.ArgumentParser())
        except SystemExit as stop:
            os._exit(int(stop.code or 0))
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as messages:
        said = messages.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


if __name__ == "__main__":
    arguments = SimpleNamespace(folder=Path(sys.argv[1]), limit=[*map(int, sys.argv[2:]), None][0])
    print(json.dumps({k.name: run(k, arguments.folder, arguments.limit) for k in KINDS}))
