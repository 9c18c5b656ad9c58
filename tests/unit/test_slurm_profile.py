"""The SLURM profile names rules that exist, and submits no group of jobs to two partitions."""

import re
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def profile():
    return yaml.safe_load((HOME / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules():
    files = (HOME / "workflow" / "rules").glob("*.smk")
    texts = [file.read_text(encoding="utf-8") for file in files]
    return {name for text in texts for name in re.findall(r"^rule (\w+):", text, re.MULTILINE)}


def test_rules_exist(profile, rules):
    assert {*profile["set-resources"], *profile["groups"]} <= rules


def test_training_and_extraction_get_a_gpu_and_a_partition_of_their_own(profile):
    for rule in ("train", "extract"):
        resources = profile["set-resources"][rule]
        assert resources["gres"] == "gpu:1"
        assert resources["slurm_partition"] != profile["default-resources"]["slurm_partition"]


def test_groups_stay_on_one_partition(profile):
    partitions = {}
    for rule, group in profile["groups"].items():
        resources = profile["default-resources"] | profile["set-resources"].get(rule, {})
        partitions.setdefault(group, set()).add(resources["slurm_partition"])
    assert all(len(names) == 1 for names in partitions.values())


def test_a_second_attempt_gets_more_time_and_memory(profile):
    assert profile["retries"] >= 1
    for resources in (profile["default-resources"], *profile["set-resources"].values()):
        for name in ("runtime", "mem_mb"):
            first, second = (eval(resources[name], {"attempt": attempt}) for attempt in (1, 2))
            assert second > first
