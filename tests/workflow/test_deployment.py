"""Promise: the workflow runs from elsewhere as it does from its clone, and a study stays the same.

From another folder, as a module of another Snakefile with its paths moved and its rules renamed,
as snakedeploy leaves it, and without an activated environment. Where nothing else is said the
truth is the study that was made in a clone.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from project import TINY, Project, copy_of_project, merged

from trajectories.rdms import trajectory

# Of the study in the clone one network and one layer, trained in one go.
PART: dict[str, Any] = {
    "seeds": [1],
    "training": {"segment_epochs": 2},
    "activations": {"layers": ["layer4"]},
    "statistics": {"resamples": 100},
}
# What `snakedeploy deploy-workflow` of version 0.17 leaves, with a repository on GitHub.
DEPLOYED = """\
from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare {repository} as a module
module trajectories:
    snakefile:
        github("someone/learning-trajectories", path="workflow/Snakefile", tag="v1")
    config:
        config


# use all rules from {repository}
use rule * from trajectories
"""
MODULE = """\
configfile: "config.yaml"


rule of_their_own:
    output:
        "own.txt"
    shell:
        "type -t python > {{output}} || true"


module trajectories:
    snakefile: "{snakefile}"
    config: config
    {paths}


use rule * from trajectories as {name}
"""


class Deployed(Project):
    """A folder in which there is no more than a user has written."""

    def command(self, *arguments: str) -> list[str]:
        """Command line of Snakemake, with nothing added."""
        return [sys.executable, "-m", "snakemake", *arguments]

    def environment(self) -> dict[str, str]:
        """Environment of a user who has not activated the project's Python.

        Snakemake's cache of rule files and GitHub are folders beside it.
        """
        return os.environ | {
            "PATH": os.defpath,
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": str(self.path.with_name("cache")),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{self.path.parent}/github.com/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/",
        }

    def config(self, name: str, changes: dict[str, Any] | None = None) -> None:
        """Write the configuration of the tiny study with changes."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(merged(TINY, changes or {})), encoding="utf-8")

    def module(self, snakefile: Path, paths: str = "", name: str = "*") -> None:
        """Write a Snakefile that uses the workflow as a module."""
        text = MODULE.format(snakefile=snakefile, paths=paths, name=name)
        (self.path / "Snakefile").write_text(text, encoding="utf-8")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Deployed:
    """An empty folder."""
    (tmp_path / "study").mkdir()
    return Deployed(tmp_path / "study")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow's files; no study."""
    return copy_of_project(tmp_path_factory.mktemp("deployment") / "clone").path


@pytest.fixture
def github(clone: Path, tmp_path: Path) -> Path:
    """What stands for GitHub, with the workflow's repository and its tag v1."""
    repository = tmp_path / "github.com" / "someone" / "learning-trajectories"
    shutil.copytree(clone, repository)
    for words in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "all"),
        ("tag", "v1"),
    ):
        subprocess.run(["git", *words], cwd=repository, check=True)
    # What is not in the tag must not be used.
    (repository / "workflow" / "scripts" / "train.py").unlink()
    (repository / "workflow" / "rules" / "train.smk").unlink()
    return repository


@pytest.fixture(scope="module")
def made_by_module(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployed, Path]]:
    """A study made by the workflow as a module, and where the workflow lies."""
    study = Deployed(tmp_path_factory.mktemp("module"))
    workflow = study.path.parent / "workflow of the module"
    shutil.copytree(clone, workflow)
    study.config("config.yaml", PART)
    study.module(workflow / "Snakefile", 'prefix: "moved here"', "their_*")
    done = study.snakemake("--cores", "2", "of_their_own", "their_all")
    assert done.returncode == 0, done.stdout
    yield study, workflow
    shutil.rmtree(workflow, ignore_errors=True)


def test_module_makes_the_study_in_the_place_of_its_prefix(
    made_by_module: tuple[Deployed, Path], finished: Project
) -> None:
    study, _ = made_by_module
    assert {path.name for path in study.path.iterdir() if path.name != ".snakemake"} == {
        "Snakefile", "config.yaml", "own.txt", "moved here",
    }  # fmt: skip
    results = study.path / "moved here" / "results" / "tiny"
    assert (results / "figures" / "figure1_stability.pdf").stat().st_size > 0
    # Emptied by the rule `history`, which is told of this folder in a parameter.
    assert list((results / "moco" / "seed-1" / "unfinished").iterdir()) == []
    made, there = (
        trajectory.read(folder / "moco" / "seed-1" / "trajectory.h5")
        for folder in (results, finished.path / "results" / "tiny")
    )
    np.testing.assert_array_equal(made.rdms["layer4"], there.rdms["layer4"])
    recorded = json.loads((results / "provenance.json").read_text(encoding="utf-8"))
    assert recorded["stimulus_table"]["path"] == "config/stimuli/openmoji96.csv"


def test_rules_beside_the_module_keep_their_shell(made_by_module: tuple[Deployed, Path]) -> None:
    study, _ = made_by_module
    assert (study.path / "own.txt").read_text().strip() != "function"


def test_moving_the_workflow_reruns_nothing_and_an_edit_what_it_concerns(
    made_by_module: tuple[Deployed, Path],
) -> None:
    study, workflow = made_by_module
    moved = workflow.with_name("moved workflow")
    shutil.copytree(workflow, moved)  # with new dates
    shutil.rmtree(workflow)
    study.module(moved / "Snakefile", 'prefix: "moved here"', "their_*")
    assert study.plan("their_all").jobs == []
    code = moved / "workflow/scripts/trajectories/analyses/speed/figure.py"
    code.write_text(code.read_text() + "# Edited.\n")
    os.utime(code, (0, 0))
    again = study.plan("their_all").counts()
    assert set(again) == {"their_figure_speed", "their_provenance", "their_report", "their_all"}
    moved.rename(workflow)


