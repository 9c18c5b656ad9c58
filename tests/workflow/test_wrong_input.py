"""Promise: a user's mistake is answered by one sentence that names it and the mend, before any job.

Exit code ≠ 0, no traceback, nothing written or overwritten.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from project import Project

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"training": {"learning_rat": 0.1}}, ["learning_rat", "learning_rate"]),
    "wrong type": ({"training": {"epochs": "ten"}}, ["training.epochs", "ten"]),
    "layer the network lacks": ({"activations": {"layers": ["layer5"]}}, ["layer5", "layer4"]),
    "category not in the table": ({"categories": {"x": {"within": "fase"}}}, ["fase", "face"]),
    "stimulus folder missing": ({"stimuli": {"folder": "nowhere"}}, ["nowhere"]),
    "stimulus table missing": ({"stimuli": {"table": "no.csv"}}, ["no.csv"]),
    "K not divisible by batch": ({"training": {"queue": 40}}, ["queue", "40", "16"]),
    "batch not divisible by groups": ({"training": {"bn_groups": 3}}, ["bn_groups", "16", "3"]),
    "K larger than the data set": ({"training": {"queue": 160}}, ["queue", "160", "96"]),
    "image too small": ({"image_size": 16}, ["image_size", "16", "32"]),
    "horizon too short": ({"training": {"epochs": 9}}, ["schedule_epochs", "9", "6"]),
    "seed twice": ({"seeds": [1, 1]}, ["seeds"]),
    "number as text": ({"training": {"weight_decay": "1e-4"}}, ["weight_decay", "1.0e-4"]),
    "checkpoints without a folder": (
        {"conditions": {"own": {"checkpoints": {"folder": "no/{seed}", "pattern": "{epoch}"}}}},
        ["conditions.own.checkpoints.folder", "no/1"],
    ),
    "knots out of order": (
        {"training": {"diet": {"changes": [{"change": "blur", "at": {0: 4, 2: 1, 1: 0}}]}}},
        ["training.diet.changes[0].at", "1 after 2"],
    ),
    "diet that there is not": ({"training": {"diet": "catdeit"}}, ["training.diet", "catdiet"]),
    "window after the end": (
        {"sweeps": {"deficit": {"diet": "deficit", "onset": [0]}}},
        ["sweeps.deficit.onset", "epoch 40", "epoch 2"],
    ),
    "empty config value": ({"seeds": []}, ["seeds"]),
}


def refused(project: Project, *words: str) -> None:
    """A refusal in one sentence, by a dry run and a real one, that leaves everything as it was."""
    before = {file: file.read_bytes() for file in project.results()}
    for arguments in (("--dry-run",), ("--cores", "2")):
        done = project.snakemake(*arguments)
        assert done.returncode != 0
        errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, done.stdout
        for word in words:
            assert word in errors[0]
        assert "Traceback" not in done.stdout
    assert {file: file.read_bytes() for file in project.results()} == before


@pytest.mark.parametrize("case", CASES)
def test_wrong_setting(finished: Project, case: str) -> None:
    changes, words = CASES[case]
    finished.configure(changes)
    try:
        refused(finished, *words)
    finally:
        finished.configure()


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 7)]
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conditions: {cold: {}}\n", ["`conditions` is there already, in line"]),
        ("figures: {stability: {y_limits: [0, 010]}}\n", ["octal"]),
        (BOMB, ["more than 100000 values"]),
    ],
    ids=["twice", "octal", "bomb"],
)
def test_misleading_config(fresh: Project, text: str, words: list[str]) -> None:
    path = fresh.path / "tiny.yaml"
    before = path.read_text()
    path.write_text(before + text)
    refused(fresh, "tiny.yaml, line ", *words)


def test_unreadable_stimulus(fresh: Project) -> None:
    folder = own_images(fresh)
    (folder / "b.png").write_bytes(b"no picture")
    refused(fresh, "b.png")


def test_missing_stimulus(fresh: Project) -> None:
    folder = own_images(fresh)
    (folder / "b.png").unlink()
    refused(fresh, "b.png")


def own_images(project: Project) -> Path:
    """A set of three pictures of the user's own."""
    from PIL import Image

    folder = project.path / "pictures"
    folder.mkdir()
    for index, name in enumerate("abc"):
        Image.new("RGB", (8, 8), (index * 100, 0, 0)).save(folder / f"{name}.png")
    table = project.path / "pictures.csv"
    table.write_text("stimulus,file,face\na,a.png,1\nb,b.png,1\nc,c.png,0\n")
    project.configure(
        {
            "stimuli": {"table": "pictures.csv", "folder": "pictures"},
            "categories": {"faces": {"within": "face"}, "animals": {"within": "face"}},
        }
    )
    assert project.plan().counts()["stimuli"] == 1
    return folder


def test_no_room_for_the_checkpoints(fresh: Project) -> None:
    free = shutil.disk_usage(fresh.path).free
    epochs, checkpoint = 1000, 40e6
    # Many epochs and few seeds, so that the plan is small however large the disk.
    seeds = list(range(int(free / checkpoint / epochs) + 1))
    training = dict.fromkeys(("epochs", "segment_epochs", "schedule_epochs"), epochs)
    fresh.configure({"seeds": seeds, "training": training})
    planned = fresh.snakemake("--dry-run")
    assert planned.returncode == 0
    [warning] = [line for line in planned.stdout.splitlines() if line.startswith("warning: ")]
    done = fresh.snakemake("--cores", "2")
    assert done.returncode != 0
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    for line in (error, warning):
        found = r": results/tiny needs [\d.]+ GB for checkpoints.* has [\d.]+ GB free"
        assert re.search(found, line)
    assert "Traceback" not in done.stdout
    assert fresh.results() == []


def test_broken_yaml(fresh: Project) -> None:
    (fresh.path / "tiny.yaml").write_text("seeds: [1, 2\n")
    done = fresh.snakemake("--dry-run")
    assert done.returncode != 0
    assert "Config file is not valid" in done.stdout
    assert "Traceback" not in done.stdout


def test_lost_training_images_do_not_train_again(finished: Project) -> None:
    packed = finished.path / "results/tiny/dataset.h5"
    kept = packed.rename(packed.with_suffix(".kept"))
    before = {file: file.read_bytes() for file in finished.results()}
    try:
        # One more network needs the images, and with them made anew all others would be trained.
        finished.configure({"seeds": [1, 2, 3]})
        assert finished.plan().counts()["train"] == 6
        done = finished.snakemake("--cores", "2")
        assert done.returncode != 0
        [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
        assert "dataset.h5 is missing" in error
        assert "target `images`" in error
        assert "Traceback" not in done.stdout
        assert {file: file.read_bytes() for file in finished.results()} == before
        assert set(finished.plan("images").counts()) == {"dataset", "images"}
        kept.rename(packed)
        assert finished.plan().counts()["train"] == 2
    finally:
        if kept.exists():
            kept.rename(packed)
        finished.configure()
