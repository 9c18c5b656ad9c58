"""Promise: images of another packing are refused before any job, and never become the record."""

import shutil
import sys
from pathlib import Path

import pytest
from project import Project

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
sys.path.insert(0, str(SCRIPTS))


@pytest.fixture
def study(finished: Project, tmp_path: Path) -> Project:
    return Project(shutil.copytree(finished.path, tmp_path / "study"))


@pytest.fixture
def other(fresh: Project) -> Project:
    """The same study with images packed by another seed, and of the same size."""
    fresh.configure({"images": {"seed": 1}})
    done = fresh.snakemake("--cores", "2", "images")
    assert done.returncode == 0, done.stdout
    return fresh


def refusal(study: Project, *arguments: str) -> str:
    before = {f: f.read_bytes() for f in study.results()}
    done = study.snakemake("--cores", "2", *arguments)
    assert done.returncode != 0, done.stdout
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert {f: f.read_bytes() for f in before} == before
    return errors[0]


def take(study: Project, other: Project, name: str) -> None:
    shutil.copy(other.path / "results/tiny" / name, study.path / "results/tiny" / name)


def test_training_images_of_another_seed_are_refused(study: Project, other: Project) -> None:
    take(study, other, "dataset.h5")
    for changes in ({"training": {"epochs": 3}}, {"seeds": [1, 2, 3]}):
        study.configure(changes)
        said = refusal(study)
        for words in ("dataset.h5 was packed with `images.seed` 1", "config says 0", "--forcerun"):
            assert words in said


def test_networks_and_images_that_do_not_belong_together(study: Project, other: Project) -> None:
    """Here file and config agree, by hand, and Snakemake has no record that they have not."""
    from trajectories.images import dataset

    path = study.path / "results/tiny/dataset.h5"
    images, label = dataset.load(path)
    with_settings = {"settings": {"source": "openmoji", "count": 96, "seed": 0}}
    dataset.write(path, images[::-1], label[::-1], ["a"] * 100, with_settings)
    study.configure({"training": {"epochs": 3}})
    said = refusal(study)
    assert "was made from other training images" in said
    assert "put back" in said


def test_other_pictures_by_the_same_names_are_refused(study: Project) -> None:
    from trajectories.stimuli import packing

    path = study.path / "results/tiny/stimuli.h5"
    names, images = packing.load(path)
    packing.write(path, names, images[::-1], {"folder": "openmoji"})
    for arguments in ((), ("-R", "figure1_stability"), ("--touch",)):
        assert "is not the one that results were made from" in refusal(study, *arguments)
