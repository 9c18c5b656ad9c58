"""Folders of training segments, and how to compare them, for the tests; no tests."""

from pathlib import Path

import torch
from training_cases import assert_identical

from trajectories.storage.history import COLUMNS
from trajectories.training.segment import TrainingSegment


def segment_in(folder: Path, start: int = 0, stop: int = 2) -> TrainingSegment:
    """A segment with its paths as the workflow gives them."""
    name = f"epochs-{start:04d}-{stop:04d}"
    return TrainingSegment(
        start=start,
        stop=stop,
        previous_state=folder / "state" / f"epochs-0000-{start:04d}.pt" if start else None,
        checkpoints=folder / "checkpoints" / name,
        state=folder / "state" / f"{name}.pt",
        unfinished=folder / "unfinished",
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def without_speed(history: bytes) -> list[str]:
    assert COLUMNS[-1] == "images_per_second"
    return [line.rpartition(",")[0] for line in history.decode().splitlines()]


def assert_same_results(one: Path, other: Path) -> None:
    """Compare the public files of two instances: checkpoints byte by byte."""
    first, second = (
        {str(path.relative_to(root)) for path in root.rglob("*") if public(root, path)}
        for root in (one, other)
    )
    assert first == second
    for path in first:
        if (one / path).is_dir() or path.endswith(".sha256"):  # of the measured speed, too
            continue
        if path.endswith("history.csv"):
            assert without_speed((one / path).read_bytes()) == without_speed(
                (other / path).read_bytes()
            )
        elif path.startswith("checkpoints"):
            assert (one / path).read_bytes() == (other / path).read_bytes(), path
        else:
            states = [torch.load(root / path, weights_only=True) for root in (one, other)]
            assert_identical(*states)


def public(folder: Path, path: Path) -> bool:
    return path.relative_to(folder).parts[0] in ("checkpoints", "state")
