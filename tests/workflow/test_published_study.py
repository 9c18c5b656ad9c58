"""Promise: a study published as data gives all its results where nothing was trained.

The finished study is published; the folder alone is carried into a copy of the project without
results, and the command of `make results` runs there.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from project import Project, copy_of_project, copy_of_study

# RDMs are rounded to 19 binary digits: to 1.9e-6 of a dissimilarity, which is at most 2.
ROUNDING = {"rtol": 1e-4, "atol": 1e-5}
RESULTS = Path("results/tiny")
STUDY = Path("studies/tiny")


def publish(project: Project, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run what `make publish` runs."""
    command = ("workflow/scripts/publish_study.py", "--config", "tiny.yaml")
    return project.script(*command, *arguments)


def make_results(
    project: Project, *flags: str, study: str = "tiny"
) -> "subprocess.CompletedProcess[str]":
    """Run what `make results STUDY=tiny` runs."""
    command = ("workflow/scripts/published_results.py", "--study", study, "--")
    return project.script(*command, "--logger", "work", "--cores", "2", *flags)


def refusal(project: Project, *flags: str, study: str = "tiny") -> str:
    """The one sentence of a run that changes nothing."""
    before = {path: path.read_bytes() for path in project.results()}
    done = make_results(project, *flags, study=study)
    assert done.returncode != 0, done.stdout
    assert len(done.stdout.splitlines()) == 1, done.stdout
    assert {path: path.read_bytes() for path in project.results()} == before
    return done.stdout.partition("error: ")[2]


@dataclass
class Given:
    """A project that was given a published study, and what its first and second run said."""

    project: Project
    first: str
    second: str

    @property
    def results(self) -> Path:
        return self.project.path / RESULTS


