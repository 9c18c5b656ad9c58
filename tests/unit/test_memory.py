"""Memory that is freed stays with the process, where the C library can keep it."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from trajectories.networks import memory

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"

FAULTS = """
import resource
import torch
from trajectories.networks import memory

kept = {keep} and memory.keep_freed()
for _ in range(20):  # until places are found between smaller objects
    torch.zeros({floats})
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.zeros({floats})
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, kept)
"""
FLOATS = 12_500_000


def faults(keep: bool) -> int:
    """Page faults of ten tensors of 50 MB, made and freed in turn in a process of its own."""
    script = FAULTS.format(keep=keep, floats=FLOATS)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    count, kept = done.stdout.split()
    if keep and kept == "False":
        pytest.skip("the C library is not glibc")
    return int(count)


def test_the_memory_of_large_tensors_is_used_again() -> None:
    assert faults(keep=True) < faults(keep=False) / 5


def test_other_c_libraries_are_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not memory.keep_freed()
