"""Only whole checkpoints of one recipe get a checksum; what they were trained with goes with it."""

import hashlib
import json
import runpy
import sys
from importlib import metadata
from pathlib import Path

import pytest
import torch
from provenance_cases import TRAINED, flip_bit

from trajectories.networks import checkpoints
from trajectories.provenance import provenance

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
SPANS = ("epochs-0000-0001", "epochs-0001-0002")


def call(monkeypatch, script: str, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [script, *map(str, words)])
    runpy.run_path(str(SCRIPTS / script), run_name="__main__")


def checkpoint(path: Path, epoch: float, recipe: str = "recipe", shift: float = 0.0) -> None:
    weights = {
        "conv1.weight": torch.arange(12.0) + shift,
        "bn1.num_batches_tracked": torch.ones(()),
    }
    checkpoints.save_checkpoint(
        path, weights, epoch=epoch, step=int(epoch), seed=1, recipe_digest=recipe
    )


@pytest.fixture
def instance(tmp_path) -> Path:
    """An instance with two segments, the second of which was trained before origins were noted."""
    home = tmp_path / "results" / "tiny" / "moco" / "seed-1"
    for epoch, span in enumerate(SPANS):
        folder = home / "checkpoints" / span
        checkpoint(folder / f"epoch-000{epoch + 1}.000.pt", epoch + 1)
        (folder / ".epoch-cut.pt").write_text("what a killed writer left")
        (home / "state").mkdir(exist_ok=True)
        (home / "state" / f"{span}.pt").write_bytes(bytes([epoch] * 100))
    provenance.note_origin(home / "checkpoints" / SPANS[0] / provenance.ORIGIN, TRAINED)
    (home / "trajectory.h5").write_text("a trajectory")
    return home


def of_segment(monkeypatch, home: Path, span: str) -> dict:
    output = home / "checksums" / f"{span}.json"
    folder, state = home / "checkpoints" / span, home / "state" / f"{span}.pt"
    flags = ["--checkpoints", folder, "--state", state, "--output", output]
    call(monkeypatch, "segment_checksums.py", "--run", home.parents[1], *flags)
    return json.loads(output.read_text())


def test_checksums_of_a_segment(instance, monkeypatch):
    content = of_segment(monkeypatch, instance, SPANS[0])
    names = [
        *(f"checkpoints/{SPANS[0]}/{name}" for name in ("epoch-0001.000.pt", "origin.json")),
        f"state/{SPANS[0]}.pt",
    ]
    assert content["files"] == {
        f"moco/seed-1/{name}": hashlib.sha256((instance / name).read_bytes()).hexdigest()
        for name in names
    }
    assert content["trained_with"] == [TRAINED]
    assert content["recipe_digest"] == "recipe"


def test_without_a_noted_origin_checkpoints_tell_their_versions(instance, monkeypatch):
    [origin] = of_segment(monkeypatch, instance, SPANS[1])["trained_with"]
    assert list(origin) == ["versions"]
    assert origin["versions"]["torch"] == metadata.version("torch")


def test_an_instance_has_the_files_of_all_its_segments(instance, monkeypatch):
    segments = [of_segment(monkeypatch, instance, span) for span in SPANS]
    paths = [instance / "checksums" / f"{span}.json" for span in SPANS]
    output = instance / "checksums.json"
    flags = ["--condition", "moco", "--seed", 1, "--segments", *paths, "--output", output]
    flags += ["--files", instance / "trajectory.h5"]
    call(monkeypatch, "instance_checksums.py", "--run", instance.parents[1], *flags)
    content = json.loads(output.read_text())
    trajectory = {"moco/seed-1/trajectory.h5": hashlib.sha256(b"a trajectory").hexdigest()}
    assert content["files"] == trajectory | segments[0]["files"] | segments[1]["files"]
    assert (content["condition"], content["seed"]) == ("moco", 1)
    assert [origin.get("device") for origin in content["trained_with"]] == ["cpu", None]


def test_a_damaged_checkpoint_gets_none(instance, monkeypatch, caplog):
    path = instance / "checkpoints" / SPANS[0] / "epoch-0001.000.pt"
    flip_bit(path, path.stat().st_size // 2)
    with pytest.raises(SystemExit):
        of_segment(monkeypatch, instance, SPANS[0])
    assert f"checkpoint {path} is damaged" in caplog.text
    assert not (instance / "checksums").exists()


def test_checkpoints_of_two_recipes_get_none(instance, monkeypatch, caplog):
    checkpoint(instance / "checkpoints" / SPANS[0] / "epoch-0000.500.pt", 0.5, "another")
    with pytest.raises(SystemExit):
        of_segment(monkeypatch, instance, SPANS[0])
    assert "checkpoints from 2 recipes" in caplog.text


def test_largest_difference_of_weights(tmp_path):
    one, same, other = (tmp_path / f"{name}.pt" for name in ("one", "same", "other"))
    checkpoint(one, 1)
    checkpoint(same, 2)
    checkpoint(other, 1, shift=0.25)
    assert checkpoints.largest_difference(one, same) == 0
    assert checkpoints.largest_difference(one, other) == 0.25
    weights = {"conv1.weight": torch.arange(13.0)}
    checkpoints.save_checkpoint(other, weights, epoch=1, step=1, seed=1, recipe_digest="recipe")
    assert checkpoints.largest_difference(one, other) == float("inf")
