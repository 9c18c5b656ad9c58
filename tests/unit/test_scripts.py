"""Every script can be used by hand: it explains itself, and the rules call it as it is.

The truths are the source of the scripts and the text of the rules.
"""

import argparse
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from trajectories import cli

HOME = Path(__file__).parents[2]
SCRIPTS = sorted((HOME / "workflow/scripts").glob("*.py"))
RULES = sorted((HOME / "workflow/rules").glob("*.smk"))
NAMES = [path.stem for path in SCRIPTS]


@cache
def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser that a script makes when it is run."""
    kept: list[argparse.ArgumentParser] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "run", lambda main, parser: kept.append(parser))
        runpy.run_path(str(HOME / f"workflow/scripts/{name}.py"), run_name="__main__")
    return kept[0]


def flags_in_source(name: str) -> set[str]:
    source = (HOME / f"workflow/scripts/{name}.py").read_text(encoding="utf-8")
    return set(re.findall(r'add_argument\(\s*"(--[\w-]+)"', source)) | {"--log"}


@cache
def calls() -> dict[str, str]:
    """The shell command of each script that a rule runs, with its rule's parameters."""
    found = {}
    for path in RULES:
        for rule in re.split(r"^ *rule\b", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            for name in re.findall(r"python workflow/scripts/(\w+)\.py", rule):
                found[name] = rule
    return found


def test_the_scripts_are_there() -> None:
    assert {"train", "extract", "rdms", "report", "write_recipe", "merge_history"} <= set(NAMES)
    assert set(calls()) <= set(NAMES)
    assert len(calls()) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_help_explains_every_flag(name: str, monkeypatch, capsys) -> None:
    script = str(HOME / f"workflow/scripts/{name}.py")
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(script, run_name="__main__")
    assert stop.value.code == 0
    told = capsys.readouterr().out
    flags = flags_in_source(name)
    assert len(flags) > 1
    assert flags <= set(re.findall(r"--[\w-]+", told))
    description = parser_of(name).description
    assert description is not None
    assert " ".join(description.split()) in " ".join(told.split())


@pytest.mark.parametrize("name", sorted(calls()))
def test_a_rule_gives_a_script_the_flags_it_has(name: str) -> None:
    actions = [action for action in parser_of(name)._actions if action.option_strings]
    known = {flag for action in actions for flag in action.option_strings} | {"--log"}
    command = calls()[name]
    given = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", command))
    assert given <= known
    assert "--log" in given
    assert {action.option_strings[0] for action in actions if action.required} <= given


def test_a_script_runs_by_hand_from_anywhere(tmp_path) -> None:
    """Without the package being installed, and with the error of a user in one line."""
    script = HOME / "workflow/scripts/merge_history.py"
    done = subprocess.run(
        [sys.executable, script, "--checkpoints", "absent", "--output", "history.csv"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "absent/history.csv is missing" in done.stderr
    assert list(tmp_path.iterdir()) == []
