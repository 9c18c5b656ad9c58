"""A name of a config that is mistyped is told in one sentence, before anything is installed."""

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
