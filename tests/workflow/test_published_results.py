"""Promise: all results of a study that comes with the repository are made without training."""

import json
import re
import shutil
from pathlib import Path

import pytest
from project import ROOT, Project, copy_of_project

STUDY = Path("studies/cifar10")
RESULTS = Path("results/cifar10")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What `make results STUDY=cifar10` makes of the repository alone."""
    project = copy_of_project(tmp_path_factory.mktemp("shipped") / "project")
    shutil.copytree(ROOT / STUDY, project.path / STUDY)
    command = ("workflow/scripts/published_results.py", "--study", STUDY.name, "--")
    done = project.script(*command, "--logger", "work", "--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "without the references human_it, monkey_it: their files are not here" in done.stdout
    return project


def test_the_report_has_all_networks_in_its_explorer(made: Project) -> None:
    page = (made.path / RESULTS / "report.html").read_text(encoding="utf-8")
    data = page.partition('id="explorer-data">')[2].partition("</script>")[0]
    shown = json.loads(data)
    assert len(shown["images"]["names"]) == 92
    seeds = [each["seed"] for each in shown["conditions"][0]["instances"]]
    assert seeds == [None, 1, 2, 3, 4, 5, 6, 7, 8]


def test_nothing_was_trained(made: Project) -> None:
    assert not list(made.path.glob(f"{RESULTS}/**/checkpoints"))
    assert len(list(made.path.glob(f"{RESULTS}/figures/*.pdf"))) >= 15


def test_verdicts_are_those_of_the_page_in_the_docs(made: Project) -> None:
    done = made.script(
        "workflow/scripts/results_page.py",
        "--results", str(RESULTS),
        "--command", "make results STUDY=cifar10",
        "--output", "docs/results-cifar10.md",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    page = Path("docs/results-cifar10.md")
    told, here = (
        verdicts((folder / page).read_text(encoding="utf-8")) for folder in (ROOT, made.path)
    )
    assert len(told) > 8
    assert here == told


def verdicts(page: str) -> list[str]:
    """Rows of the first table of the page, of verdicts on each statement."""
    table = re.search(r"^\| claim \| statement .*?\n\n", page, re.DOTALL | re.MULTILINE)
    assert table is not None
    return table[0].splitlines()[2:]
