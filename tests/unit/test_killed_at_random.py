"""Training killed with `kill -9` at 20 random moments ends, each time, in the same bits."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/kills.py"


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("kills") / "kills.json"
    done = subprocess.run(
        [sys.executable, SCRIPT, "--kills", "20", "--seed", "0", "--output", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert path.exists(), done.stderr
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_every_run_ends_in_the_same_bits(record) -> None:
    ends = Counter(run["digest"] for run in record["runs"])
    assert ends == {record["undisturbed"]: 20}


def test_the_kills_fell_all_over_training(record) -> None:
    """Or equal ends would say little."""
    runs = record["runs"]
    assert len(runs) == 20
    assert {run["status"] for run in runs} == {-signal.SIGKILL}
    assert len({run["epoch"] for run in runs}) >= 3
    assert len([run for run in runs if run["step"] % 4]) >= 5  # within an epoch
    assert all(run["step"] >= 4 * run["epoch"] for run in runs if run["epoch"] > 0)
