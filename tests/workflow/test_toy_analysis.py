"""Promise: an analysis is a folder and a word in the registry, as docs/tutorial.md says.

Its analysis is added to a copy of a finished study. All that has to know of it is asked.
"""

import json
import subprocess
import sys

import pandas as pd
import pytest
import tutorial_analysis
import yte
from project import Project, copy_of_study

ADDED = {"neighbours": 1, "figure_neighbours": 1}


@pytest.fixture(scope="module")
def study(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished study with one analysis more."""
    study = copy_of_study(finished, tmp_path_factory.mktemp("toy") / "project")
    tutorial_analysis.add(study.path)
    return study


@pytest.fixture(scope="module")
def made(study: Project) -> Project:
    """The same, after its tables and figures are made."""
    plan = study.plan().counts()
    assert plan == {**ADDED, "provenance": 1, "report": 1}
    with (study.path / "profiles/slurm/config.yaml").open(encoding="utf-8") as file:
        groups = yte.process_yaml(file, require_use_yte=True)["groups"]
    assert {groups.get(rule) for rule in plan} == {"summary"}
    done = study.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return study


def test_its_table_holds_all_states(made: Project) -> None:
    table = pd.read_csv(made.path / "results/tiny/tables/neighbours.csv")
    assert list(table.columns) == ["condition", "seed", "layer", "epoch", "share"]
    assert len(table) == 2 * 2 * 3
    assert table["share"].between(0, 1).all()


def test_the_report_and_the_provenance_have_it(made: Project) -> None:
    folder = made.path / "results/tiny"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Faces beside faces" in page
    assert "Share of the faces whose nearest image is a face." in page
    recorded = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["results"]
    figures = {f"figures/neighbours.{suffix}" for suffix in ("pdf", "png", "txt")}
    assert {"tables/neighbours.csv", *figures} <= recorded.keys()


def test_the_report_of_snakemake_has_it(made: Project) -> None:
    path = made.path / "snakemake.html"
    done = made.snakemake("--report", str(path))
    assert done.returncode == 0, done.stdout
    page = path.read_text(encoding="utf-8")
    assert "neighbours.png" in page
    assert "Share of the faces whose nearest image is a face, for each layer." in page


def test_the_page_of_results_has_it(made: Project) -> None:
    page = made.path / "page.md"
    command = [sys.executable, str(made.path / "workflow/scripts/results_page.py")]
    command += ["--results", "results/tiny", "--command", "make run", "--output", str(page)]
    subprocess.run(command, cwd=made.path, env=made.environment(), check=True)
    text = page.read_text(encoding="utf-8")
    assert "### How often is the image nearest to a face a face?" in text
    assert "In layer4 the nearest image is a face for" in text
    assert "neighbours.png" in text


def test_it_is_made_once(made: Project) -> None:
    assert made.plan().jobs == []
