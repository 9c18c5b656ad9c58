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
from training_cases import SETTINGS

from trajectories.networks import checkpoints
from trajectories.provenance import checksums, provenance
from trajectories.storage import hdf5, image_record
from trajectories.storage.history import write_history
from trajectories.study.recipe import recipe_digest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
SPANS = ("epochs-0000-0001", "epochs-0001-0002")


def call(monkeypatch, script: str, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [script, *map(str, words)])
    runpy.run_path(str(SCRIPTS / script), run_name="__main__")


def checkpoint(
    path: Path,
    epoch: float,
    recipe: str = "recipe",
    shift: float = 0.0,
    images: str | None = None,
) -> None:
    weights = {
        "conv1.weight": torch.arange(12.0) + shift,
        "bn1.num_batches_tracked": torch.ones(()),
    }
    checkpoints.save_checkpoint(
        path,
        weights,
        epoch=epoch,
        step=int(epoch),
        seed=1,
        recipe_digest=recipe,
        training_images=images,
    )


@pytest.fixture
def instance(tmp_path) -> Path:
    """An instance with two segments, the second of which was trained before origins were noted."""
    home = tmp_path / "results" / "tiny" / "moco" / "seed-1"
    for epoch, span in enumerate(SPANS):
        folder = home / "checkpoints" / span
        checkpoint(folder / f"epoch-000{epoch + 1}.000.pt", epoch + 1)
        (folder / ".epoch-cut.pt").write_text("what a killed writer left")
        rows = [{"epoch": number, "loss": number / 7} for number in range(epoch + 2)]
        checkpoints.save_state(home / "state" / f"{span}.pt", {"history": rows, "seed": 1})
        write_history(folder / "history.csv", rows[-1:] if epoch else rows, ["epoch", "loss"])
    provenance.note_origin(home / "checkpoints" / SPANS[0] / provenance.ORIGIN, TRAINED)
    with hdf5.written(home / "trajectory.h5") as file:
        file.attrs.update({"condition": "moco", "seed": 1, image_record.TEST: "pictures"})
    return home


def of_segment(monkeypatch, home: Path, span: str) -> dict:
    output = home / "checksums" / f"{span}.json"
    folder, state = home / "checkpoints" / span, home / "state" / f"{span}.pt"
    flags = ["--checkpoints", folder, "--state", state, "--output", output]
    call(monkeypatch, "segment_checksums.py", "--run", home.parents[1], *flags)
    return json.loads(output.read_text())


