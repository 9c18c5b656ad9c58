"""Benchmarks run, small: what they say then is not of interest, but that they say all of it."""

import importlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmark_cases import tells_all

from trajectories.networks import catalogue as networks
from trajectories.training.objectives import registry

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize(("setting", "size"), [("try", 32), ("try-jpeg", 64)])
def test_whole_and_bare_steps_are_measured(tmp_path, setting: str, size: int) -> None:
    command = f"data --device cpu --settings {setting} --rounds 2 --workers 1"
    tells_all(tmp_path, command, [setting, "whole beside bare"])
    found = json.loads((tmp_path / "benchmarks.json").read_text())["data"]
    rates = found["images_per_second"][setting]
    assert min(len(rates["bare"]), len(rates["whole"])) == 2
    network = networks.describe("resnet10_narrow", "imagenet", size)
    assert rates["operations_an_image"] == 2 * registry.momentum_contrast(network, 128, 64)
    assert rates["precision"] in ("fp32", "bf16")
    assert 0 < rates["of_peak"] < 1
    (bound,) = found["bounds"].values()
    share = np.median(rates["whole"]) / np.median(rates["bare"])
    assert bound["value"] == pytest.approx(share)


@pytest.mark.parametrize("speed", [1e9, 1e11, 1e15])
def test_products_are_sized_by_the_time_they_take(monkeypatch, speed: float) -> None:
    monkeypatch.syspath_prepend(HOME / "benchmarks")
    data = importlib.import_module("data")
    taken = []

    def time_of(sides: Iterator[int], count: int, device: torch.device) -> float:
        taken.append(count * 2 * next(sides) ** 3 / speed)
        return taken[-1]

    monkeypatch.setattr(data, "products", lambda side, *_: itertools.repeat(side))
    monkeypatch.setattr(data, "time_of", time_of)
    assert data.speed(torch.device("cpu"), torch.float32) == pytest.approx(speed)
    assert max(taken) >= 0.01
    assert sum(taken) < 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("rdm --stimuli 5 --units 500 --rounds 1", ["rsatoolbox, float64", "numpy", "error"]),
        ("metrics --instances 1 --checkpoints 3 --stimuli 8", ["categories", "kendall"]),
        ("growth --quantities seeds --sizes 1", ["consistency", "geometry", "demanded"]),
        ("diets --device cpu --settings try --rounds 1", ["a step", "blur", "flip", "share"]),
        ("sharing --device cpu --settings try --rounds 1 --networks 1 2", ["images/s", "of one"]),
    ],
)
def test_every_number_is_told_and_kept(tmp_path, command: str, told: list[str]) -> None:
    tells_all(tmp_path, command, told)


def test_a_script_is_observed(tmp_path) -> None:
    """Its own work apart from the loading of its modules, held against the script's own clock."""
    script = tmp_path / "sleeper.py"
    script.write_text(
        "import argparse, time\n"
        "from trajectories import cli\n"
        "time.sleep(0.3)\n"
        "loaded = time.time()\n"
        "def main(arguments):\n"
        "    began = time.time()\n"
        "    time.sleep(0.1)\n"
        "    bytearray(50_000_000)\n"
        "    print(loaded, began, time.time())\n"
        "if __name__ == '__main__':\n"
        "    cli.run(main, argparse.ArgumentParser())\n"
    )
    record = tmp_path / "record.jsonl"
    command = [sys.executable, str(HOME / "benchmarks/observed.py"), str(script)]
    scripts = str(HOME / "workflow/scripts")
    environment = os.environ | {"OBSERVED": str(record), "PYTHONPATH": scripts}
    before = time.time()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    after = time.time()
    told = json.loads(record.read_text())
    assert told["script"] == "sleeper"
    assert told["start_seconds"] > 0.3
    assert told["seconds"] > 0.1
    loaded, began, ended = map(float, done.stdout.split())
    main_began = told["began"] + told["start_seconds"]
    main_ended = main_began + told["seconds"]
    moments = [before, told["began"], loaded, main_began, began, ended, main_ended, after]
    rounding = 1e-5  # of sums of times that count from 1970
    assert all(one <= next_one + rounding for one, next_one in itertools.pairwise(moments))
    assert told["peak_bytes"] > 50_000_000
