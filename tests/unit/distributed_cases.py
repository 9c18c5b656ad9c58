"""Runs of train.py on some devices, and how to compare their results, for the tests; no tests."""

from pathlib import Path
from typing import Any

import pytest
import torch
from segment_cases import segment_in
from torch import Tensor
from training_cases import flat


def arguments(
    folder: Path, recipe: Path, data: Path, start: int, stop: int, device: str = "cpu"
) -> list[str]:
    """Command line of train.py, without its name, for a segment in the folder of an instance."""
    segment = segment_in(folder, start, stop)
    flags: dict[str, object] = {
        "--recipe": recipe,
        "--dataset": data,
        "--seed": 1,
        "--start": start,
        "--stop": stop,
        "--checkpoints": segment.checkpoints,
        "--state": segment.state,
        "--unfinished": segment.unfinished,
        "--device": device,
    }
    if segment.previous_state is not None:
        flags["--previous-state"] = segment.previous_state
    return [str(word) for flag in flags.items() for word in flag]


def state(instance: Path, start: int, stop: int) -> dict[str, Any]:
    path = instance / "state" / f"epochs-{start:04d}-{stop:04d}.pt"
    return torch.load(path, weights_only=True)


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """Norm of the difference of each floating tensor of two states, relative to its own norm."""
    first, second = flat(one), flat(other)
    assert first.keys() == second.keys()
    return {
        name: ((first[name] - second[name]).norm() / first[name].norm()).item()
        for name in first
        if isinstance(first[name], Tensor) and first[name].is_floating_point()
    }


def assert_equal_but_for_rounding(
    one: dict[str, Any], other: dict[str, Any], tolerance: float = 1e-4
) -> None:
    """Compare two states of float32: it rounds at 6e-8, which training enlarges step by step."""
    found = differences(one, other)
    assert len(found) > 100  # weights of both encoders, statistics, momentum, queue
    assert {name: value for name, value in found.items() if value > tolerance} == {}
    for name in ("seed", "recipe_digest", "epoch", "step"):
        assert one[name] == other[name]
    assert ("pointer" in one) == any(path.endswith("/queue") for path in found)
    assert one.get("pointer") == other.get("pointer")
    counts = [name for name in flat(one) if name.endswith("num_batches_tracked")]
    assert counts
    assert all(flat(one)[name] == flat(other)[name] for name in counts)
    for ours, theirs in zip(one["history"], other["history"], strict=True):
        for name in set(ours) - {"images_per_second"}:
            expected = theirs[name] and pytest.approx(theirs[name], rel=tolerance)
            assert ours[name] == expected, name