@pytest.fixture(scope="module")
def origin(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished study, which is to stay as it is, and publishes itself."""
    return copy_of_study(finished, tmp_path_factory.mktemp("origin") / "project")


@pytest.fixture(scope="module")
def published(origin: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as it is published without pictures."""
    done = publish(origin)
    assert done.returncode == 0, done.stdout
    assert "studies/tiny: 2 of 2 networks, 0." in done.stdout
    folder = tmp_path_factory.mktemp("published") / "tiny"
    return Path(shutil.copytree(origin.path / STUDY, folder))


@pytest.fixture(scope="module")
def given(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Given:
    project = copy_of_project(tmp_path_factory.mktemp("given") / "project")
    (project.path / "tiny.yaml").unlink()
    shutil.copytree(published, project.path / STUDY)
    runs = [make_results(project) for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stdout
    return Given(project, *(run.stdout for run in runs))


@pytest.fixture
def another(published: Path, tmp_path: Path) -> Project:
    """A project with the published study, of which nothing was made."""
    project = copy_of_project(tmp_path / "another")
    shutil.copytree(published, project.path / STUDY)
    return project


def test_every_table_has_the_same_numbers(finished: Project, given: Given) -> None:
    tables = sorted((finished.path / RESULTS).glob("**/*.csv"))
    tables = [path for path in tables if "checkpoints" not in path.parts]
    assert len(tables) > 30
    for path in tables:
        name = path.relative_to(finished.path)
        wanted, found = pd.read_csv(path), pd.read_csv(given.project.path / name)
        assert list(found.columns) == list(wanted.columns), name
        for column in wanted:
            if column == "sentence":  # tells numbers that another column has
                continue
            if pd.api.types.is_float_dtype(wanted[column]):
                np.testing.assert_allclose(
                    found[column], wanted[column], **ROUNDING, err_msg=f"{name}: {column}"
                )
            else:
                assert found[column].equals(wanted[column]), (name, column)


def test_every_figure_and_the_report_are_there(finished: Project, given: Given) -> None:
    figures = {path.name for path in (finished.path / RESULTS / "figures").iterdir()}
    assert len(figures) > 30
    assert {path.name for path in (given.results / "figures").iterdir()} == figures
    page = (given.results / "report.html").read_text(encoding="utf-8")
    assert "Made of the networks that are published in studies/tiny" in page
    data = page.partition('id="explorer-data">')[2].partition("</script>")[0]
    shown = json.loads(data)
    assert len(shown["images"]["names"]) == 96
    assert [each["seed"] for each in shown["conditions"][0]["instances"]] == [None, 1, 2]


def test_names_stand_in_the_place_of_pictures(given: Given) -> None:
    page = (given.results / "report.html").read_text(encoding="utf-8")
    assert 'id="test-images"' not in page
    assert "The pictures of the 96 test images are not published" in page
    assert "baby_face, boy_face" in page
    assert not list((given.project.path / STUDY).glob("**/stimuli*.h5"))


def test_nothing_was_trained_and_no_image_packed(given: Given) -> None:
    for pattern in ("checkpoints", "state", "unfinished", "rdms", "activations"):
        assert not list(given.results.glob(f"**/{pattern}"))
    assert not list(given.results.glob("dataset*"))
    assert not list(given.results.glob("stimuli*"))
    logs = {path.name for path in given.results.glob("**/logs/*")}
    assert "report.log" in logs
    assert not [name for name in logs if name.startswith(("train", "extract", "rdm", "dataset"))]


def test_a_second_run_has_nothing_to_do(given: Given) -> None:
    assert "Nothing to be done" in given.second
    assert "Report: results/tiny/report.html" in given.first


def test_trajectories_are_those_of_the_study_but_for_rounding(
    finished: Project, given: Given
) -> None:
    for seed in (1, 2):
        name = RESULTS / f"moco/seed-{seed}/trajectory.h5"
        with h5py.File(finished.path / name) as wanted, h5py.File(given.project.path / name) as got:
            for layer, rdms in wanted["rdms"].items():
                assert got["rdms"][layer].dtype == np.float64
                np.testing.assert_allclose(got["rdms"][layer][:], rdms[:], rtol=2.0**-19, atol=0)


def test_provenance_tells_the_training_and_the_files_that_are_here(
    finished: Project, given: Given
) -> None:
    wanted, found = (
        json.loads((path / RESULTS / "provenance.json").read_text(encoding="utf-8"))
        for path in (finished.path, given.project.path)
    )
    assert found["instances"] == wanted["instances"]
    assert not [name for name in found["results"] if "checkpoints" in name or "state" in name]
    done = given.project.script("workflow/scripts/reproduce.py", "--run", str(RESULTS))
    assert done.returncode == 0, done.stdout


def test_a_flipped_bit_is_refused(another: Project) -> None:
    for name in ("moco/seed-2/trajectory.h5", "moco/seed-1/history.csv", "config.yaml"):
        path = another.path / STUDY / name
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
        assert refusal(another).startswith(f"{STUDY / name} does not have its checksum in")
        path.write_bytes(whole)
    (another.path / STUDY / "moco/recipe.json").unlink()
    assert refusal(another).startswith(f"{STUDY}/moco/recipe.json is missing")


def test_a_name_of_no_study_is_told_with_those_that_there_are(another: Project) -> None:
    assert refusal(another, study="tny") == ("there is no published study tny: choose among tiny\n")
    assert refusal(another, study="") == "STUDY names no published study: choose among tiny\n"
    assert "tiny" in refusal(another, study="../studies/tiny")


def test_networks_that_were_trained_here_are_never_replaced(
    finished: Project, published: Path, tmp_path: Path
) -> None:
    trained = Project(tmp_path / "trained")
    shutil.copytree(finished.path, trained.path)
    shutil.copytree(published, trained.path / STUDY)
    assert refusal(trained).startswith(f"{RESULTS} has networks that were trained here")
    # Nor where only their trajectories were kept.
    for kind in ("checkpoints", "state"):
        for seed in (1, 2):
            shutil.rmtree(trained.path / RESULTS / f"moco/seed-{seed}" / kind)
    said = refusal(trained)
    assert said.startswith(f"{RESULTS}/moco/seed-1/trajectory.h5 is not the trajectory")


def test_pictures_are_published_and_shown_if_that_is_wanted(
    origin: Project, given: Given, tmp_path: Path
) -> None:
    done = publish(origin, "--pictures")
    assert done.returncode == 0, done.stdout
    project = Project(shutil.copytree(given.project.path, tmp_path / "pictured"))
    shutil.rmtree(project.path / STUDY)
    shutil.copytree(origin.path / STUDY, project.path / STUDY)
    done = make_results(project)
    assert done.returncode == 0, done.stdout
    page = (project.path / RESULTS / "report.html").read_text(encoding="utf-8")
    assert 'id="test-images"' in page
    assert "OpenMoji" in page.partition("<footer>")[2]
    # What was made before is right still.
    table = RESULTS / "tables/stability.csv"
    assert (project.path / table).stat().st_mtime == (given.project.path / table).stat().st_mtime
