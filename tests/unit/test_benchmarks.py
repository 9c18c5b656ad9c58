"""Benchmarks run, small: what they say then is not of interest, but that they say all of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmark_cases import tells_all

HOME = Path(__file__).parents[2]
SMALL = (
    "--device cpu --architecture resnet10_narrow --image-size 32 --stored-size 32 --batch-size 16"
    " --bn-groups 2 --queue 32 --steps 1 --warm-up 1 --workers 1 --threads 1"
)


def test_the_speed_of_training_is_measured_in_both_precisions() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py", *SMALL.split()],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    # Without a GPU nothing is bound.
    assert done.returncode == 0, done.stderr
    rates = dict(re.findall(r"^(fp32|bf16) +(.*)$", done.stdout, re.MULTILINE))
    assert list(rates) == ["fp32", "bf16"]
    for row in rates.values():
        bare, whole, augmentation, share = (
            float(cell.rstrip("%").replace(",", "")) for cell in row.split()
        )
        assert min(bare, whole, augmentation) > 0
        assert abs(share - 100 * (1 - whole / bare)) < 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("rdm --stimuli 5 --units 500 --rounds 1", ["rsatoolbox, float64", "numpy", "error"]),
        ("metrics --instances 1 --checkpoints 3 --stimuli 8", ["categories", "kendall"]),
        ("growth --quantities seeds --sizes 1", ["consistency", "geometry", "demanded"]),
    ],
)
def test_every_number_is_told_and_kept(tmp_path, command: str, told: list[str]) -> None:
    tells_all(tmp_path, command, told)


def test_a_script_is_observed(tmp_path) -> None:
    """Its own work apart from the loading of its modules."""
    script = tmp_path / "sleeper.py"
    script.write_text(
        "import argparse, time\n"
        "from trajectories import cli\n"
        "time.sleep(0.3)\n"
        "def main(arguments):\n"
        "    time.sleep(0.1)\n"
        "    bytearray(50_000_000)\n"
        "if __name__ == '__main__':\n"
        "    cli.run(main, argparse.ArgumentParser())\n"
    )
    record = tmp_path / "record.jsonl"
    command = [sys.executable, str(HOME / "benchmarks/observed.py"), str(script)]
    scripts = str(HOME / "workflow/scripts")
    environment = os.environ | {"OBSERVED": str(record), "PYTHONPATH": scripts}
    subprocess.run(command, env=environment, check=True)
    told = json.loads(record.read_text())
    assert told["script"] == "sleeper"
    assert 0.3 <= told["start_seconds"] < 5
    assert 0.1 <= told["seconds"] < 0.3
    assert told["peak_bytes"] > 50_000_000
