"""A config says what it seems to say, or is refused with the line; and it cannot be endless."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from trajectories.errors import UserError
from trajectories.planning import plan_size
from trajectories.study import command_line, config, plain_yaml

ROOT = Path(__file__).parents[2]

MISLEADING = {
    "key twice": ("a: 1\nb: 2\na: 3\n", 3, "`a` is there already, in line 1"),
    "key twice, deep": ("a:\n- b: {c: 1, c: 1}\n", 2, "`c` is there already"),
    "key twice, one in quotes": ('m: {}\n"m": {}\n', 2, "`m` is there already, in line 1"),
    "key twice, below an alias": ("x: &x\n  b: 1\n  b: 2\ny: *x\n", 3, "`b` is there already"),
    "octal": ("seeds:\n- 1\n- 010\n", 3, "reads as 8, an octal number: write 10 or"),
    "octal, signed": ("a: -0_17\n", 1, "octal number: write 17 or"),
    "octal as a key": ("conditions:\n  011: {}\n", 2, 'if it is text, "011"'),
    "base 60": ("a: 1:30\n", 1, "number of base 60"),
    "base 60 with a fraction": ("a: 190:20:30.15\n", 1, "number of base 60"),
    "itself": ("a: 1\nb: &b [*b]\n", 2, "contains itself"),
    "deep": (f"a: {'[' * 60}{']' * 60}\n", 1, "nested in more than 50 others"),
}


@pytest.mark.parametrize("case", MISLEADING)
def test_what_misleads_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    text, line, words = MISLEADING[case]
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        plain_yaml.check_file(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert words in str(caught.value)
    with pytest.raises(UserError, match=f"line {line}: "):
        config.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "a: 0\nb: 0.5\nc: -0\nd: 10\ne: 1.0e-4\n",
        "a: {x: 1}\nb: {x: 1}\n",
        "a: '010'\nb: \"1:30\"\nc: 12:3:x\n",
        "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {<<: *a}\n",
        "1: a\n'1': b\n",
        "",
        "a: [not YAML\n",
    ],
)
def test_the_rest_passes(text: str) -> None:
    plain_yaml.check(text, Path("my.yaml"))


def test_configs_of_the_project_pass() -> None:
    found = list((ROOT / "config").rglob("*.yaml"))
    assert len(found) > 1
    for path in found:
        plain_yaml.check_file(path)


def test_aliases_cannot_stand_for_millions_of_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    with pytest.raises(UserError, match=r"line 5: .* stands for more than 100000 values"):
        plain_yaml.check("\n".join(lines), Path("bomb.yaml"))


def test_many_values_pass_up_to_the_bound() -> None:
    # The block, the key and the list count too.
    plain_yaml.check(yaml.safe_dump({"a": list(range(99_997))}), Path("my.yaml"))
    with pytest.raises(UserError, match="more than 100000 values"):
        plain_yaml.check(yaml.safe_dump({"a": list(range(99_998))}), Path("my.yaml"))


def resolved(training: dict[str, int], seeds: int = 1) -> dict[str, Any]:
    return config.resolve(
        {
            "experiment": "study",
            "seeds": list(range(seeds)),
            "images": {"source": "openmoji", "count": 4096},
            "stimuli": {"table": "table.csv", "folder": "openmoji"},
            "activations": {"layers": ["layer1", "layer4"]},
            "training": {"schedule_epochs": 10**9, **training},
        }
    )


def test_a_plan_of_too_many_jobs_is_refused() -> None:
    # 6 jobs a segment: 16666 segments fit.
    plan_size.check(resolved({"epochs": 33_332, "segment_epochs": 2}))
    with pytest.raises(UserError, match=r"plans 100002 jobs .* at most 100000 .*segment_epochs"):
        plan_size.check(resolved({"epochs": 33_334, "segment_epochs": 2}))
    with pytest.raises(UserError, match="jobs for 1 conditions and 20000 seeds"):
        plan_size.check(resolved({"epochs": 10, "segment_epochs": 10}, seeds=20_000))


def test_a_plan_of_too_many_checkpoints_is_refused() -> None:
    plan_size.check(resolved({"epochs": 999_999, "segment_epochs": 10**9}))
    with pytest.raises(UserError, match=r"1000001 checkpoints .* at most 1000000"):
        plan_size.check(resolved({"epochs": 10**6, "segment_epochs": 10**9}))


@pytest.mark.parametrize("value", [["1", "2"], {"epochs": "3"}, {"a": [{"b": "1e-4"}]}, ["true"]])
def test_numbers_in_lists_of_the_command_line_are_refused(value: object) -> None:
    with pytest.raises(UserError, match=r"`--config seeds=…` has .*--configfile"):
        command_line.check({"seeds": value})


def test_other_settings_of_the_command_line_pass() -> None:
    command_line.check({"experiment": "x", "image_size": 32, "activations": {"layers": ["layer1"]}})
