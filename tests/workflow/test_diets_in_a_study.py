"""Promise: diets and sweeps are conditions like any other, beside those that are finished.

What is finished is not planned again when a condition with a diet joins it; test images shown as
trained change extraction alone, also in a second study beside that of clear ones.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import ROOT, Project, copy_of_study

from trajectories.networks.checkpoints import largest_difference
from trajectories.plotting import input_strip

WINDOW = {"changes": [{"change": "resolution", "at": {0: 0.25, 1: 1}}]}
BLUR = {"changes": [{"change": "blur", "at": {0: [7, 28], 0.5: 0}}]}
FED = {
    "conditions": {"moco": {}, "fed": {"training": {"diet": BLUR}}},
    "sweeps": {"deficit": {"diet": WINDOW, "onset": [0, 1]}},
}
CLEAR = {"conditions": FED["conditions"], "seeds": [1]}
AS_TRAINED = CLEAR | {"activations": {"diet": "as_trained"}}


@pytest.fixture(scope="module")
def study(finished: Project, tmp_path_factory) -> Project:
    return copy_of_study(finished, tmp_path_factory.mktemp("fed") / "project")


def test_conditions_of_a_sweep_are_planned_beside_those_that_are_finished(study: Project) -> None:
    study.configure(FED)
    plan = study.plan()
    trained = {"fed", "deficit_0000", "deficit_0001"}
    assert plan.wildcards("train", "condition") == trained
    assert plan.wildcards("recipe", "condition") == trained
    assert plan.wildcards("extract", "condition") == trained
    assert plan.counts()["train"] == 3 * 2 * 2
    study.configure()
    assert study.plan().jobs == []


@pytest.fixture(scope="module")
def fed(study: Project) -> Project:
    """The study with a condition that is fed, run to its report."""
    study.configure(CLEAR)
    done = study.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return study


def test_a_study_with_a_diet_runs_to_its_report(fed: Project) -> None:
    results = fed.path / "results" / "tiny"
    recipe = json.loads((results / "fed/recipe.json").read_text("utf-8"))
    at = [[0.0, [7.0, 28.0]], [0.5, 0.0]]
    assert recipe["training"]["diet"] == {"changes": [{"change": "blur", "at": at}]}
    table = pd.read_csv(results / "tables/diets.csv")
    assert set(table["condition"]) == {"fed"}
    assert table.groupby(table["epoch"] < 0.5)["high"].unique().map(list).to_dict() == {
        True: [28],
        False: [0],
    }
    assert "diet: blur 7–28 → 0" in (results / "report.html").read_text("utf-8")
    assert (results / "figures/diets.png").is_file()
    assert "two training images" in (results / "figures/inputs.txt").read_text("utf-8")
    assert "What the input looked like" in (results / "report.html").read_text("utf-8")
    plain, fed = (input_strip.read(results / name / "inputs.h5") for name in ("moco", "fed"))
    assert plain.epoch.tolist() == fed.epoch.tolist() == [0, 1, 2]
    # Blurred as training begins, clear after half an epoch; test images are as they are.
    apart = np.abs(plain.images.astype(int) - fed.images).max(axis=(2, 3, 4))
    assert (apart[0, :2] > 20).all()
    assert (apart[1:] == 0).all()
    assert (apart[:, 2:] == 0).all()
    assert differ(results / "moco", results / "fed") == {"epoch-0001.000.pt", "epoch-0002.000.pt"}


def test_as_trained_changes_responses_of_the_fed_networks_alone(fed: Project) -> None:
    fed.configure(AS_TRAINED)
    plan = fed.plan()
    assert plan.wildcards("extract", "condition") == {"fed"}
    assert not {"train", "recipe"} & {rule for rule, _ in plan.jobs}


def test_clear_and_as_trained_stand_side_by_side(fed: Project) -> None:
    """As the page on diets says, with the commands that stand there."""
    page = (ROOT / "docs/diets.md").read_text("utf-8")
    [commands] = re.findall(r"```\n(mkdir results/mine_as_trained\n.*?)```", page, re.DOTALL)
    commands = commands.replace("results/mine", "results/tiny")
    subprocess.run(["bash", "-ec", commands], cwd=fed.path, check=True)
    fed.configure(AS_TRAINED | {"experiment": "tiny_as_trained"})
    plan = fed.plan()
    assert not {"train", "recipe", "dataset", "stimuli"} & set(plan.counts())
    assert plan.wildcards("extract", "condition") == {"moco", "fed"}
    shutil.rmtree(fed.path / "results/tiny_as_trained")
    fed.configure(CLEAR)
    assert fed.plan().jobs == []


def differ(one: Path, other: Path) -> set[str]:
    """Checkpoints of the first seed that have other weights."""
    paths = (one / "seed-1/checkpoints").rglob("*.pt")
    return {path.name for path in paths if largest_difference(path, other / path.relative_to(one))}
