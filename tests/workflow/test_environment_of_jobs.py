"""Promise: what a user's shell has set does not stop jobs, nor change what they write."""

import subprocess
from pathlib import Path

import pytest
from project import Project, copy_of_study

HOSTILE = {
    "MPLBACKEND": "module://no_such_package.backend_inline",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "error::ImportWarning,error::ResourceWarning",
    "PYTHONOPTIMIZE": "2",
    "PYTHONINSPECT": "",
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
}


@pytest.fixture
def study(finished: Project, tmp_path: Path) -> Project:
    return copy_of_study(finished, tmp_path / "study")


def test_a_hostile_shell_changes_no_figure(study: Project) -> None:
    figures = [*study.results("figures/figure1_*"), *study.results("tables/stability.csv*")]
    before = {file: file.read_bytes() for file in figures}
    (study.path / "matplotlibrc").write_text("backend: tkagg\nfont.size: 40\nlines.linewidth: 9\n")
    done = subprocess.run(
        study.command("--cores", "2", "-R", "figure1_stability", "--until", "figure1_stability"),
        cwd=study.path,
        env=study.environment() | HOSTILE,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "rule figure1_stability" in done.stdout
    assert {file: file.read_bytes() for file in figures} == before


def test_a_hostile_shell_stops_no_job(fresh: Project) -> None:
    recipe = "results/tiny/moco/recipe.json"
    done = subprocess.run(
        [*fresh.command("--cores", "1"), "--", recipe],
        cwd=fresh.path,
        env=fresh.environment() | HOSTILE,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (fresh.path / recipe).exists()
