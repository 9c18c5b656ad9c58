"""Promise: photographs and torchvision's folders go in as they are, and come out as a study."""

import io
import pickle
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from picture_cases import photograph_tree, write_tree
from PIL import Image
from project import Project
from torchvision_cases import write_cifar10

SMALL = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "training": {"epochs": 1, "schedule_epochs": 1, "probe_images": 24},
    "activations": {"layers": ["layer4"]},
}


def photographs(project: Project, count: int = 48) -> Path:
    """A study of so many photographs in `project/photos`."""
    images = {"source": "folder", "path": "photos", "storage": "jpeg", "count": 48}
    images["stored_size"] = 40
    project.configure({**SMALL, "images": images, "compute": {"workers": 2}})
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
        assert np.isfinite(file["rdms/layer4"][:]).all()
        assert file["epoch"][:].tolist() == [0, 1]
    assert (results / "report.html").stat().st_size > 10_000
    # Once packed, the photographs are no longer needed.
    root.rename(fresh.path / "elsewhere")
    assert fresh.plan().jobs == []


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
