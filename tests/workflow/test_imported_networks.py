"""Promise: networks trained elsewhere are followed like those trained here, without any training.

A tiny study is trained; its networks are then saved as the public MoCo code saves them, and a
second study, which knows nothing of the first, reads them in.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import yaml
from project import TINY, Project, copy_of_project, merged

COMMON = merged(
    TINY,
    {
        "seeds": [1],
        "network": {"architecture": "resnet10_narrow"},
        "training": {"epochs": 3, "segment_epochs": 3},
        "activations": {"layers": ["layer4"]},
    },
)
FILES = {"folder": "moco/seed-{seed}", "pattern": "checkpoint_{epoch}.pth.tar"}
OWN: dict[str, Any] = merged(COMMON, {"experiment": "own", "training": {"segment_epochs": 2}})
OWN["conditions"] = {"own": {"checkpoints": FILES}}


def configure(project: Project, config: dict[str, Any]) -> None:
    (project.path / "tiny.yaml").write_text(yaml.safe_dump(config))


def without_images() -> dict[str, Any]:
    """The second study without training images, and so with the statistics of training."""
    config = merged(OWN, {"activations": {"batchnorm": "running"}})
    del config["images"]
    return config


def save_as_moco(project: Project, source: Path, number: int) -> Path:
    """Save a checkpoint of ours as main_moco.py would, after so many epochs."""
    backbone = torch.load(source, weights_only=True)["backbone"]
    state = {f"module.encoder_q.{name}": tensor for name, tensor in backbone.items()}
    state |= {f"module.encoder_k.{name}": torch.zeros_like(t) for name, t in backbone.items()}
    state |= {"module.encoder_q.fc.0.weight": torch.ones(2, 2), "module.queue": torch.ones(2, 2)}
    target = project.path / "moco" / "seed-1" / f"checkpoint_{number:04d}.pth.tar"
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"epoch": number, "arch": "resnet50", "state_dict": state, "optimizer": {}}, target)
    return target


def run(project: Project, *targets: str) -> None:
    done = project.snakemake("--cores", "2", *targets)
    assert done.returncode == 0, done.stdout
    assert "warning: " not in done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study that was trained, and its networks saved in the way of other code."""
    project = copy_of_project(tmp_path_factory.mktemp("own") / "project")
    configure(project, COMMON)
    run(project, "rdms")
    for source in project.results("moco/seed-1/checkpoints/*/epoch-*.pt"):
        save_as_moco(project, source, round(float(source.stem.removeprefix("epoch-"))))
    return project


@pytest.fixture(scope="module")
def imported(trained: Project) -> Project:
    """The second study, up to its trajectory."""
    configure(trained, OWN)
    planned = trained.plan("rdms").counts()
    assert "train" not in planned
    assert planned["import_checkpoints"] == 2
    run(trained, "rdms")
    return trained


@pytest.fixture(scope="module")
def reported(imported: Project) -> Project:
    """The second study without training images, up to its report."""
    configure(imported, without_images())
    run(imported)
    return imported


@pytest.fixture
def study(reported: Project) -> Iterator[Project]:
    yield reported
    configure(reported, without_images())


def test_rdms_are_those_of_the_trained_networks(imported: Project) -> None:
    found = []
    for instance in ("tiny/moco", "own/own"):
        with h5py.File(imported.path / "results" / instance / "seed-1/trajectory.h5") as file:
            found.append((file["epoch"][:], file["rdms/layer4"][:]))
    (epochs, rdms), (own_epochs, own_rdms) = found
    assert own_epochs.tolist() == epochs.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(own_rdms, rdms)


def test_without_training_images_there_is_all_but_training(reported: Project) -> None:
    folder = reported.path / "results" / "own"
    for name in ("report.html", "figures/figure1_stability.pdf", "tables/categories.csv"):
        assert (folder / name).is_file()
    assert not list(folder.glob("figures/training*"))
    assert not list(folder.glob("own/seed-1/history.csv"))
    assert not list(folder.glob("own/seed-1/state"))
    assert reported.plan().jobs == []


def test_other_statistics_import_nothing_again(study: Project) -> None:
    configure(study, OWN)
    found = study.plan().counts()
    assert not set(found) & {"import_checkpoints", "train", "recipe"}
    assert found["extract"] == 2


@pytest.mark.parametrize(("number", "segment"), [(0.5, "0000"), (4, "0002"), (7, "0006")])
def test_an_added_file_plans_its_own_segment_alone(
    study: Project, number: float, segment: str
) -> None:
    folder = study.path / "moco" / "seed-1"
    added = folder / f"checkpoint_{number}.pth.tar"
    added.write_bytes((folder / "checkpoint_0001.pth.tar").read_bytes())
    try:
        plan = study.plan()
    finally:
        added.unlink()
    for rule in ("import_checkpoints", "extract", "rdm"):
        assert plan.wildcards(rule, "start") == {segment}, rule
    expected = {"import_checkpoints": 1, "extract": 1, "rdm": 1, "trajectory": 1, "report": 1}
    assert expected.items() <= plan.counts().items()
    assert not set(plan.counts()) & {"train", "recipe", "stimuli", "dataset"}


def test_another_offset_imports_again(study: Project) -> None:
    changed = {"conditions": {"own": {"checkpoints": {"epoch_offset": 1}}}}
    configure(study, merged(without_images(), changed))
    found = study.plan().counts()
    assert (found["recipe"], found["import_checkpoints"]) == (1, 2)


def test_beside_a_trained_condition(study: Project) -> None:
    configure(study, merged(COMMON, {"conditions": {"own": {"checkpoints": FILES}}}))
    plan = study.plan("rdms")
    assert plan.wildcards("import_checkpoints", "condition") == {"own"}
    assert plan.wildcards("extract", "condition") == {"own"}
    assert not set(plan.counts()) & {"train", "dataset"}


def test_weights_of_another_network_are_refused_by_name(study: Project) -> None:
    config = without_images() | {"experiment": "other"}
    configure(study, merged(config, {"network": {"architecture": "resnet18"}}))
    done = study.snakemake("--cores", "1", "checkpoints")
    assert done.returncode != 0
    assert "does not match the network: it lacks" in done.stdout
    assert "checkpoint_000" in done.stdout
    assert "Traceback" not in done.stdout
    assert not list((study.path / "results" / "other").glob("own/seed-1/checkpoints/*"))