def test_finished_study_has_nothing_to_do_from_elsewhere(
    finished: Project, elsewhere: Deployed
) -> None:
    done = elsewhere.snakemake(
        "--snakefile", str(finished.path / "Snakefile"), "--directory", str(finished.path),
        "--configfile", str(finished.path / "tiny.yaml"), "--dry-run",
    )  # fmt: skip
    assert "Nothing to be done" in done.stdout


def test_another_folder_gets_the_plan_of_the_clone(
    clone: Path, elsewhere: Deployed, fresh: Project
) -> None:
    elsewhere.config("mine.yaml")
    plan = elsewhere.plan("--snakefile", str(clone / "Snakefile"), "--configfile", "mine.yaml")
    assert sorted(map(str, plan.jobs)) == sorted(map(str, fresh.plan().jobs))


def test_replace_prefix_moves_all_results(clone: Path, elsewhere: Deployed) -> None:
    elsewhere.config("config.yaml")
    elsewhere.module(clone / "Snakefile", 'replace_prefix: {"results/": "other/"}')
    done = elsewhere.snakemake("--dry-run", "--printshellcmds", "all")
    assert done.returncode == 0, done.stdout
    assert " other/tiny/report.html" in done.stdout
    assert "results/" not in done.stdout.replace("--results ", "")


def test_as_snakedeploy_leaves_it(github: Path, elsewhere: Deployed, fresh: Project) -> None:
    shutil.copytree(github / "config", elsewhere.path / "config")
    elsewhere.config("config/config.yaml")
    (elsewhere.path / "workflow").mkdir()
    text = DEPLOYED.format(repository=github)
    (elsewhere.path / "workflow" / "Snakefile").write_text(text, encoding="utf-8")
    assert sorted(map(str, elsewhere.plan().jobs)) == sorted(map(str, fresh.plan().jobs))
    cache = elsewhere.path.with_name("cache")
    [checkout] = cache.glob("**/source-cache/learning-trajectories/*/workflow")
    assert (checkout / "scripts" / "train.py").exists()
    made = elsewhere.snakemake("--cores", "1", "results/tiny/moco/recipe.json")
    assert made.returncode == 0, made.stdout
    assert (elsewhere.path / "results/tiny/moco/recipe.json").exists()


@pytest.mark.skipif(shutil.which("snakedeploy") is None, reason="snakedeploy is not installed")
def test_snakedeploy_leaves_what_is_tested(github: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", str(github), "checkout", "--quiet", "."], check=True)
    subprocess.run(
        ["snakedeploy", "deploy-workflow", str(github), "study", "--tag", "v1",
         "--name", "trajectories"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    left = (tmp_path / "study" / "workflow" / "Snakefile").read_text(encoding="utf-8")
    assert left.split() == DEPLOYED.format(repository=github).split()


def test_checks_at_the_start_are_not_lost_in_a_module(clone: Path, elsewhere: Deployed) -> None:
    images = {"images": {"source": "folder", "path": "nowhere"}}
    elsewhere.config("config.yaml", images)
    elsewhere.module(clone / "Snakefile")
    snakefile = elsewhere.path / "Snakefile"
    snakefile.write_text(snakefile.read_text() + '\n\nonstart:\n    shell("touch started")\n')
    assert elsewhere.plan("images").counts()["dataset"] == 1
    done = elsewhere.snakemake("--cores", "1", "stimuli")
    assert done.returncode != 0
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert "nowhere" in error
    assert not (elsewhere.path / "results").exists()
    (elsewhere.path / "nowhere" / "class").mkdir(parents=True)
    elsewhere.snakemake("--cores", "1", "stimuli")
    assert (elsewhere.path / "started").exists()


def test_mistake_in_the_config_of_a_module_is_one_sentence(
    clone: Path, elsewhere: Deployed
) -> None:
    elsewhere.config("config.yaml", {"seeds": "many"})
    elsewhere.module(clone / "Snakefile")
    done = elsewhere.snakemake("--dry-run")
    assert done.returncode != 0
    assert "error: config key `seeds`" in done.stdout
    assert "Traceback" not in done.stdout


def test_two_versions_do_not_run_side_by_side(clone: Path, elsewhere: Deployed) -> None:
    other = elsewhere.path.parent / "other"
    shutil.copytree(clone, other)
    elsewhere.config("config.yaml")
    elsewhere.module(clone / "Snakefile", name="first_*")
    snakefile = elsewhere.path / "Snakefile"
    again = MODULE.partition("module ")[2].replace("trajectories", "another")
    again = again.format(snakefile=other / "Snakefile", paths='prefix: "two"', name="second_*")
    snakefile.write_text(snakefile.read_text() + f"\n\nmodule {again}")
    done = elsewhere.snakemake("--dry-run")
    assert done.returncode != 0
    assert f"error: the package `trajectories` of {clone}/workflow/scripts is in use" in done.stdout


def test_catalogue_finds_what_it_asks_for(clone: Path) -> None:
    root = Path(__file__).parents[2]
    shown = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))
    assert set(shown["usage"]) <= {"mandatory-flags", "software-stack-deployment", "report"}
    assert shown["usage"]["software-stack-deployment"]["conda"]
    assert (clone / "workflow" / "Snakefile").is_file()
    assert (clone / "config" / "README.md").is_file()
