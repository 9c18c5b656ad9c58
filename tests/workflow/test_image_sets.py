"""Promise: sets of training images are conditions like any other, from packing to the report.

A condition with images of its own, and a branch that changes images and diet half-way.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from project import Project, copy_of_project

from trajectories.images import dataset
from trajectories.plotting import input_strip
from trajectories.storage import image_record
from trajectories.study.recipe import recipe_digest

FEW = {"images": {"count": 64, "seed": 1}}
CHANGES: dict[str, Any] = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "conditions": {
        "moco": {},
        "few": FEW,
        "late": {
            "from": {"condition": "moco", "epoch": 1},
            **FEW,
            "training": {"diet": {"changes": [{"change": "blur", "at": {0: 28}}]}},
        },
        "same": {"from": {"condition": "late", "epoch": 2}, "training": {"epochs": 3}},
    },
    "activations": {"layers": ["layer4"]},
}
# Epochs that each condition trains on the images of its own.
OWN = {"moco": (1, 2), "few": (1, 2), "late": (2,), "same": (3,)}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_of_project(tmp_path_factory.mktemp("image-sets") / "project")
    project.configure(CHANGES)
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture(scope="module")
def results(study: Project) -> Path:
    return study.path / "results" / "tiny"


@pytest.fixture(scope="module")
def packed(results: Path) -> dict[str, Path]:
    """The file of images of each condition: there are two."""
    usual, few = sorted(results.glob("dataset*.h5"), key=lambda path: len(path.name))
    assert usual.name == "dataset.h5"
    return {"moco": usual, "few": few, "late": few, "same": few}


def test_each_set_is_packed_once_with_its_own_settings(packed: dict[str, Path]) -> None:
    usual, few = (dataset.load(packed[name])[0] for name in ("moco", "few"))
    assert (len(usual), len(few)) == (96, 64)
    # Another seed draws other pictures.
    assert {picture.tobytes() for picture in few} != {picture.tobytes() for picture in usual[:64]}


def test_checkpoints_say_from_which_images_they_are(results: Path, packed: dict[str, Path]) -> None:
    for condition, epochs in OWN.items():
        content = image_record.content(packed[condition])
        for epoch in epochs:
            name = f"seed-1/checkpoints/epochs-{epoch - 1:04d}-{epoch:04d}/epoch-{epoch:04d}.000.pt"
            saved = torch.load(results / condition / name, weights_only=True)
            assert saved["training_images"] == content
            # Six batches an epoch of the 96 images, four of the 64.
            before = {"moco": 6 * epoch, "few": 4 * epoch}.get(condition, 6 + 4 * (epoch - 1))
            assert saved["step"] == before


def test_a_branch_with_other_images_begins_as_its_trunk(results: Path) -> None:
    rdms = {}
    for condition in ("moco", "late", "same", "few"):
        with h5py.File(results / condition / "seed-1/trajectory.h5") as file:
            rdms[condition] = file["rdms/layer4"][:]
    np.testing.assert_array_equal(rdms["late"][:2], rdms["moco"][:2])
    np.testing.assert_array_equal(rdms["same"][:3], rdms["late"])
    assert (rdms["late"][2] != rdms["moco"][2]).any()
    # The same initial weights; statistics are recalibrated on images of the condition's own.
    weights = [
        torch.load(
            results / name / "seed-1/checkpoints/epochs-0000-0001/epoch-0000.000.pt",
            weights_only=True,
        )["backbone"]["conv1.weight"]
        for name in ("moco", "few")
    ]
    assert torch.equal(*weights)


def test_a_branch_is_shown_with_the_images_and_the_diet_of_its_trunk(results: Path) -> None:
    strips = {name: input_strip.read(results / name / "inputs.h5") for name in OWN}
    training = {name: strip.images[:, : strip.training] for name, strip in strips.items()}
    late, same = training["late"].astype(int), training["same"]
    assert strips["late"].epoch.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(late[:2], training["moco"][:2])
    # From then on the few images, blurred by 4 pixels.
    few = training["few"][2].astype(int)
    assert np.abs(late[2].mean(axis=(1, 2)) - few.mean(axis=(1, 2))).max() < 8
    assert np.abs(np.diff(late[2], axis=2)).mean() < np.abs(np.diff(few, axis=2)).mean() / 2
    np.testing.assert_array_equal(same[:3], late)
    table = pd.read_csv(results / "tables/diets.csv")
    strength = table[table["condition"] == "late"].set_index("epoch")["mean"]
    assert set(strength.loc[:0.99]) == {0}
    assert set(strength.loc[1:]) == {28}


def test_provenance_and_report_name_the_images(results: Path, packed: dict[str, Path]) -> None:
    provenance = json.loads((results / "provenance.json").read_text("utf-8"))
    assert {path.name for path in packed.values()} < set(provenance["inputs"])
    for instance in provenance["instances"]:
        content = image_record.content(packed[instance["condition"]])
        assert instance["training_images"] == content
    recipes = {name: json.loads((results / name / "recipe.json").read_text()) for name in OWN}
    assert recipes["late"]["from"] == {
        "recipe": recipe_digest(recipes["moco"]),
        "epoch": 1,
        "images": recipes["moco"]["images"],
    }
    page = (results / "report.html").read_text("utf-8")
    few = "64 images (openmoji)"
    assert (
        f"moco: 96 images (openmoji); few: {few}; late: {few}, up to epoch 1 those of moco; same:"
        f" {few}, up to epoch 1 those of moco"
    ) in page


@pytest.mark.parametrize("segment", ["few/seed-1/epochs-0000-0001", "late/seed-1/epochs-0001-0002"])
def test_it_is_reproduced(study: Project, segment: str) -> None:
    for recompute in ("training", "rdms"):
        done = subprocess.run(
            [sys.executable, "workflow/scripts/reproduce.py", "--run", "results/tiny",
             "--recompute", recompute, "--segment", segment],
            cwd=study.path, env=study.environment(), text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "all as recorded" in done.stdout


def test_nothing_is_made_again_when_images_come_and_go(study: Project) -> None:
    assert study.plan().jobs == []
    more = {**CHANGES["conditions"], "fewer": {"images": {"count": 48}}}
    study.configure({**CHANGES, "conditions": more})
    plan = study.plan()
    assert plan.wildcards("train", "condition") == {"fewer"}
    assert plan.counts()["dataset"] == 1
    study.configure({**CHANGES, "conditions": {"moco": {}}})
    assert not {"train", "extract", "dataset"} & {rule for rule, _ in study.plan().jobs}
    study.configure(CHANGES)


def test_other_images_of_a_trunk_train_its_branches_again(study: Project) -> None:
    changed = {**CHANGES["conditions"], "moco": {"images": {"seed": 5}}}
    study.configure({**CHANGES, "conditions": changed})
    assert study.plan("checkpoints").wildcards("train", "condition") == {"moco", "late", "same"}
    study.configure(CHANGES)
    assert study.plan("checkpoints").jobs == []


def test_images_are_not_exchanged(study: Project, packed: dict[str, Path]) -> None:
    few = packed["few"]
    kept = few.read_bytes()
    few.write_bytes(packed["moco"].read_bytes())
    done = study.snakemake("--cores", "1")
    few.write_bytes(kept)
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert few.name in errors[0]
    assert "Traceback" not in done.stdout


def test_a_branch_that_learns_classes_keeps_its_images(study: Project) -> None:
    taught = {"training": {"objective": "supervised"}}
    study.configure({**CHANGES, "conditions": {**CHANGES["conditions"], "moco": taught}})
    done = study.snakemake("--dry-run")
    study.configure(CHANGES)
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "conditions.late.images.count` is 64, but moco" in errors[0]
