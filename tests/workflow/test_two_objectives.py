"""Promise: conditions may differ in what their networks learn to do, and start from one network.

Two conditions of one seed learn by momentum contrast and by SimCLR, in two segments each, up to the
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

CHANGES: dict[str, Any] = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "conditions": {"moco": {}, "simclr": {"training": {"objective": "simclr"}}},
    "activations": {"layers": ["layer4"]},
}
CONDITIONS = ("moco", "simclr")


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


def test_both_begin_with_one_network_and_go_their_own_ways(results: Path) -> None:
    for segment, epoch, same in (("0000-0001", 0, True), ("0001-0002", 2, False)):
        one, other = (checkpoint(results, name, f"epochs-{segment}", epoch) for name in CONDITIONS)
        assert one.keys() == other.keys()
        equal = [torch.equal(one[name], other[name]) for name in one if name.endswith("weight")]
        assert all(equal) == same
    rdms = []
    for condition in CONDITIONS:
        with h5py.File(results / condition / "seed-1/trajectory.h5") as file:
            assert file["epoch"][:].tolist() == [0, 1, 2]
            rdms.append(file["rdms/layer4"][:])
    np.testing.assert_array_equal(rdms[0][0], rdms[1][0])
    assert (rdms[0][1:] != rdms[1][1:]).any(axis=1).all()


def test_the_history_of_each_has_its_own_chance(results: Path) -> None:
    for condition, chance in (("moco", math.log(33)), ("simclr", math.log(31))):
        with (results / condition / "seed-1/history.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [row["epoch"] for row in rows] == ["0", "1", "2"]
        assert [float(row["chance_loss"]) for row in rows] == pytest.approx([chance] * 3)
        assert {row["queue_filled"] for row in rows} == (
            {"0", "1"} if condition == "moco" else {""}
        )
        assert all(0 <= float(row["contrastive_top1"]) <= 1 for row in rows[1:])
        assert all(float(row["view_top1"]) >= 0 for row in rows)


def test_a_recipe_says_what_is_not_the_default(results: Path) -> None:
    moco, simclr = (
        json.loads((results / name / "recipe.json").read_text())["training"] for name in CONDITIONS
    )
    assert "objective" not in moco
    del moco["queue"], moco["key_momentum"]
    assert simclr == moco | {"objective": "simclr"}


def test_the_figures_and_the_report_are_of_both(study: Project, results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "moco, simclr (training.objective: simclr)" in page
    for figure in ("figure1_stability", "figure2_categories", "training"):
        assert (results / "figures" / f"{figure}.pdf").is_file()
    assert study.plan().jobs == []


def test_both_are_in_the_cost(study: Project) -> None:
    """Without momentum encoder and queue a state is smaller, and a step takes more."""
    costs = []
    for condition in CONDITIONS:
        config = merged(TINY, CHANGES)
        config["conditions"] = {condition: CHANGES["conditions"][condition]}
        (study.path / "alone.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "workflow/scripts/plan_cost.py", "--config", "alone.yaml"],
            cwd=study.path,
            text=True,
            capture_output=True,
            check=True,
        )
        rows = [line.split("  ") for line in done.stdout.splitlines() if line]
        costs.append({row[0]: row[-1].strip() for row in rows})
    moco, simclr = costs
    assert moco["optimiser steps"] == simclr["optimiser steps"] == "12"
    label = "operations of training"
    assert float(simclr[label]) / float(moco[label]) == pytest.approx(1.5, rel=0.05)
    label = "training states"
    assert float(simclr[label].split()[0]) < 0.75 * float(moco[label].split()[0])
