"""Benchmarks that start many processes run, small, and tell all they are to tell."""

import pytest
from benchmark_cases import tells_all


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "extraction --network resnet18 --size 32 --images 4 --checkpoints 1 --rounds 1"
            " --thingsvision /nowhere",
            ["bare, one pass", "ours, one pass", "hooks by hand", "thingsvision is left out"],
        ),
        (
            "extraction_memory --network resnet18 --size 32 --images 12 --checkpoints 2",
            ["12 images, 2 checkpoints", "4,096 units"],
        ),
        ("whole --cores 1 images", ["2 jobs", "loading of scripts", "cores that wait"]),
        ("bn_groups --settings try --batch 16 --rounds 1 --device cpu", ["grouped", "ungrouped"]),
    ],
)
def test_every_number_is_told_and_kept(tmp_path, command: str, told: list[str]) -> None:
    tells_all(tmp_path, command, told)
