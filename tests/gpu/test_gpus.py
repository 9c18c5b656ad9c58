"""Several GPUs train the network that one does, twice to the same bits.

Skipped where torch finds fewer than two CUDA devices.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_cases import arguments, assert_equal_but_for_rounding, state
from segment_cases import assert_same_results
from training_cases import labels, noise_images, settings

from trajectories.images import dataset

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/train.py"

pytestmark = pytest.mark.skipif(
    torch.cuda.device_count() < 2, reason="torch finds fewer than two CUDA devices on this machine"
)


def test_two_gpus_train_the_network_that_one_does(tmp_path: Path) -> None:
    recipe, data = tmp_path / "recipe.json", tmp_path / "dataset.h5"
    recipe.write_text(json.dumps(settings(architecture="resnet18")))
    dataset.write(data, noise_images(), labels(), [f"kind {number}" for number in range(9)], {})
    for name, device in (("one", "cuda"), ("two", "2*cuda"), ("again", "2*cuda")):
        for start in (0, 1):
            argv = arguments(tmp_path / name, recipe, data, start, start + 1, device)
            subprocess.run([sys.executable, SCRIPT, *argv], check=True)
    assert_same_results(tmp_path / "two", tmp_path / "again")
    one, two = (state(tmp_path / name, 0, 1) for name in ("one", "two"))
    assert_equal_but_for_rounding(one, two, tolerance=1e-3)
