"""The SLURM profile names rules that exist, is edited in one place, and mixes no partitions."""

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
import yte
from analysis_parts import FIGURE_RULES, TABLE_RULES

from trajectories.stimuli.table import read_table

HOME = Path(__file__).parents[2]
TEXT = (HOME / "profiles/slurm/config.yaml").read_text(encoding="utf-8")


def read(text: str = TEXT) -> dict[str, Any]:
    """The profile as Snakemake reads it."""
    return yte.process_yaml(io.StringIO(text), require_use_yte=True)


def edited(**values: object) -> dict[str, Any]:
    """The profile of a site that has edited these values in the block for it."""
    text = TEXT
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^  {name}: .*$", f"  {name}: {value}", text)
        assert count == 1
    return read(text)


def value(expression: object, attempt: int = 1) -> Any:
    """A resource as Snakemake evaluates it: an expression, or else a text."""
    try:
        return eval(str(expression), {"attempt": attempt, "min": min})
    except (NameError, SyntaxError):
        return expression


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    return read()


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    """The text of each rule."""
    looped = {
        "analyses": [*TABLE_RULES, *FIGURE_RULES],
        "activations": ["extract", "extract_together"],
    }
    found: dict[str, str] = {}
    for file in (HOME / "workflow" / "rules").glob("*.smk"):
        text = file.read_text(encoding="utf-8")
        parts = re.split(r"^rule (\w+):", text, flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
        found |= dict.fromkeys(looped.get(file.stem, ()), text)
    return found


def test_rules_exist(profile, rules):
    assert {*profile["set-resources"], *profile["groups"]} <= rules.keys()


def test_rules_that_use_a_device_and_no_others_get_a_gpu(profile, rules):
    on_device = {name for name, text in rules.items() if "resources.device" in text}
    assert (
        on_device
        == profile["set-resources"].keys()
        == {"train", "extract", "extract_together", "knn"}
    )
    for name, resources in profile["set-resources"].items():
        assert "gres=gpu_request(" in rules[name]
        assert "gres" not in resources
        assert value(resources["slurm_partition"]) == "gpu"
    assert value(profile["default-resources"]["slurm_partition"]) == "cpu"
    assert "gres" not in profile["default-resources"]
    assert {name for name, text in rules.items() if "gres=" in text} == on_device


# Names that Python would take for something else.
@pytest.mark.parametrize("name", ["long", "all", "gpu-a100", "2080ti"])
def test_a_site_names_its_partitions_and_gpu_in_one_place(name):
    profile = edited(cpu_partition=name, gpu_partition=f"{name}-gpu", gpu="gpu:a100:1")
    assert value(profile["default-resources"]["slurm_partition"]) == name
    for resources in profile["set-resources"].values():
        assert value(resources["slurm_partition"]) == f"{name}-gpu"
        assert value(resources["gres"]) == "gpu:a100:1"


def test_a_site_names_its_account_or_none():
    assert "slurm_account" not in read()["default-resources"]
    account = edited(account="vision-lab")["default-resources"]["slurm_account"]
    assert value(account) == "vision-lab"


def test_a_site_bounds_the_time_of_a_job_and_not_of_all():
    profile = edited(longest=2880)
    assert profile["resources"] == {"runtime": 2880}
    assert profile["set-resource-scopes"] == {"runtime": "local"}


@pytest.mark.parametrize("longest", [60, 1440])
def test_the_time_of_a_group_keeps_the_bound(longest, rules):
    """Snakemake adds up the steps of a group, and does not apply the bound to the sum."""
    profile = edited(longest=longest)
    steps = {
        "instance": [
            ["trajectory"],
            ["stability", "categories", "references", "resample", "displacement"],
            ["instance_checksums"],
        ],
        "summary": [
            ["aggregate", "reference_ceilings", *TABLE_RULES],
            list(FIGURE_RULES),
            ["provenance"],
            ["report"],
        ],
    }
    groups = {rule: group for group in steps for step in steps[group] for rule in step}
    assert profile["groups"] == groups
    for attempt in range(1, profile["retries"] + 2):
        minutes = value(profile["default-resources"]["runtime"], attempt)
        assert all(len(steps[group]) * minutes <= longest for group in steps)
    assert all("runtime=" not in rules[rule] for rule in groups)


def test_a_site_says_how_to_ask_after_jobs():
    assert edited(status="squeue")["slurm-status-command"] == "squeue"


def test_each_value_to_edit_is_explained_and_used():
    block = TEXT.split("__variables__:\n")[1].split("# ---")[0]
    assert yaml.safe_load(block).keys() == {
        "cpu_partition",
        "gpu_partition",
        "gpu",
        "account",
        "longest",
        "status",
    }
    for line in block.splitlines():
        name = line.split(":")[0].strip()
        assert "  # " in line
        assert re.search(rf"\?(repr\({name}\)|{name}$)", TEXT, re.MULTILINE), name


def test_groups_stay_on_one_partition(profile):
    partitions: dict[str, set[str]] = {}
    for rule, group in profile["groups"].items():
        resources = profile["default-resources"] | profile["set-resources"].get(rule, {})
        partitions.setdefault(group, set()).add(resources["slurm_partition"])
    assert all(len(names) == 1 for names in partitions.values())


def test_a_second_attempt_gets_more_time_and_memory(profile, rules):
    assert profile["retries"] >= 1
    for name in ("runtime", "mem_mb"):
        first, second = (value(profile["default-resources"][name], n) for n in (1, 2))
        assert second > first
    for rule in ("dataset", "train", "extract"):
        assert "runtime=minutes(" in rules[rule]
        assert "mem_mb=megabytes(" in rules[rule]


def test_no_rule_retries_by_itself(rules):
    """Snakemake would multiply its retries by those of the profile."""
    assert [name for name, text in rules.items() if "retries:" in text] == []


@pytest.fixture(scope="module")
def graph(tmp_path_factory) -> dict[str, set[str]]:
    """The rules that follow each rule, at once or later, as Snakemake plans them."""
    names = read_table(HOME / "config/stimuli/openmoji96.csv").stimulus
    rows = [[name, *(f"{abs(i - j)}" for j in range(96))] for i, name in enumerate(names)]
    folder = tmp_path_factory.mktemp("config")
    reference, more = folder / "planted.csv", folder / "more.yaml"
    reference.write_text("\n".join(",".join(row) for row in [["", *names], *rows]), "utf-8")
    # Conditions and a reference that bring in the rules which only some studies need.
    more.write_text(
        "conditions:\n"
        "  same: {training: {fixed_seeds: {init: 1}}}\n"
        "  fed: {training: {diet: grey_first}}\n"
        "sweeps: {deficit: {diet: {changes: [{change: blur, at: {0: 4, 2: 0}}]}, onset: [0, 4]}}\n"
        f"references: {{planted: {{file: {reference}, age: 4}}}}\n"
    )
    configs = ["--configfile", "config/config.yaml", str(more)]
    command = [sys.executable, "-m", "snakemake", "--rulegraph", *configs]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', done.stdout))
    after: dict[str, set[str]] = {name: set() for name in names.values()}
    for first, second in re.findall(r"(\d+) -> (\d+)", done.stdout):
        after[names[first]].add(names[second])
    # As many steps as there are rules reach whatever can be reached.
    for _ in names:
        for followers in after.values():
            followers |= set().union(*(after[name] for name in followers))
    return after


def test_no_rule_outside_stands_between_two_of_a_group(profile, graph):
    assert {"rdm", "report"} <= graph["train"]
    for group in set(profile["groups"].values()):
        inside = {name for name, its in profile["groups"].items() if its == group}
        after = set().union(*(graph[name] for name in inside)) - inside
        between = {name for name in after if graph[name] & inside}
        assert not between, f"{group} waits for {between}, which wait for it"
