"""Promise: photographs and torchvision's folders go in as they are, and come out as a study.

The photographs are learnt by AlexNet, which has no batch normalisation and no ResNet's layers.
"""

import io
import pickle
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
from picture_cases import photograph_tree, write_tree
from PIL import Image
from project import Project, merged
from torchvision.transforms.functional import normalize
from torchvision_cases import write_cifar10

SMALL = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "training": {"epochs": 1, "schedule_epochs": 1, "probe_images": 24},
    "activations": {"layers": ["layer4"]},
}
ALEXNET = {
    "image_size": 64,
    "network": {"architecture": "alexnet"},
    "training": {"bn_groups": 1},
    "activations": {"layers": ["features.2", "features"], "keep": True},
}


def photographs(project: Project, count: int = 48) -> Path:
    """A study of so many photographs in `project/photos`."""
    images = {"source": "folder", "path": "photos", "storage": "jpeg", "count": 48}
    images["stored_size"] = 40
    settings = merged(SMALL, ALEXNET)
    project.configure({**settings, "images": images, "compute": {"workers": 2}})
    return photograph_tree(project.path / "photos", count)


def test_a_study_of_photographs(fresh: Project) -> None:
    root = photographs(fresh)
    write_tree(root, {"class-0/broken.jpg": b"no picture"})
    done = fresh.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    results = fresh.path / "results/tiny"
    assert not (results / "dataset.unfinished").exists()
    with h5py.File(results / "dataset.h5") as file:
        assert len(file["label"]) == 48
        shorter = np.minimum(file["height"][:], file["width"][:])
        assert shorter.max() == 40
        first = file["jpeg"][: file["offset"][1]].tobytes()
        assert Image.open(io.BytesIO(first)).size == (file["width"][0], file["height"][0])
    history = pd.read_csv(results / "moco/seed-1/history.csv")
    assert history["step"].tolist() == [0, 3]
    assert history["knn_chance"].between(0.1, 0.5).all()
    with h5py.File(results / "moco/seed-1/trajectory.h5") as file:
        assert np.isfinite(file["rdms/features"][:]).all()
        assert file["epoch"][:].tolist() == [0, 1]
    for layer in ("features.2", "features"):
        assert_as_torchvisions(results, layer)
    moved = pd.read_csv(results / "moco/seed-1/displacement.csv")
    assert moved["layer"].tolist() == ["features.2", "features"]
    assert moved["displacement"].between(1e-6, 1).all()
    assert "none in these networks" in (results / "report.html").read_text(encoding="utf-8")
    log = (results / "moco/seed-1/logs/extract-features-0000-0001.log").read_text()
    assert "alexnet has no batch normalisation: nothing is recalibrated" in log
    # Once packed, the photographs are no longer needed.
    root.rename(fresh.path / "elsewhere")
    assert fresh.plan().jobs == []


def assert_as_torchvisions(results: Path, layer: str) -> None:
    """Activations are what a plain hook on torchvision's own network sees."""
    instance = results / "moco/seed-1"
    with h5py.File(results / "stimuli.h5") as file:
        images = torch.from_numpy(file["images"][:]).permute(0, 3, 1, 2) / 255
    images = normalize(images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    network = torchvision.models.alexnet().eval()
    found: list[torch.Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda *call: found.append(call[2].clone()))
    with h5py.File(instance / f"activations/{layer}/epochs-0000-0001.h5") as file:
        activations = file["activations"][:]
    for checkpoint, written in enumerate(activations):
        path = instance / f"checkpoints/epochs-0000-0001/epoch-{checkpoint:04d}.000.pt"
        weights = torch.load(path, weights_only=True)["backbone"]
        missing = network.load_state_dict(weights, strict=False).missing_keys
        assert all(name.startswith("classifier") for name in missing)
        with torch.no_grad():
            network(images)
        np.testing.assert_allclose(written, found[-1].flatten(1), rtol=1e-4, atol=1e-5)
    assert np.abs(activations[1] - activations[0]).max() > 1e-4


def test_torchvisions_cifar10(fresh: Project) -> None:
    images = {"source": "cifar10", "path": "data", "count": 48}
    fresh.configure({**SMALL, "images": images})
    write_cifar10(fresh.path / "data")
    done = fresh.snakemake("--cores", "1", "images")
    assert done.returncode == 0, done.stdout
    batches = [
        pickle.loads(path.read_bytes())["data"]
        for path in (fresh.path / "data/cifar-10-batches-py").glob("data_batch_*")
    ]
    given = {row.tobytes() for row in np.concatenate(batches)}
    with h5py.File(fresh.path / "results/tiny/dataset.h5") as file:
        assert file["images"].shape == (48, 32, 32, 3)
        stored = file["images"][:].transpose(0, 3, 1, 2)
    assert {image.tobytes() for image in stored} <= given


def refused(project: Project, *words: str) -> None:
    """One sentence, no traceback, and no data set."""
    done = project.snakemake("--cores", "1", "images")
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if "error: " in line]
    assert errors, done.stdout
    for word in words:
        assert word in errors[0]
    assert "Traceback" not in done.stdout
    assert not (project.path / "results/tiny/dataset.h5").exists()


@pytest.mark.parametrize("fault", ["missing folder", "no class folders"])
def test_a_wrong_folder_is_refused_before_the_first_job(fresh: Project, fault: str) -> None:
    root = photographs(fresh)
    root.rename(fresh.path / "elsewhere")
    if fault == "no class folders":
        write_tree(root, {"loose.jpg": b"x"})
    refused(fresh, "photos", "images.path")
    assert not (fresh.path / "results").exists()
    # A study may be planned where its images are not.
    assert fresh.plan().counts()["dataset"] == 1


def test_too_few_photographs_are_refused(fresh: Project) -> None:
    photographs(fresh, 40)
    refused(fresh, "photos has 40 images", "images.count (48)", "at most 40")
