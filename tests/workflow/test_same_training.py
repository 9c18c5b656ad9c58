"""Promise: results state the settings that networks were trained with, and training is kept.

Whatever Snakemake's own records say: each fault is put into a study that has really run.
"""

import json
import shutil
from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def study(finished: Project, tmp_path: Path) -> Project:
    # Without links to the weights of the finished study, which is to keep its dates.
    return Project(shutil.copytree(finished.path, tmp_path / "study"))


def refusal(study: Project, *arguments: str) -> str:
    """The one sentence of a run that leaves everything but recipes as it was."""
    before = {f: f.read_bytes() for f in study.results() if f.name != "recipe.json"}
    done = study.snakemake("--cores", "2", *arguments)
    assert done.returncode != 0, done.stdout
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert {f: f.read_bytes() for f in before} == before
    return errors[0]


def test_settings_that_snakemake_does_not_see_are_refused(study: Project) -> None:
    study.configure({"training": {"learning_rate": 0.5}})
    for arguments in (
        ("--rerun-triggers", "mtime", "-R", "figure1_stability"),
        ("--touch",),
        ("--rerun-triggers", "mtime", "-R", "report", "--until", "report"),
    ):
        said = refusal(study, *arguments)
        for words in ("condition moco", "training.learning_rate", "0.03", "0.5", "--forcerun"):
            assert words in said
    assert "train" in study.plan().counts()


def test_settings_without_the_records_of_snakemake_are_refused(study: Project) -> None:
    shutil.rmtree(study.path / ".snakemake")
    study.configure({"training": {"learning_rate": 0.5}, "seeds": [1, 2, 3]})
    assert "training.learning_rate" in refusal(study)


def test_a_damaged_recipe_costs_no_training(study: Project) -> None:
    recipe = study.path / "results/tiny/moco/recipe.json"
    before = recipe.read_text()
    edited = json.loads(before)
    edited["training"]["temperature"] = 0.5
    for damaged in (before[:400], json.dumps(edited), None):
        recipe.write_text(damaged) if damaged else recipe.unlink()
        # What is missing is made again only if a job that this run needs reads it.
        assert "is written again" in refusal(study, "-R", "displacement")
        assert recipe.read_text() == before
        assert study.plan().jobs == []


def test_new_dates_without_the_records_of_snakemake_train_nothing_again(study: Project) -> None:
    shutil.rmtree(study.path / ".snakemake")
    (study.path / "results/tiny/moco/seed-1/state/epochs-0000-0001.pt").touch()
    (study.path / "results/tiny/moco/recipe.json").touch()
    assert "train" not in study.plan().counts()
