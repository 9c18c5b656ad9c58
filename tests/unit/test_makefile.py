"""A name of a config that is mistyped is told in one sentence, before anything is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "target", ["run", "plan", "layers", "status", "interim", "tensorboard", "results", "publish"]
)
def test_a_config_that_is_not_there(tmp_path: Path, target: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = subprocess.run(
        ["make", "--silent", target, "CONFIG=mistyped.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    [said] = [line for line in made.stderr.splitlines() if "mistyped.yaml" in line]
    assert said == "error: there is no config mistyped.yaml: name one that exists with CONFIG=."
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("status", "lock"), [(0, "only-known-to-uv==1\n"), (1, "")], ids=["uv installs", "uv fails"]
)
def test_uv_installs_where_it_is_there_and_pip_where_it_fails(
    tmp_path: Path, status: int, lock: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").write_text(lock)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\necho "$@" >> called\nexit {status}\n')
    uv.chmod(0o755)
    subprocess.run(
        ["make", "--silent", ".venv/.installed"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}"},
        check=True,
    )
    asked = (tmp_path / "called").read_text().split()
    assert asked[:2] == ["pip", "install"]
    assert {"--require-hashes", "requirements.lock"} < set(asked)
    assert (tmp_path / ".venv" / ".installed").read_text() == lock
    assert not (tmp_path / ".venv" / ".installing").exists()
