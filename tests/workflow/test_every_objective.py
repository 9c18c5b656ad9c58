"""Promise: conditions may differ in what their networks learn to do, and start from one network.

Conditions of one seed learn by every objective that there is, in two segments each, up to the
report.
"""

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import yaml
from project import TINY, Project, copy_of_project, merged

from trajectories.training.objectives.registry import OBJECTIVES

CONDITIONS = tuple(OBJECTIVES)
LABELLED = ("supervised", "shuffled_labels")
CHANGES: dict[str, Any] = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "conditions": {
        name: {"training": {"objective": name}} if name != "moco" else {} for name in CONDITIONS
    },
    "activations": {"layers": ["layer4"]},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_of_project(tmp_path_factory.mktemp("objectives") / "project")
    project.configure(CHANGES)
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "warning: " not in done.stdout
    return project


@pytest.fixture(scope="module")
def results(study: Project) -> Path:
    return study.path / "results" / "tiny"


def checkpoint(results: Path, condition: str, segment: str, epoch: int) -> dict[str, torch.Tensor]:
    path = results / condition / f"seed-1/checkpoints/{segment}/epoch-{epoch:04d}.000.pt"
    backbone: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["backbone"]
    return backbone


def rows(results: Path, condition: str) -> list[dict[str, str]]:
    with (results / condition / "seed-1/history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", CONDITIONS[1:])
def test_all_begin_with_one_network_and_go_their_own_ways(results: Path, name: str) -> None:
    for segment, epoch, same in (("0000-0001", 0, True), ("0001-0002", 2, False)):
        one, other = (
            checkpoint(results, each, f"epochs-{segment}", epoch) for each in ("moco", name)
        )
        assert one.keys() == other.keys()
        equal = [torch.equal(one[key], other[key]) for key in one if key.endswith("weight")]
        assert all(equal) == same
    rdms = []
    for condition in ("moco", name):
        with h5py.File(results / condition / "seed-1/trajectory.h5") as file:
            assert file["epoch"][:].tolist() == [0, 1, 2]
            rdms.append(file["rdms/layer4"][:])
    np.testing.assert_array_equal(rdms[0][0], rdms[1][0])
    assert (rdms[0][1:] != rdms[1][1:]).any(axis=1).all()


def test_the_history_of_each_has_its_own_chance(results: Path) -> None:
    """96 images are of 48 families of drawings, two each."""
    chances = {"moco": math.log(33), "simclr": math.log(31), "vicreg": 0.99}
    chances |= dict.fromkeys(LABELLED, math.log(48))
    assert chances.keys() == set(CONDITIONS)
    for condition, chance in chances.items():
        found = rows(results, condition)
        assert [row["epoch"] for row in found] == ["0", "1", "2"]
        assert [float(row["chance_loss"]) for row in found] == pytest.approx([chance] * 3)
        assert {row["queue_filled"] for row in found} == (
            {"0", "1"} if condition == "moco" else {""}
        )
        assert all(float(row["view_top1"]) >= 0 for row in found)
        assert all(float(row["embedding_sd"]) > 0 for row in found[1:])
        share = "class_top1" if condition in LABELLED else "contrastive_top1"
        assert all(0 <= float(row[share]) <= 1 for row in found[1:])


def test_a_recipe_says_what_is_not_the_default(results: Path) -> None:
    moco, *others = (
        json.loads((results / name / "recipe.json").read_text())["training"] for name in CONDITIONS
    )
    assert "objective" not in moco
    for name, found in zip(CONDITIONS[1:], others, strict=True):
        foreign = (
            {"queue", "key_momentum"}
            if name == "simclr"
            else {"queue", "key_momentum", "temperature"}
        )
        expected = {key: value for key, value in moco.items() if key not in foreign}
        assert found == expected | {"objective": name}


def test_the_figures_and_the_report_are_of_all(study: Project, results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    for name in CONDITIONS[1:]:
        assert f"{name} (training.objective: {name})" in page
    assert "Classes recognised" in page
    for figure in ("figure1_stability", "figure2_categories", "training"):
        assert (results / "figures" / f"{figure}.pdf").is_file()
    assert study.plan().jobs == []


@pytest.mark.parametrize("condition", CONDITIONS)
def test_there_is_a_page_of_results_of_each(study: Project, results: Path, condition: str) -> None:
    page = study.path / "docs" / f"{condition}.md"
    page.parent.mkdir(exist_ok=True)
    arguments = ["--results", results, "--condition", condition, "--command", "x", "--output", page]
    done = subprocess.run(
        [sys.executable, "workflow/scripts/results_page.py", *arguments],
        cwd=study.path, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert OBJECTIVES[condition].title in text
    assert ("a queue of 32" in text) == (condition == "moco")


def planned(study: Project, condition: str) -> dict[str, str]:
    config = merged(TINY, CHANGES)
    config["conditions"] = {condition: CHANGES["conditions"][condition]}
    if condition != "moco":  # a queue is refused where nothing has one
        config["training"] = {k: v for k, v in config["training"].items() if k != "queue"}
    (study.path / "alone.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "workflow/scripts/plan_cost.py", "--config", "alone.yaml"],
        cwd=study.path,
        text=True,
        capture_output=True,
        check=True,
    )
    found = [line.split("  ") for line in done.stdout.splitlines() if line]
    return {row[0]: row[-1].strip() for row in found}


def test_all_are_in_the_cost(study: Project, results: Path) -> None:
    """States are as large as planned; without a second view a step takes half as much, or less."""
    costs = {name: planned(study, name) for name in CONDITIONS}
    operations = {name: float(cost["operations of training"]) for name, cost in costs.items()}
    assert {cost["optimiser steps"] for cost in costs.values()} == {"12"}
    for name, expected in {"simclr": 1.5, "vicreg": 1.5, "supervised": 0.75}.items():
        assert operations[name] / operations["moco"] == pytest.approx(expected, rel=0.05)
    for name, cost in costs.items():
        files = sorted((results / name / "seed-1/state").glob("*.pt"))
        content = torch.load(files[0], weights_only=True)
        size = sum(t.nbytes for part in ("model", "momentum") for t in content[part].values())
        assert float(cost["training states"].split()[0]) == pytest.approx(2 * size / 1e6, rel=0.01)