def test_checksums_of_a_segment(instance, monkeypatch):
    content = of_segment(monkeypatch, instance, SPANS[0])
    files = ("epoch-0001.000.pt", "history.csv", "origin.json")
    names = [
        *(f"checkpoints/{SPANS[0]}/{name}" for name in files),
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
    digest = hashlib.sha256((instance / "trajectory.h5").read_bytes()).hexdigest()
    trajectory = {"moco/seed-1/trajectory.h5": digest}
    assert content["files"] == trajectory | segments[0]["files"] | segments[1]["files"]
    assert (content["condition"], content["seed"]) == ("moco", 1)
    assert [origin.get("device") for origin in content["trained_with"]] == ["cpu", None]


def test_an_instance_says_which_images_it_was_made_from(instance, monkeypatch):
    for span in SPANS:
        of_segment(monkeypatch, instance, span)
    paths = [instance / "checksums" / f"{span}.json" for span in SPANS]
    content = json.loads(paths[1].read_text())
    checksums.write(paths[1], {**content, image_record.TRAINING: "photographs"})
    output = instance / "checksums.json"
    flags = ["--condition", "moco", "--seed", 1, "--segments", *paths, "--output", output]
    flags += ["--files", instance / "trajectory.h5"]
    call(monkeypatch, "instance_checksums.py", "--run", instance.parents[1], *flags)
    content = json.loads(output.read_text())
    assert content[image_record.TRAINING] == "photographs"
    assert content[image_record.TEST] == "pictures"


@pytest.mark.parametrize("others", [True, False])
def test_a_branch_may_go_on_from_a_trunk_of_other_images(instance, monkeypatch, caplog, others):
    """If its recipe says so, it was made from its own; if not, sets have been mixed up."""
    trunk = {"image_size": 32, "network": SETTINGS["network"], "images": {"source": "drawings"}}
    origin = {"recipe": recipe_digest(trunk), "epoch": 1}
    origin |= {"images": trunk["images"]} if others else {}
    branch = trunk | {"images": {"source": "photographs"}, "from": origin}
    recipe = instance.parent / "recipe.json"
    recipe.write_text(json.dumps(branch))
    paths = [instance / "checksums" / f"{span}.json" for span in SPANS]
    for span, path, settings in zip(SPANS, paths, (trunk, branch), strict=True):
        content = of_segment(monkeypatch, instance, span)
        said = {"recipe_digest": recipe_digest(settings)}
        said[image_record.TRAINING] = settings["images"]["source"]
        checksums.write(path, content | said)
    rdms = instance / "rdms/layer4" / f"{SPANS[0]}.h5"
    rdms.parent.mkdir(parents=True)
    with hdf5.written(rdms) as file:
        file.attrs[image_record.TRAINING] = "drawings"
    output = instance / "checksums.json"
    flags = ["--condition", "moco", "--seed", 1, "--segments", *paths, "--output", output]
    flags += ["--files", instance / "trajectory.h5", rdms, "--branch", recipe]
    if others:
        call(monkeypatch, "instance_checksums.py", "--run", instance.parents[1], *flags)
        assert json.loads(output.read_text())[image_record.TRAINING] == "photographs"
    else:
        with pytest.raises(SystemExit):
            call(monkeypatch, "instance_checksums.py", "--run", instance.parents[1], *flags)
        assert "were made from 2 sets of training images" in caplog.text


def test_checkpoints_of_other_images_than_the_state_get_none(instance, monkeypatch, caplog):
    state = instance / "state" / f"{SPANS[0]}.pt"
    known = {"history": checkpoints.history_in(state), image_record.TRAINING: "a"}
    checkpoints.save_state(state, known)
    assert of_segment(monkeypatch, instance, SPANS[0])[image_record.TRAINING] == "a"
    folder = instance / "checkpoints" / SPANS[0]
    checkpoint(folder / "epoch-0001.000.pt", 1, images="b")
    with pytest.raises(SystemExit):
        of_segment(monkeypatch, instance, SPANS[0])
    assert "were made from 2 sets of training images" in caplog.text


@pytest.mark.parametrize("span", SPANS)
def test_segments_that_do_not_continue_each_other_get_none(instance, monkeypatch, caplog, span):
    state = instance / "state" / f"{SPANS[0]}.pt"
    rows = [{"epoch": 0, "loss": 0.0}, {"epoch": 1, "loss": 0.5}]
    checkpoints.save_state(state, {"history": rows})
    write_history(instance / "checkpoints" / SPANS[0] / "history.csv", rows, ["epoch", "loss"])
    with pytest.raises(SystemExit):
        of_segment(monkeypatch, instance, span)
    assert f"{SPANS[1]}.pt does not continue" in caplog.text


def test_segments_of_former_settings_may_lie_beside(instance, monkeypatch):
    rows = [{"epoch": 0, "loss": 0.0}, {"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.7}]
    former = instance / "state" / "epochs-0001-0003.pt"
    checkpoints.save_state(former, {"recipe_digest": "former", "history": rows})
    assert of_segment(monkeypatch, instance, SPANS[0])["files"]


def test_the_history_of_another_seed_gets_none(instance, monkeypatch, caplog):
    rows = [{"epoch": 0, "loss": 0.0}, {"epoch": 1, "loss": 0.5}]
    write_history(instance / "checkpoints" / SPANS[0] / "history.csv", rows, ["epoch", "loss"])
    with pytest.raises(SystemExit):
        of_segment(monkeypatch, instance, SPANS[0])
    assert "is not the history of the training" in caplog.text


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
