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


def test_it_shows_results_in_categories_with_captions(page: str) -> None:
    for category in ("Figures of the paper", "Training", "Tables", "The study in one page"):
        assert category in page
    results = ("figure1_stability.png", "figure2_categories.png", "stability_summary.csv")
    for result in (*results, "training.png", "report.html", "provenance.json"):
        assert result in page
    captions = re.findall(r'"caption": ?"((?:[^"\\]|\\.)*)"', page)
    assert len(captions) >= 7
    assert all(len(unescape(re.sub("<.*?>", "", caption))) > 40 for caption in captions)


def test_it_loads_nothing(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css|woff2?)"', page) == []
    assert "@import" not in re.sub(r"data:[^\"')]*", "", page.split("</style>")[0])


def test_a_zip_holds_the_files(finished: Project, tmp_path: Path) -> None:
    done = finished.snakemake("--report", str(tmp_path / "report.zip"))
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"report.html", "figure1_stability.png", "categories_summary.csv"} <= names


def test_making_it_reruns_nothing(finished: Project, page: str) -> None:
    assert page
    assert finished.plan().jobs == []
