"""What is still to be made has to fit on the disk, by sizes worked out by hand."""

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from check_cases import right_config

from trajectories.errors import UserError
from trajectories.planning import checks
from trajectories.study import config

Usage = namedtuple("Usage", "total used free")

# ResNet-18 as torchvision gives it: 11,176,512 parameters less the 9,408 of the 7 × 7 convolution
# and with the 1,728 of the 3 × 3 one, 9,600 statistics, 20 counters; head 512 → 512 → 128.
PARAMETERS = 11_176_512 - 9_408 + 1_728
CHECKPOINT = 4 * (PARAMETERS + 9_600) + 8 * 20
HEAD = 4 * (512 * 512 + 512 + 512 * 128 + 128)
STATE = 2 * (CHECKPOINT + HEAD) + 4 * PARAMETERS + HEAD + 4 * 128 * 128
UNITS = 64 * 32 * 32 + 512 * 4 * 4  # layer1 and layer4 at 32 pixels


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    return right_config(tmp_path)


def test_space_is_planned_for_what_is_not_trained_yet(raw: dict[str, Any], tmp_path: Path) -> None:
    settings = config.resolve(raw)

    def planned(cores: int) -> int:
        return checks.planned_bytes(settings, tmp_path, n_stimuli=4, cores=cores)

    # Two seeds of two segments; the first has checkpoints of epochs 0, 1 and 2.
    kept = 2 * (3 * CHECKPOINT + STATE + 2 * CHECKPOINT + STATE)
    one = 4 * UNITS * 4
    assert planned(cores=1) == kept + 3 * one
    assert planned(cores=3) == kept + (3 + 3 + 2) * one
    assert planned(cores=99) == kept + (3 + 3 + 2 + 2) * one
    for seed in settings["seeds"]:
        (tmp_path / f"study/moco/seed-{seed}/checkpoints/epochs-0000-0002").mkdir(parents=True)
    assert planned(cores=1) == 2 * (2 * CHECKPOINT + STATE) + 2 * one
    settings["activations"]["keep"] = True
    assert planned(cores=1) == 2 * (2 * CHECKPOINT + STATE) + 2 * 2 * one


def test_a_disk_without_the_space_is_refused(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, results = config.resolve(raw), tmp_path / "results"
    needed = checks.planned_bytes(settings, results, n_stimuli=4, cores=1)
    asked = []

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(10**12, 0, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    free = needed
    checks.check_room(settings, results, cores=1)
    free = needed - 1
    with pytest.raises(UserError, match=r"study needs 1\.1 GB .* has 1\.0 GB free: free some"):
        checks.check_room(settings, results, cores=1)
    assert asked == [tmp_path, tmp_path]
