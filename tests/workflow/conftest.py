"""A small study that Snakemake ran from start to end, and one in which nothing has run."""

import fcntl
import os
from pathlib import Path

import pytest
from project import Project, copy_of_project, copy_of_study


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study, run from start to end; tests must leave it as they found it.

    Where tests run side by side, the first process that wants it runs it, and each has a copy.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return run_from_start_to_end(base / "finished")
    shared = base.parent / "finished"
    with (base.parent / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            unfinished = run_from_start_to_end(base / "finished")
            unfinished.path.rename(shared)
    return copy_of_study(Project(shared), base / "finished")


def run_from_start_to_end(folder: Path) -> Project:
    project = copy_of_project(folder)
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy of the project in which nothing has run."""
    return copy_of_project(tmp_path / "project")
