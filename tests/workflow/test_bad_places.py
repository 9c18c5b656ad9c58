"""Promise: a disk, a machine or a file that fails is told of by name, and nothing else is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from project import Project, copy_of_study

LOG = "logs/train-0000-0001.log"


def contents(project: Project) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in project.results()}


@pytest.fixture
def read_only(fresh: Project) -> Iterator[Project]:
    """A project whose results are on a disk that must not be written to."""
    folder = fresh.path / "results"
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o555)
        yield fresh
        folder.chmod(0o755)
        return
    bind = ["mount", "--bind", str(folder), str(folder)]
    done = subprocess.run(bind, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"file systems cannot be mounted here ({done.stderr.strip()})")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield fresh
    finally:
        subprocess.run(["umount", folder], check=True)


def test_read_only_results_are_refused_before_any_job(read_only: Project) -> None:
    done = read_only.snakemake("--cores", "1")
    assert done.returncode != 0
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert "results is not writable: get write permission, or clone the repository" in error
    assert "Traceback" not in done.stdout


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the GPU")
def test_a_node_without_the_promised_gpu_loses_nothing(finished: Project) -> None:
    before = contents(finished)
    finished.configure({"seeds": [1, 2, 3], "compute": {"device": "cuda"}})
    try:
        done = finished.snakemake("--cores", "1", "checkpoints")
        assert done.returncode != 0
        assert "the device is cuda, but torch finds no CUDA device" in done.stdout
        assert "Traceback" not in done.stdout
        assert contents(finished).items() >= before.items()
    finally:
        finished.configure()
        shutil.rmtree(finished.path / "results/tiny/moco/seed-3")


@pytest.mark.parametrize("file", ["trajectory.h5", "stability.csv"])
def test_a_file_cut_short_is_named_and_made_again(
    finished: Project, tmp_path: Path, file: str
) -> None:
    """As after a power cut, which has also kept what follows from being made."""
    study = copy_of_study(finished, tmp_path / "project")
    before = contents(study)
    target = study.path / "results/tiny/moco/seed-1" / file
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    for table in ("moco/seed-1/categories.csv", "tables/stability.csv", "tables/categories.csv"):
        (study.path / "results/tiny" / table).unlink()
    done = study.snakemake("--cores", "1", "metrics")
    assert done.returncode != 0
    assert f"seed-1/{file} " in done.stdout
    assert "make it again" in done.stdout
    assert "Traceback" not in done.stdout
    target.unlink()
    done = study.snakemake("--cores", "1", "metrics")
    assert done.returncode == 0, done.stdout
    tables = [path for path in before if path.suffix == ".csv"]
    assert len(tables) >= 6
    for path in tables:
        assert path.read_bytes() == before[path]


def test_failed_training_says_why_in_its_log_and_keeps_its_state(fresh: Project) -> None:
    """Diverged: the learning rate is absurd. Collapsed: all pictures are the same."""
    from PIL import Image

    folder = fresh.path / "grey" / "one"
    folder.mkdir(parents=True)
    for number in range(96):
        Image.new("RGB", (32, 32), (128, 128, 128)).save(folder / f"{number}.png")
    jitter = dict.fromkeys(("probability", "brightness", "contrast", "saturation", "hue"), 0)
    unchanged = {"jitter": jitter, "grayscale": 0, "blur": {"probability": 0}}
    fresh.configure(
        {
            "seeds": [1],
            "images": {"source": "folder", "path": "grey", "count": 96, "stored_size": 32},
            "network": {"architecture": "resnet10_narrow"},
            "training": {"epochs": 1, "augmentation": unchanged},
            "conditions": {"diverged": {"training": {"learning_rate": 1.0e9}}, "collapsed": {}},
        }
    )
    done = fresh.snakemake("--cores", "1", "--keep-going", "checkpoints")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    for condition, reason in (("diverged", "the loss is "), ("collapsed", "have collapsed to one")):
        instance = fresh.path / "results/tiny" / condition / "seed-1"
        log = (instance / LOG).read_text()
        assert "error: training of seed 1 stopped in epoch 1: " in log
        assert reason in log
        [state] = instance.glob("unfinished/*/state.pt")
        assert str(state.relative_to(fresh.path)) in log
        assert torch.load(state, weights_only=True)["epoch"] == 0
        assert not (instance / "checkpoints").exists()
