"""Who trains in bf16 where that is slow is told so, with the ratio, before training starts."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_cases import arguments
from training_cases import labels, noise_images, settings

from trajectories.images import dataset
from trajectories.training import precision

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
CPU = torch.device("cpu")


def measured(monkeypatch: pytest.MonkeyPatch, bf16: float, fp32: float) -> None:
    """Let products take so many seconds."""
    seconds = {torch.bfloat16: bf16, torch.float32: fp32}
    monkeypatch.setattr(precision, "product_seconds", seconds.__getitem__)


def test_a_slow_processor_is_told_of_with_the_ratio(monkeypatch, caplog) -> None:
    measured(monkeypatch, bf16=0.5, fp32=0.01)
    precision.warn_if_slow("bf16", CPU)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "`training.precision` is bf16" in record.message
    assert "takes 50.0 times as long" in record.message


@pytest.mark.parametrize("bf16", [0.001, 0.01, 0.011])
def test_a_processor_that_is_not_slow_is_not_told_of(monkeypatch, caplog, bf16: float) -> None:
    measured(monkeypatch, bf16=bf16, fp32=0.01)
    precision.warn_if_slow("bf16", CPU)
    assert caplog.records == []


@pytest.mark.parametrize(("name", "device"), [("fp32", "cpu"), ("bf16", "cuda")])
def test_only_bf16_on_a_processor_is_measured(monkeypatch, caplog, name, device) -> None:
    monkeypatch.setattr(precision, "product_seconds", lambda kind: pytest.fail("measured"))
    precision.warn_if_slow(name, torch.device(device))
    assert caplog.records == []


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
def test_a_product_takes_time_and_leaves_the_threads_as_they_were(kind: torch.dtype) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert precision.product_seconds(kind) > 0
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


SLOW = """
import runpy, sys, torch
from trajectories.training import precision
precision.product_seconds = {torch.bfloat16: 3.0, torch.float32: 1.0}.__getitem__
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_log_of_training_begins_with_it(tmp_path: Path) -> None:
    recipe, data, log = (tmp_path / name for name in ("recipe.json", "dataset.h5", "log"))
    recipe.write_text(json.dumps(settings(precision="bf16", probe_images=0)))
    dataset.write(data, noise_images(), labels(), [f"kind {n}" for n in range(9)], {})
    flags = [*arguments(tmp_path, recipe, data, 0, 1), "--log", log]
    command = [sys.executable, "-c", SLOW, SCRIPTS / "train.py", *flags]
    subprocess.run(command, env={"PYTHONPATH": str(SCRIPTS)}, check=True, capture_output=True)
    first, *others = log.read_text(encoding="utf-8").splitlines()
    assert "takes 3.0 times as long in bf16 as in fp32" in first
    assert any("1 of 1 epochs" in line for line in others)
