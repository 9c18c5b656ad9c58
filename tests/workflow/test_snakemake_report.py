"""Promise: Snakemake's own report works too, and needs no network to be made or read."""

import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
from project import Project


@pytest.fixture(scope="module")
def page(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    done = finished.snakemake("--report", str(path))
    assert done.returncode == 0, done.stdout
    return path.read_text(encoding="utf-8")


def pictures(finished: Project) -> list[str]:
    """Names of all figures of the run."""
    names = [path.name for path in finished.results() if path.suffix == ".png"]
    assert {"figure1_stability.png", "training.png", "emergence.png", "path.png"} <= {*names}
    return names


def test_it_shows_results_in_categories_with_captions(finished: Project, page: str) -> None:
    categories = (
        "Figures of the paper", "Training", "Tables", "The study in one page", "Tests and claims",
        "Geometry of trajectories", "Instances", "Categories and models", "Dimension",
    )  # fmt: skip
    for category in categories:
        assert category in page
    results = ("stability_summary.csv", "claims.csv", "report.html", "provenance.json")
    for result in (*results, *pictures(finished)):
        assert result in page
    captions = re.findall(r'"caption": ?"((?:[^"\\]|\\.)*)"', page)
    assert len(captions) >= len(results) + len(pictures(finished))
    assert all(len(unescape(re.sub("<.*?>", "", caption))) > 40 for caption in captions)
    # As where a category has the name of a page that Snakemake makes.
    assert "System Message" not in page


def test_it_loads_nothing(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css|woff2?)"', page) == []
    assert "@import" not in re.sub(r"data:[^\"')]*", "", page.split("</style>")[0])


def test_a_zip_holds_the_files(finished: Project, tmp_path: Path) -> None:
    done = finished.snakemake("--report", str(tmp_path / "report.zip"))
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"report.html", "categories_summary.csv", *pictures(finished)} <= names


def test_making_it_reruns_nothing(finished: Project, page: str) -> None:
    assert page
    assert finished.plan().jobs == []
