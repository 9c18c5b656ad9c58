"""Promise: a condition goes on from another one's checkpoint, and nothing common is made twice.

A trunk, a branch without a change, one with a change, and a branch of that, up to the report.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from project import Project, copy_of_project

from trajectories.study.recipe import recipe_digest

CHANGES: dict[str, Any] = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "training": {"epochs": 3},
    "conditions": {
        "again": {"from": {"condition": "sharp", "epoch": 2}, "training": {"temperature": 0.3}},
        "sharp": {"from": {"condition": "moco", "epoch": 1}, "training": {"temperature": 0.05}},
        "same": {"from": {"condition": "moco", "epoch": 1}},
        "moco": {},
    },
    "activations": {"layers": ["layer4"]},
}
# First epoch that each condition trains itself.
OWN = {"moco": 1, "same": 2, "sharp": 2, "again": 3}


def spans(first: int) -> list[str]:
    return [f"epochs-{epoch - 1:04d}-{epoch:04d}" for epoch in range(first, 4)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_of_project(tmp_path_factory.mktemp("branching") / "project")
    project.configure(CHANGES)
    planned = project.plan().counts()
    assert planned["train"] == planned["extract"] == planned["rdm"] == 3 + 2 + 2 + 1
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture(scope="module")
def results(study: Project) -> Path:
    return study.path / "results" / "tiny"


def test_what_is_common_is_made_once(study: Project, results: Path) -> None:
    for condition, first in OWN.items():
        for kind in ("checkpoints", "rdms/layer4"):
            found = (results / condition / "seed-1" / kind).iterdir()
            assert sorted(path.stem for path in found) == spans(first)
    assert study.plan().jobs == []


def test_the_graph_shows_the_branches(study: Project) -> None:
    done = study.snakemake("--forceall", "--dag", "dot", "--", "checkpoints")
    assert done.returncode == 0
    graph = done.stdout
    nodes = {
        line.split("[")[0].strip(): line for line in graph.splitlines() if 'label = "train' in line
    }
    edges = [
        line.strip().rstrip(";").split(" -> ") for line in graph.splitlines() if " -> " in line
    ]
    between = [(nodes[a], nodes[b]) for a, b in edges if a in nodes and b in nodes]
    # Two segments after each other in the trunk, one in each branch; each branch at its origin.
    assert len(between) == (2 + 1 + 1) + 3


def test_a_branch_without_a_change_is_its_trunk(results: Path) -> None:
    for span, epoch in zip(spans(2), (2, 3), strict=True):
        name = f"seed-1/checkpoints/{span}/epoch-{epoch:04d}.000.pt"
        contents = {
            condition: torch.load(results / condition / name, weights_only=True)
            for condition in ("moco", "same", "sharp")
        }
        trunk, same, other = (contents[each]["backbone"] for each in ("moco", "same", "sharp"))
        assert all(torch.equal(trunk[key], same[key]) for key in trunk)
        assert not torch.equal(trunk["conv1.weight"], other["conv1.weight"])
        assert contents["moco"]["step"] == contents["same"]["step"]
        assert contents["moco"]["recipe_digest"] != contents["same"]["recipe_digest"]


def test_the_trajectory_of_a_branch_begins_with_that_of_its_trunk(results: Path) -> None:
    rdms = {}
    for condition in OWN:
        with h5py.File(results / condition / "seed-1/trajectory.h5") as file:
            assert file["epoch"][:].tolist() == [0, 1, 2, 3]
            assert file.attrs["condition"] == condition
            rdms[condition] = file["rdms/layer4"][:]
    np.testing.assert_array_equal(rdms["same"], rdms["moco"])
    np.testing.assert_array_equal(rdms["sharp"][:2], rdms["moco"][:2])
    np.testing.assert_array_equal(rdms["again"][:3], rdms["sharp"][:3])
    assert (rdms["sharp"][2:] != rdms["moco"][2:]).any(axis=1).all()
    assert (rdms["again"][3] != rdms["sharp"][3]).any()


def test_histories_and_displacements_begin_with_those_of_the_trunk(results: Path) -> None:
    def rows(condition: str, name: str) -> list[list[str]]:
        with (results / condition / "seed-1" / name).open() as file:
            header, *found = csv.reader(file)
        left_out = {
            header.index(key) for key in ("images_per_second", "condition") if key in header
        }
        return [[v for place, v in enumerate(row) if place not in left_out] for row in found]

    for name in ("history.csv", "displacement.csv"):
        trunk, same, sharp = (rows(each, name) for each in ("moco", "same", "sharp"))
        assert same == trunk
        assert sharp[:1] == trunk[:1]
        assert sharp[-1] != trunk[-1]
    assert [row[0] for row in rows("again", "history.csv")] == ["0", "1", "2", "3"]


def test_recipes_and_provenance_name_the_origin(results: Path) -> None:
    recipes = {name: json.loads((results / name / "recipe.json").read_text()) for name in OWN}
    assert "from" not in recipes["moco"]
    trunk = {"recipe": recipe_digest(recipes["moco"]), "epoch": 1}
    assert recipes["same"] == {**recipes["moco"], "from": trunk}
    assert recipes["again"]["from"] == {
        "recipe": recipe_digest(recipes["sharp"]), "epoch": 2, "from": trunk,
    }  # fmt: skip
    provenance = json.loads((results / "provenance.json").read_text())
    digests = {each["condition"]: each["recipe_digest"] for each in provenance["instances"]}
    assert digests == {name: recipe_digest(recipe) for name, recipe in recipes.items()}
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "sharp (from epoch 1 of moco, training.temperature: 0.05)" in page


@pytest.mark.parametrize("recompute", ["metrics", "training"])
def test_a_branch_is_reproduced(study: Project, recompute: str) -> None:
    segment = [] if recompute == "metrics" else ["--segment", "sharp/seed-1/epochs-0001-0002"]
    done = subprocess.run(
        [sys.executable, "workflow/scripts/reproduce.py", "--run", "results/tiny",
         "--recompute", recompute, *segment],
        cwd=study.path, env=study.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all as recorded" in done.stdout


def test_settings_of_a_branch_train_that_branch_again(study: Project) -> None:
    changes = {"conditions": {"sharp": {"training": {"temperature": 0.06}}}}
    conditions = {
        **CHANGES["conditions"],
        **{"sharp": {**CHANGES["conditions"]["sharp"], **changes["conditions"]["sharp"]}},
    }
    study.configure({**CHANGES, "conditions": conditions})
    plan = study.plan("checkpoints")
    assert plan.wildcards("train", "condition") == {"sharp", "again"}
    study.configure(CHANGES)
    assert study.plan().jobs == []


def test_a_trunk_that_is_trained_again_takes_its_branches_with_it(study: Project) -> None:
    dry = study.plan("--forcerun", "train", "--", "checkpoints")
    assert dry.counts()["train"] == 8
    changes = {**CHANGES["training"], "temperature": 0.15}
    study.configure({**CHANGES, "training": changes})
    assert study.plan("checkpoints").counts()["train"] == 8
    study.configure(CHANGES)
    assert study.plan("checkpoints").jobs == []


def test_a_segment_that_is_forced_is_trained_alone(study: Project) -> None:
    again = "results/tiny/sharp/seed-1/state/epochs-0001-0002.pt"
    done = study.snakemake("--cores", "2", "--forcerun", again, "--", "checkpoints")
    assert done.returncode == 0, done.stdout
    assert "would train again" not in done.stdout
    assert "the segments of" not in done.stdout


def test_an_epoch_without_a_state_is_refused(study: Project) -> None:
    study.configure(
        {
            "training": {"segment_epochs": 2, "epochs": 4},
            "conditions": {"late": {"from": {"condition": "moco", "epoch": 3}}},
        }
    )
    done = study.snakemake("--dry-run")
    study.configure(CHANGES)
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "conditions.late.from.epoch` is 3, but moco keeps states" in errors[0]
    assert "Traceback" not in done.stdout
