"""A small study that Snakemake ran from start to end, and one in which nothing has run."""

from pathlib import Path

import pytest
from project import Project, copy_of_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study, run from start to end; tests must leave it as they found it."""
    project = copy_of_project(tmp_path_factory.mktemp("finished") / "project")
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy of the project in which nothing has run."""
    return copy_of_project(tmp_path / "project")
