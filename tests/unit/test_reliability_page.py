"""docs/reliability.md promises nothing that no test holds, and says what its record says."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

HOME = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = [
    row
    for group in yaml.safe_load((HOME / "docs/reliability.yaml").read_text(encoding="utf-8"))
    for row in group["rows"]
]


@cache
def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["fault"][:50])
def test_every_promise_has_its_tests(row: dict[str, Any]) -> None:
    assert row["tests"]
    for test in row["tests"]:
        path, _, name = test.partition("::")
        assert name.startswith("test_")
        assert name in names_in(HOME / path), test


def test_the_page_is_made_of_its_rows() -> None:
    script = HOME / "benchmarks/reliability.py"
    done = subprocess.run([sys.executable, script, "--check"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    page = (HOME / "docs/reliability.md").read_text(encoding="utf-8")
    assert all(f"| {row['fault']} | {row['promise']} |" in page for row in ROWS)


def test_the_record_is_of_the_moments_that_are_tested() -> None:
    record = json.loads((HOME / "docs/figures/kills.json").read_text(encoding="utf-8"))
    assert record["seed"] == 0
    assert len(record["runs"]) == 20
    assert {run["digest"] for run in record["runs"]} == {record["undisturbed"]}
