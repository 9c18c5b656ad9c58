"""Promise: how well networks see can be measured of a finished study, and nothing trains again."""

import json
from pathlib import Path

import pandas as pd
import pytest
from project import Project

KNN = {"knn": {"images": 40, "epochs": [1], "k": 5}}


@pytest.fixture
def measured(fresh: Project) -> Project:
    """A study of one network that was finished, and then measured."""
    fresh.configure({"seeds": [1]})
    done = fresh.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    before = weights(fresh)
    fresh.configure({"seeds": [1], **KNN})
    planned = fresh.plan().counts()
    assert {rule: planned[rule] for rule in ("held_out", "knn", "history")} == {
        "held_out": 1, "knn": 1, "history": 1,
    }  # fmt: skip
    assert not {"train", "dataset", "extract", "rdms", "trajectory", "resample"} & set(planned)
    done = fresh.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert weights(fresh) == before
    return fresh


def weights(project: Project) -> dict[Path, tuple[int, bytes]]:
    files = project.results("**/*.pt")
    return {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def test_a_finished_study_is_measured_without_training(measured: Project) -> None:
    assert measured.plan().jobs == []
    folder = measured.path / "results/tiny"
    history = pd.read_csv(folder / "moco/seed-1/history.csv")
    assert history["epoch"].tolist() == [0, 1, 2]
    assert history["weighted_knn"].between(0, 1).all()
    # Two images at least of each family that is learnt, and as many of each that is held out.
    assert (history["weighted_knn_chance"] < 0.1).all()
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "Held-out images named" in report
    made = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    files = json.dumps(made)
    assert "held-out.h5" in files
    assert "knn.csv" in files
    # Another temperature measures again, and that is all.
    measured.configure({"seeds": [1], "knn": {**KNN["knn"], "temperature": 0.2}})
    assert not {"train", "held_out", "dataset", "extract"} & set(measured.plan().counts())
    assert measured.plan().counts()["knn"] == 1
    # Not measured any more, the history is that of training.
    measured.configure({"seeds": [1]})
    planned = measured.plan().counts()
    assert planned["history"] == 1
    assert not {"train", "knn", "held_out"} & set(planned)
